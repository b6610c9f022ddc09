// Conditions of one direction.
#include <fmt/format.h>

#include <cmath>

#include "base/text.h"
#include "scenario/names.h"
#include "scenario/wire_reader.h"
#include "wire/validate.h"

namespace wireproof::scenario {
namespace {

constexpr double longest_s = 600;
constexpr std::int64_t most = 1'000'000'000'000;

constexpr Named<wire::Jitter::Kind> jitter_kinds[] = {{"uniform", wire::Jitter::Kind::uniform},
                                                      {"normal", wire::Jitter::Kind::normal},
                                                      {"pareto", wire::Jitter::Kind::pareto}};

// A number stands for {"probability": number}.
double probability_or(const Field& field, const Object& object) {
  const Field value = object.valid() ? object.get("probability") : field;
  return value ? read_number(value, 0, 1, object.errors()).value_or(0) : 0;
}
bool is_number(const Field& field) {
  return std::holds_alternative<std::int64_t>(field.node->value) ||
         std::holds_alternative<double>(field.node->value);
}
double number(const Object& object, std::string_view key, double fallback) {
  const Field field = object.get(key);
  return field ? read_number(field, 0, 1, object.errors()).value_or(fallback) : fallback;
}

wire::Jitter read_jitter(const Field& field, Errors& errors) {
  constexpr std::string_view keys[] = {"kind", "spread_ms", "spread_us", "shape", "may_reorder"};
  const Object object(field, keys, errors);
  wire::Jitter jitter;
  jitter.kind = object.choice<wire::Jitter::Kind>("kind", "jitter", jitter_kinds)
                    .value_or(wire::Jitter::Kind::uniform);
  jitter.spread = read_span(object, "spread").value_or(jitter.spread);
  if (const Field shape = object.get("shape")) {
    jitter.shape = read_number(shape, 0, 1000, errors).value_or(jitter.shape);
  }
  jitter.may_reorder = object.boolean("may_reorder").value_or(false);
  return jitter;
}

wire::Loss read_loss(const Field& field, Errors& errors) {
  if (is_number(field)) return wire::IndependentLoss{read_number(field, 0, 1, errors).value_or(0)};
  constexpr std::string_view keys[] = {"to_bad", "to_good", "loss_in_good", "loss_in_bad"};
  const Object object(field, keys, errors);
  object.require("to_bad", "a number is independent loss; bursts have \"to_bad\" and \"to_good\"");
  wire::GilbertElliott bursts;
  bursts.to_bad = number(object, "to_bad", bursts.to_bad);
  bursts.to_good = number(object, "to_good", bursts.to_good);
  bursts.loss_in_good = number(object, "loss_in_good", bursts.loss_in_good);
  bursts.loss_in_bad = number(object, "loss_in_bad", bursts.loss_in_bad);
  return bursts;
}

wire::Duplication read_duplication(const Field& field, Errors& errors) {
  if (is_number(field)) return {read_number(field, 0, 1, errors).value_or(0)};
  constexpr std::string_view keys[] = {"probability", "copies"};
  const Object object(field, keys, errors);
  wire::Duplication duplication{probability_or(field, object)};
  if (const auto copies = object.integer("copies", 1, 1000)) {
    duplication.copies = static_cast<unsigned>(*copies);
  }
  return duplication;
}

wire::Reordering read_reordering(const Field& field, Errors& errors) {
  wire::Reordering reordering;
  if (is_number(field)) {
    reordering.probability = read_number(field, 0, 1, errors).value_or(0);
    return reordering;
  }
  constexpr std::string_view keys[] = {"probability", "behind", "at_most_ms", "at_most_us"};
  const Object object(field, keys, errors);
  reordering.probability = probability_or(field, object);
  if (const auto behind = object.integer("behind", 1, 1'000'000)) {
    reordering.behind = static_cast<unsigned>(*behind);
  }
  reordering.at_most = read_span(object, "at_most").value_or(reordering.at_most);
  return reordering;
}

wire::RateLimit read_rate(const Field& field, Errors& errors) {
  constexpr std::string_view keys[] = {"bits_per_second", "queue_bytes", "queue_packets"};
  const Object object(field, keys, errors);
  object.require("bits_per_second", "as in 10000000");
  const auto whole = [&](std::string_view key, std::int64_t least) {
    const auto value = object.integer(key, least, most);
    return value ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
  };
  return {whole("bits_per_second", 1).value_or(1), whole("queue_bytes", 0),
          whole("queue_packets", 0)};
}

wire::Mtu read_mtu(const Field& field, Errors& errors) {
  constexpr std::string_view keys[] = {"bytes", "black_hole"};
  wire::Mtu mtu;
  if (std::holds_alternative<std::int64_t>(field.node->value)) {
    mtu.bytes = static_cast<unsigned>(read_integer(field, 68, 65535, errors).value_or(mtu.bytes));
    return mtu;
  }
  const Object object(field, keys, errors);
  object.require("bytes", "of IP packets, as in 1400");
  mtu.bytes = static_cast<unsigned>(object.integer("bytes", 68, 65535).value_or(mtu.bytes));
  mtu.black_hole = object.boolean("black_hole").value_or(false);
  return mtu;
}

}  // namespace

std::optional<std::chrono::nanoseconds> read_span(const Object& object, std::string_view key) {
  const std::string ms = std::string(key) + "_ms", us = std::string(key) + "_us";
  const bool in_ms = object.has(ms);
  if (in_ms && object.has(us)) {
    object.errors().add(object.key_offset(us), fmt::format("\"{}\" and \"{}\"", ms, us),
                        "remove one of them");
  }
  const Field field = object.get(in_ms ? ms : us);
  if (!field) return std::nullopt;
  const double unit = in_ms ? 1e6 : 1e3;
  const auto value = read_number(field, 0, longest_s * 1e9 / unit, object.errors());
  if (!value) return std::nullopt;
  return std::chrono::nanoseconds(std::llround(*value * unit));
}

wire::Conditions read_conditions(const Object& object, wire::Direction direction) {
  Errors& errors = object.errors();
  wire::Conditions conditions;
  conditions.delay = read_span(object, "delay").value_or(conditions.delay);
  const auto read = [&](std::string_view key, auto& value, auto reader) {
    if (const Field field = object.get(key)) value = reader(field, errors);
  };
  read("jitter", conditions.jitter, read_jitter);
  read("loss", conditions.loss, read_loss);
  read("duplication", conditions.duplication, read_duplication);
  read("reordering", conditions.reordering, read_reordering);
  if (const Field field = object.get("corruption")) {
    conditions.corruption.probability = read_number(field, 0, 1, errors).value_or(0);
  }
  read("rate", conditions.rate, read_rate);
  read("mtu", conditions.mtu, read_mtu);
  for (const wire::Problem& problem : wire::problems_of(conditions, direction)) {
    const std::string key = problem.field.substr(0, problem.field.find('.'));
    const Field at = object.get(key);
    errors.add(at ? at.offset() : object.offset(),
               fmt::format("{} {}", wireproof::quoted(problem.field), problem.what),
               "change it, or leave it out");
  }
  return conditions;
}

}  // namespace wireproof::scenario
