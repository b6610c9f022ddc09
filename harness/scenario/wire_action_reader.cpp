// What a rule does: "drop", or an object whose one verb stands beside its details.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "scenario/names.h"
#include "scenario/wire_reader.h"

namespace wireproof::scenario {
namespace {

using wire::Corrupt;

constexpr Named<Corrupt::Part> parts[] = {{"payload", Corrupt::Part::payload},
                                          {"source_port", Corrupt::Part::source_port},
                                          {"destination_port", Corrupt::Part::destination_port},
                                          {"sequence", Corrupt::Part::sequence},
                                          {"acknowledgement", Corrupt::Part::acknowledgement},
                                          {"flags", Corrupt::Part::flags},
                                          {"window", Corrupt::Part::window},
                                          {"urgent", Corrupt::Part::urgent},
                                          {"checksum", Corrupt::Part::checksum},
                                          {"ttl", Corrupt::Part::ttl},
                                          {"ip_checksum", Corrupt::Part::ip_checksum}};
constexpr Named<wire::AnswerRst::To> rst_ends[] = {{"sender", wire::AnswerRst::To::sender},
                                                   {"receiver", wire::AnswerRst::To::receiver},
                                                   {"both", wire::AnswerRst::To::both}};
constexpr Named<wire::IcmpError> icmp_errors[] = {
    {"explicit", wire::IcmpError::explicit_numbers},
    {"net-unreachable", wire::IcmpError::net_unreachable},
    {"host-unreachable", wire::IcmpError::host_unreachable},
    {"port-unreachable", wire::IcmpError::port_unreachable},
    {"prohibited", wire::IcmpError::prohibited},
    {"packet-too-big", wire::IcmpError::packet_too_big},
    {"time-exceeded", wire::IcmpError::time_exceeded}};
constexpr Named<wire::SequenceValue::Kind> number_kinds[] = {
    {"add", wire::SequenceValue::Kind::add},
    {"relative", wire::SequenceValue::Kind::relative},
    {"raw", wire::SequenceValue::Kind::raw}};

constexpr std::int64_t largest_number = 0xFFFF'FFFF;

template <typename To>
void take(const Object& object, std::string_view key, std::int64_t least, std::int64_t most,
          To& to) {
  if (const auto value = object.integer(key, least, most)) {
    if constexpr (requires { to.emplace(); }) {
      to = static_cast<typename To::value_type>(*value);
    } else {
      to = static_cast<To>(*value);
    }
  }
}

std::optional<std::string> read_held_name(const Object& object, std::string_view key) {
  auto word = object.string(key);
  if (word && word->empty()) {
    object.errors().add(object.get(key).offset(), "an empty name", "as in \"fin\"");
  }
  return word;
}

std::optional<wire::SequenceValue> read_sequence(const Field& field, Errors& errors) {
  constexpr std::string_view keys[] = {"add", "relative", "raw"};
  const Object object(field, keys, errors);
  for (const auto& kind : number_kinds) {
    if (const auto value = object.integer(kind.name, -largest_number, largest_number)) {
      return wire::SequenceValue{kind.value, *value};
    }
  }
  if (object.valid()) {
    errors.add(object.offset(), "no number", "one of " + alternatives(keys));
  }
  return std::nullopt;
}

wire::SetFields read_fields(const Field& field, bool mend, Errors& errors) {
  constexpr std::string_view keys[] = {"set_flags",  "clear_flags",     "window", "urgent",
                                       "sequence",   "acknowledgement", "mss",    "window_scale",
                                       "timestamps", "strip_options",   "ecn",    "ttl"};
  const Object object(field, keys, errors);
  wire::SetFields fields;
  fields.mend_checksum = mend;
  if (const Field flags = object.get("set_flags")) fields.set_flags = read_flags(flags, errors);
  if (const Field flags = object.get("clear_flags")) fields.clear_flags = read_flags(flags, errors);
  take(object, "window", 0, 0xFFFF, fields.window);
  take(object, "urgent", 0, 0xFFFF, fields.urgent);
  take(object, "mss", 0, 0xFFFF, fields.mss);
  take(object, "window_scale", 0, 255, fields.window_scale);
  take(object, "ecn", 0, 255, fields.ecn);
  take(object, "ttl", 0, 255, fields.ttl);
  if (const Field at = object.get("sequence")) fields.sequence = read_sequence(at, errors);
  if (const Field at = object.get("acknowledgement")) {
    fields.acknowledgement = read_sequence(at, errors);
  }
  if (const Field at = object.get("timestamps")) {
    constexpr std::string_view inner[] = {"value", "echo_reply"};
    const Object stamps(at, inner, errors);
    wire::TimestampsValue& value = fields.timestamps.emplace();
    take(stamps, "value", 0, largest_number, value.value);
    take(stamps, "echo_reply", 0, largest_number, value.echo_reply);
  }
  if (const Field at = object.get("strip_options")) {
    for (const Field& entry : read_list(at, errors)) {
      if (const auto kind = read_integer(entry, 0, 255, errors)) {
        fields.strip_options.push_back(static_cast<std::uint8_t>(*kind));
      }
    }
  }
  return fields;
}

struct ActionReader {
  std::string_view verb;
  std::vector<std::string_view> keys;  // beside the verb
  wire::Action (*read)(const Object& object, Family family);
};

wire::Action hold(const Object& object, Family) {
  wire::Hold action{read_held_name(object, "hold").value_or("")};
  take(object, "until_matches", 1, 1'000'000, action.until_matches);
  action.until_after = read_span(object, "until_after");
  return action;
}
wire::Action release(const Object& object, Family) {
  return wire::Release{read_held_name(object, "release").value_or("")};
}
wire::Action duplicate(const Object& object, Family) {
  wire::Duplicate action;
  take(object, "duplicate", 1, 1000, action.copies);
  action.spacing = read_span(object, "spacing").value_or(action.spacing);
  return action;
}
wire::Action delay(const Object& object, Family) {
  return wire::Delay{read_span(object, "delay").value_or(std::chrono::nanoseconds(0))};
}
wire::Action reorder(const Object& object, Family) {
  wire::ReorderBehind action;
  take(object, "reorder_behind", 1, 1'000'000, action.packets);
  action.at_most = read_span(object, "at_most");
  return action;
}
wire::Action corrupt(const Object& object, Family) {
  Corrupt action;
  action.part =
      object.choice<Corrupt::Part>("corrupt", "part of a packet", parts).value_or(action.part);
  take(object, "offset", -65535, 65535, action.offset);
  take(object, "mask", 1, largest_number, action.mask);
  action.mend_checksum = object.boolean("mend_checksum").value_or(false);
  return action;
}
wire::Action set(const Object& object, Family) {
  return read_fields(object.get("set"), object.boolean("mend_checksum").value_or(true),
                     object.errors());
}
wire::Action truncate(const Object& object, Family) {
  wire::Truncate action;
  take(object, "truncate", 0, 65535, action.payload_bytes);
  action.mend = object.boolean("mend").value_or(true);
  return action;
}
wire::Action rst(const Object& object, Family) {
  wire::AnswerRst action;
  action.to = object.choice<wire::AnswerRst::To>("rst", "end", rst_ends).value_or(action.to);
  action.pass = object.boolean("pass").value_or(false);
  take(object, "sequence_offset", -largest_number, largest_number, action.sequence_offset);
  return action;
}
wire::Action icmp(const Object& object, Family family) {
  wire::AnswerIcmp action;
  action.error =
      object.choice<wire::IcmpError>("icmp", "ICMP error", icmp_errors).value_or(action.error);
  take(object, "type", 0, 255, action.type);
  take(object, "code", 0, 255, action.code);
  take(object, "mtu", 0, 65535, action.mtu);
  action.pass = object.boolean("pass").value_or(false);
  if (const auto from = object.string("from_address")) {
    action.from = packet::parse_address(*from);
    const auto wanted = family == Family::ipv6 ? packet::Family::ipv6 : packet::Family::ipv4;
    if (!action.from || action.from->family != wanted) {
      object.errors().add(
          object.get("from_address").offset(),
          fmt::format("{} is no {} address", wireproof::quoted(*from), name(family)),
          "leave it out for the other end's own");
    }
  }
  return action;
}
wire::Action split(const Object& object, Family) {
  wire::Split action;
  take(object, "split", 1, 65535, action.payload_bytes);
  return action;
}
wire::Action join_next(const Object& object, Family) {
  wire::JoinNext action;
  if (object.boolean("join_next") == false) {
    object.errors().add(object.get("join_next").offset(), "a rule that does nothing",
                        "\"join_next\": true");
  }
  action.at_most = read_span(object, "at_most").value_or(action.at_most);
  return action;
}

const std::vector<ActionReader>& readers() {
  static const std::vector<ActionReader> all = {
      {"hold", {"until_matches", "until_after_ms", "until_after_us"}, hold},
      {"release", {}, release},
      {"duplicate", {"spacing_ms", "spacing_us"}, duplicate},
      {"delay_ms", {}, delay},
      {"delay_us", {}, delay},
      {"reorder_behind", {"at_most_ms", "at_most_us"}, reorder},
      {"corrupt", {"offset", "mask", "mend_checksum"}, corrupt},
      {"set", {"mend_checksum"}, set},
      {"truncate", {"mend"}, truncate},
      {"rst", {"pass", "sequence_offset"}, rst},
      {"icmp", {"type", "code", "mtu", "pass", "from_address"}, icmp},
      {"split", {}, split},
      {"join_next", {"at_most_ms", "at_most_us"}, join_next},
  };
  return all;
}

}  // namespace

std::optional<wire::Action> read_action(const Field& field, Family family, Errors& errors) {
  std::vector<std::string_view> verbs{"drop", "pass"};
  for (const ActionReader& reader : readers()) verbs.push_back(reader.verb);
  if (const std::string* word = field.node->string()) {
    if (*word == "drop") return wire::Drop{};
    if (*word == "pass") return wire::Pass{};
    const bool other = std::ranges::find(verbs, *word) != verbs.end();
    errors.add(field.offset(),
               other ? fmt::format("{} needs a value", wireproof::quoted(*word))
                     : fmt::format("unknown action {}", wireproof::quoted(*word)),
               other ? fmt::format("as in {{\"{}\": ...}}", *word) : name_hint(*word, verbs));
    return std::nullopt;
  }
  const ActionReader* chosen = nullptr;
  for (const ActionReader& reader : readers()) {
    if (!field.node->find(reader.verb)) continue;
    if (chosen) {
      errors.add(field.offset(),
                 fmt::format("two actions: \"{}\" and \"{}\"", chosen->verb, reader.verb),
                 "write two rules");
      return std::nullopt;
    }
    chosen = &reader;
  }
  std::vector<std::string_view> keys = chosen ? chosen->keys : verbs;
  if (chosen) keys.push_back(chosen->verb);
  const std::size_t before = errors.count();
  const Object object(field, keys, errors);
  if (!chosen) {
    if (object.valid() && errors.count() == before) {
      errors.add(field.offset(), "a rule that does nothing", alternatives(verbs));
    }
    return std::nullopt;
  }
  return chosen->read(object, family);
}

}  // namespace wireproof::scenario
