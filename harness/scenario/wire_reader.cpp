#include "scenario/wire_reader.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "scenario/names.h"
#include "scenario/payload.h"
#include "wire/validate.h"

namespace wireproof::scenario {
namespace {

constexpr std::string_view wire_keys[] = {"seed", "client_to_server", "server_to_client", "both",
                                          "rules"};
constexpr std::string_view rule_keys[] = {"name", "on", "do", "may_miss", "after"};
constexpr std::string_view match_keys[] = {"from",
                                           "protocol",
                                           "flags",
                                           "without",
                                           "sending",
                                           "payload_length",
                                           "payload_prefix",
                                           "payload_contains",
                                           "sequence",
                                           "acknowledgement",
                                           "acknowledges_fin",
                                           "window",
                                           "icmp_type",
                                           "icmp_code",
                                           "client_port",
                                           "server_port",
                                           "connection",
                                           "nth"};

constexpr Named<wire::Direction> senders[] = {{"client", wire::Direction::client_to_server},
                                              {"server", wire::Direction::server_to_client}};
constexpr Named<wire::Protocol> protocols[] = {{"tcp", wire::Protocol::tcp},
                                               {"udp", wire::Protocol::udp},
                                               {"icmp", wire::Protocol::icmp},
                                               {"icmpv6", wire::Protocol::icmpv6},
                                               {"arp", wire::Protocol::arp}};
constexpr Named<wire::Sending> sendings[] = {{"first", wire::Sending::first},
                                             {"retransmission", wire::Sending::retransmission}};

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

}  // namespace

std::optional<wire::Range> read_range(const Field& field, std::int64_t least, Errors& errors) {
  if (!field) return std::nullopt;
  wire::Range range{static_cast<std::uint64_t>(least)};
  if (!field.node->object()) {
    const auto value = read_integer(field, least, largest, errors);
    if (value) range.from = range.to = static_cast<std::uint64_t>(*value);
    return range;
  }
  constexpr std::string_view keys[] = {"from", "to"};
  const Object object(field, keys, errors);
  if (const auto from = object.integer("from", least, largest)) {
    range.from = static_cast<std::uint64_t>(*from);
  }
  if (const auto to = object.integer("to", least, largest)) {
    range.to = static_cast<std::uint64_t>(*to);
  }
  return range;
}

namespace {

// Text, or {"hex": ...} and its like.
wire::Bytes read_bytes(const Field& field, Errors& errors) {
  if (!field) return {};
  std::string bytes;
  if (const std::string* text = field.node->string()) {
    bytes = *text;
  } else {
    const Object object(field, payload_keys, errors);
    if (const auto payload = object.valid() ? read_payload(object) : std::nullopt) {
      bytes = payload->bytes;
    }
  }
  return {bytes.begin(), bytes.end()};
}

template <typename To>
void take(const Object& object, std::string_view key, std::int64_t least, std::int64_t most,
          std::optional<To>& to) {
  if (const auto value = object.integer(key, least, most)) to = static_cast<To>(*value);
}

}  // namespace

wire::Match read_match(const Field& field, Errors& errors) {
  const Object object(field, match_keys, errors);
  wire::Match on;
  on.direction = object.choice<wire::Direction>("from", "side", senders).value_or(on.direction);
  on.protocol = object.choice<wire::Protocol>("protocol", "protocol", protocols)
                    .value_or(wire::Protocol::any);
  if (const Field flags = object.get("flags")) on.flags_all_of = read_flags(flags, errors);
  if (const Field flags = object.get("without")) on.flags_none_of = read_flags(flags, errors);
  on.sending = object.choice<wire::Sending>("sending", "sending", sendings).value_or(on.sending);
  on.payload_length = read_range(object.get("payload_length"), 0, errors);
  on.payload_prefix = read_bytes(object.get("payload_prefix"), errors);
  on.payload_contains = read_bytes(object.get("payload_contains"), errors);
  on.sequence = read_range(object.get("sequence"), 0, errors);
  on.acknowledgement = read_range(object.get("acknowledgement"), 0, errors);
  on.acknowledges_fin = object.boolean("acknowledges_fin").value_or(false);
  on.window = read_range(object.get("window"), 0, errors);
  take(object, "icmp_type", 0, 255, on.icmp_type);
  take(object, "icmp_code", 0, 255, on.icmp_code);
  take(object, "client_port", 1, 65535, on.client_port);
  take(object, "server_port", 1, 65535, on.server_port);
  take(object, "connection", 1, 1'000'000, on.connection);
  on.nth = read_range(object.get("nth"), 1, errors).value_or(on.nth);
  return on;
}

namespace {

// Where the file says what a problem of wire/validate.h is about.
std::size_t place_of(const wire::Problem& problem, const Node& rule) {
  const Node* at = &rule;
  std::string_view path = problem.field;
  while (!path.empty() && at->object()) {
    const std::string_view key = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(path.size(), key.size() + 1));
    const Node* next = at->find(key);
    if (!next) break;
    at = next;
  }
  return at->offset;
}

void read_rules(const Field& field, Family family, wire::Plan& plan, Errors& errors) {
  std::vector<const Node*> nodes;
  const std::size_t before = errors.count();
  for (const Field& entry : read_list(field, errors)) {
    const Object object(entry, rule_keys, errors);
    wire::Rule rule;
    if (object.require("name", "what reports call it")) {
      rule.name = object.string("name").value_or("");
    }
    if (const Field on = object.require("on", "which packets: {\"from\": \"client\", ...}")) {
      rule.on = read_match(on, errors);
    }
    if (const Field action = object.require("do", "\"drop\", {\"hold\": \"name\"} ...")) {
      if (auto read = read_action(action, family, errors)) rule.action = std::move(*read);
    }
    rule.may_miss = object.boolean("may_miss").value_or(false);
    rule.after = object.string("after").value_or("");
    plan.rules.push_back(std::move(rule));
    nodes.push_back(entry.node);
  }
  if (errors.count() != before) return;  // what was not understood is not judged
  for (const wire::Problem& problem : wire::problems_of(plan.rules)) {
    errors.add(place_of(problem, *nodes[problem.rule.value_or(0)]),
               fmt::format("{} {}", wireproof::quoted(problem.field), problem.what),
               fmt::format("rule {} could never do what it says",
                           wireproof::quoted(plan.rules[problem.rule.value_or(0)].name)));
  }
}

}  // namespace

std::uint16_t read_flags(const Field& field, Errors& errors) {
  std::uint16_t bits = 0;
  const auto text = read_string(field, errors);
  if (!text) return bits;
  std::size_t begin = 0;
  while (begin <= text->size()) {
    const std::size_t end = std::min(text->find(' ', begin), text->size());
    const std::string word = text->substr(begin, end - begin);
    begin = end + 1;
    std::uint16_t bit = 0;
    for (const auto& flag : tcp_flags) {
      if (flag.name == word) bit = flag.value;
    }
    if (bit == 0) unknown_name(field, "TCP flag", word, names_of(tcp_flags), errors);
    bits = static_cast<std::uint16_t>(bits | bit);
  }
  return bits;
}

wire::Plan read_wire(const Field& field, Family family, Errors& errors) {
  wire::Plan plan;
  const Object object(field, wire_keys, errors);
  if (const auto seed = object.integer("seed", 0, largest)) {
    plan.seed = static_cast<std::uint64_t>(*seed);
  }
  const auto conditions = [&](std::string_view key, wire::Direction direction) {
    const Field at = object.get(key);
    return at ? read_conditions(Object(at, condition_keys, errors), direction) : wire::Conditions{};
  };
  const bool both = object.has("both");
  for (const std::string_view key : {"client_to_server", "server_to_client"}) {
    if (both && object.has(key)) {
      errors.add(object.key_offset(key), fmt::format("\"{}\" beside \"both\"", key),
                 "say each direction's conditions once");
    }
  }
  plan.client_to_server =
      conditions(both ? "both" : "client_to_server", wire::Direction::client_to_server);
  plan.server_to_client =
      conditions(both ? "both" : "server_to_client", wire::Direction::server_to_client);
  if (const Field rules = object.get("rules")) read_rules(rules, family, plan, errors);
  return plan;
}

}  // namespace wireproof::scenario
