#include "scenario/step_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "scenario/names.h"

namespace wireproof::scenario {
namespace {

constexpr std::int64_t longest_wait_ms = 600'000;
constexpr std::string_view modifiers[] = {"within_ms", "why"};

const Node empty_object{Node::Object{}, 0};

}  // namespace

const StepReader::Verb StepReader::verbs[] = {
    {"connect", true, &StepReader::connect},    {"bind", false, &StepReader::bind},
    {"listen", false, &StepReader::listen},     {"accept", true, &StepReader::accept},
    {"send", true, &StepReader::send},          {"expect", true, &StepReader::expect},
    {"shutdown", false, &StepReader::shutdown}, {"close", false, &StepReader::close},
    {"abort", false, &StepReader::abort},       {"set", false, &StepReader::set},
    {"pause_ms", false, &StepReader::pause},    {"await", true, &StepReader::await},
    {"launch", true, &StepReader::launch},      {"signal", false, &StepReader::signal},
    {"chmod", false, &StepReader::chmod},       {"path_exists", true, &StepReader::path_exists},
    {"repeat", false, &StepReader::repeat},     {"release", false, &StepReader::release},
    {"link", false, &StepReader::link},         {"conditions", false, &StepReader::conditions},
};

std::vector<std::string_view> StepReader::verb_names() { return names_of(verbs); }

std::vector<Step> StepReader::read(const Field& steps) {
  find_makers(steps);
  return read_list_of_steps(steps);
}

std::vector<Step> StepReader::read_list_of_steps(const Field& list) {
  std::vector<Step> steps;
  for (const Field& entry : read_list(list, errors_)) {
    if (auto step = read_step({entry.node, "a step"})) steps.push_back(std::move(*step));
  }
  return steps;
}

std::optional<Step> StepReader::read_step(const Field& field) {
  std::vector<std::string_view> keys = verb_names();
  keys.insert(keys.end(), std::begin(modifiers), std::end(modifiers));
  const std::size_t unknown_before = errors_.count();
  const Object object(field, keys, errors_);
  if (!object.valid()) return std::nullopt;
  const bool unknown_key = errors_.count() != unknown_before;

  const Verb* verb = nullptr;
  for (const Verb& candidate : verbs) {
    if (!object.has(candidate.name)) continue;
    if (verb) {
      errors_.add(
          object.offset(),
          fmt::format("a step with two verbs: \"{}\" and \"{}\"", verb->name, candidate.name),
          "write two steps");
      return std::nullopt;
    }
    verb = &candidate;
  }
  if (!verb) {
    if (!unknown_key) {
      errors_.add(object.offset(), "a step that does nothing",
                  "give it a verb: " + alternatives(verb_names()));
    }
    return std::nullopt;
  }

  Step step;
  step.position = errors_.source().position(object.offset());
  const std::size_t outer_offset = std::exchange(step_offset_, object.offset());
  const std::string_view outer_verb = std::exchange(verb_, verb->name);
  if (const auto within = object.span("within_ms", 1, longest_wait_ms)) {
    step.within = *within;
    if (!verb->blocks) {
      errors_.add(object.key_offset("within_ms"),
                  fmt::format("\"{}\" does not wait, so it has no deadline", verb->name),
                  "remove \"within_ms\"");
    } else if (*within > case_.time_limit) {
      errors_.add(object.get("within_ms").offset(),
                  fmt::format("a deadline of {} ms in a case of {} ms", within->count(),
                              case_.time_limit.count()),
                  "make it shorter, or raise \"time_limit_ms\"");
    }
  }
  if (const auto why = object.string("why")) step.why = *why;
  auto action = (this->*verb->read)(object.get(verb->name));
  if (const auto* quiet = action ? std::get_if<step::Expect>(&*action) : nullptr;
      quiet && quiet->kind == step::Expect::Kind::nothing) {
    if (object.has("within_ms") && step.within < quiet->quiet) {
      errors_.add(object.get("within_ms").offset(),
                  "the deadline comes before the quiet time has passed",
                  "\"nothing_for_ms\" is its own deadline: remove \"within_ms\"");
    }
    step.within = std::max(step.within, quiet->quiet);
  }
  step_offset_ = outer_offset;
  verb_ = outer_verb;
  if (!action) return std::nullopt;
  step.action = std::move(*action);
  step.shown = describe(step);
  return step;
}

StepReader::Parts StepReader::parts(const Field& value, std::span<const std::string_view> keys) {
  if (value.node->string()) return {Object({&empty_object, value.what}, {}, errors_), value};
  return {Object(value, keys, errors_), {}};
}

Target StepReader::read_target(const Field& field) {
  Target target;
  if (!field) return target;
  constexpr std::string_view inet_keys[] = {"address", "port"};
  constexpr std::string_view unix_keys[] = {"path"};
  const Object object(field,
                      is_unix(case_.transport) ? std::span<const std::string_view>(unix_keys)
                                               : std::span<const std::string_view>(inet_keys),
                      errors_);
  target.path = object.string("path");
  if (target.path && target.path->empty()) {
    errors_.add(object.get("path").offset(), "an empty path",
                "leave \"path\" out for the case's own");
  }
  target.address = object.string("address");
  if (target.address && *target.address != "{address}") {
    const auto address = packet::parse_address(*target.address);
    const auto wanted = case_.family == Family::ipv6 ? packet::Family::ipv6 : packet::Family::ipv4;
    if (!address || address->family != wanted) {
      errors_.add(object.get("address").offset(),
                  fmt::format("{} is no {} address", wireproof::quoted(*target.address),
                              name(case_.family)),
                  "leave \"address\" out for the server's own, or give a numeric one");
    }
  }
  if (const auto port = object.integer("port", 1, 65535)) {
    target.port = static_cast<std::uint16_t>(*port);
  }
  return target;
}

std::string StepReader::read_fails(const Object& object) {
  const auto number = object.choice<int>("fails", "error name", error_names);
  return number ? std::string(name_in(error_names, *number)) : std::string();
}

bool StepReader::require_program(Side who, const Field& at) {
  if (who == Side::client ? case_.client.has_value() : case_.server.has_value()) return true;
  errors_.add(at.offset(), fmt::format("the {} is not a program here", name(who)),
              fmt::format("add \"{}\": {{\"target\": ...}} or {{\"command\": [...]}}", name(who)));
  return false;
}

void StepReader::spend(milliseconds span) {
  surely_ms_ += repeats_ * static_cast<double>(span.count());
  if (overspent_ || surely_ms_ < static_cast<double>(case_.time_limit.count())) return;
  overspent_ = true;
  errors_.add(step_offset_,
              fmt::format("pauses up to here take {:.0f} ms, the case has {} ms", surely_ms_,
                          case_.time_limit.count()),
              "shorten them, or raise \"time_limit_ms\"");
}

// Which names the steps make, for options that are set before.
void StepReader::find_makers(const Field& steps) {
  if (!steps.node->list()) return;
  for (const Node& step : *steps.node->list()) {
    if (const Node* repeat = step.find("repeat")) {
      if (const Node* inner = repeat->find("steps")) find_makers({inner, ""});
    }
    for (const std::string_view verb : {"connect", "bind", "listen"}) {
      const Node* value = step.find(verb);
      if (!value) continue;
      Side side = verb == "connect" ? Side::client
                  : verb == "bind"  ? default_bind_side()
                                    : Side::server;
      if (const Node* given = value->find("side"); given && given->string()) {
        side = *given->string() == "server" ? Side::server : Side::client;
      }
      const Node* as = value->string() ? value : value->find("as");
      const std::string name = as && as->string()     ? *as->string()
                               : side == Side::client ? "c"
                               : is_datagram()        ? "s"
                                                      : "l";
      sockets_.made_somewhere.emplace(name, side);
    }
  }
}

}  // namespace wireproof::scenario
