// "wire": the emulated link's conditions and rules, into the plan of wire/model.h. What is wrong
// with a plan as a whole (wire/validate.h) is told at the key that says it.
// Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "scenario/model.h"
#include "scenario/reader.h"
#include "wire/model.h"

namespace wireproof::scenario {

wire::Plan read_wire(const Field& field, Family family, Errors& errors);

// Keys of conditions, beside those of whoever holds them.
inline constexpr std::string_view condition_keys[] = {"delay_ms",   "delay_us",    "jitter",
                                                      "loss",       "duplication", "reordering",
                                                      "corruption", "rate",        "mtu"};
// From an object with those keys; tells their problems.
wire::Conditions read_conditions(const Object& object, wire::Direction direction);

// The "on" of a rule: which packets.
wire::Match read_match(const Field& field, Errors& errors);
// The "do" of a rule.
std::optional<wire::Action> read_action(const Field& field, Family family, Errors& errors);

// A number, or {"from": n, "to": m} of which one may be left out; nothing where there is no field.
std::optional<wire::Range> read_range(const Field& field, std::int64_t least, Errors& errors);

// `KEY_ms` or `KEY_us`, a number that may have a fraction.
std::optional<std::chrono::nanoseconds> read_span(const Object& object, std::string_view key);
std::uint16_t read_flags(const Field& field, Errors& errors);  // "FIN ACK"

}  // namespace wireproof::scenario
