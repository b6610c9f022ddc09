// The steps about the emulated link: releases, what is awaited on it, and its conditions.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "scenario/names.h"
#include "scenario/step_reader.h"
#include "scenario/wire_reader.h"

namespace wireproof::scenario {

bool StepReader::require_wire(std::size_t offset, std::string_view what) {
  if (case_.topology == lab::Topology::wire) return true;
  errors_.add(offset, fmt::format("\"{}\" is of topology \"wire\"", what),
              "add \"topology\": \"wire\"");
  return false;
}

std::optional<std::string> StepReader::read_wire_name(const Field& field, WireName kind) {
  auto word = read_string(field, errors_);
  if (!word) return std::nullopt;
  std::vector<std::string_view> names;
  static const std::vector<wire::Rule> none;
  for (const wire::Rule& rule : case_.wire ? case_.wire->rules : none) {
    const auto* const hold = std::get_if<wire::Hold>(&rule.action);
    if (kind == WireName::rule) {
      names.emplace_back(rule.name);
    } else if (hold) {
      names.emplace_back(hold->name);
    }
  }
  if (std::ranges::find(names, *word) != names.end()) return word;
  errors_.add(
      field.offset(),
      kind == WireName::rule
          ? fmt::format("the wire has no rule {}", wireproof::quoted(*word))
          : fmt::format("no rule of the wire holds anything as {}", wireproof::quoted(*word)),
      name_hint(*word, names));
  return std::nullopt;
}

StepReader::Action StepReader::await_held(const Object& object) {
  if (!require_wire(object.key_offset("held"), "held")) return std::nullopt;
  const auto name = read_wire_name(object.get("held"), WireName::held);
  const auto count = object.integer("count", 1, 1'000'000);
  if (!name) return std::nullopt;
  return step::AwaitHeld{*name, static_cast<std::size_t>(count.value_or(1))};
}

StepReader::Action StepReader::await_match(const Object& object) {
  if (!require_wire(object.key_offset("match"), "match")) return std::nullopt;
  const auto rule = read_wire_name(object.get("match"), WireName::rule);
  const auto count = object.integer("count", 1, 1'000'000);
  if (!rule) return std::nullopt;
  return step::AwaitMatch{*rule, static_cast<std::size_t>(count.value_or(1))};
}

StepReader::Action StepReader::release(const Field& value) {
  if (!require_wire(step_offset_, "release")) return std::nullopt;
  const auto name = read_wire_name(value, WireName::held);
  if (!name) return std::nullopt;
  return step::ReleaseHeld{*name};
}

StepReader::Action StepReader::link(const Field& value) {
  constexpr Named<bool> ways[] = {{"up", true}, {"down", false}};
  if (!require_wire(step_offset_, "link")) return std::nullopt;
  const auto up = read_choice<bool>(value, "state of a link", ways, errors_);
  if (!up) return std::nullopt;
  return step::SetLink{*up};
}

StepReader::Action StepReader::conditions(const Field& value) {
  constexpr Named<wire::Direction> directions[] = {
      {"client_to_server", wire::Direction::client_to_server},
      {"server_to_client", wire::Direction::server_to_client},
      {"both", wire::Direction::both}};
  if (!require_wire(step_offset_, "conditions")) return std::nullopt;
  std::vector<std::string_view> keys{"direction"};
  keys.insert(keys.end(), std::begin(condition_keys), std::end(condition_keys));
  const Object object(value, keys, errors_);
  step::SetConditions set;
  set.direction = object.choice<wire::Direction>("direction", "direction", directions)
                      .value_or(wire::Direction::both);
  set.conditions = read_conditions(object, set.direction);
  return set;
}

}  // namespace wireproof::scenario
