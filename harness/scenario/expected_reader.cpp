#include "scenario/expected_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "scenario/names.h"
#include "scenario/wire_reader.h"

namespace wireproof::scenario {
namespace {

constexpr std::int64_t many = std::int64_t{1} << 50;
constexpr double longest_ms = 3.6e6;

#define WP_CONNECTION_KEYS \
  "opening", "closing", "closed_first", "half_close", "states", "bytes", "limits"
constexpr std::string_view each_keys[] = {WP_CONNECTION_KEYS};
constexpr std::string_view connections_keys[] = {"count", "at_least", "each", WP_CONNECTION_KEYS};
#undef WP_CONNECTION_KEYS

std::optional<std::uint64_t> amount(const Object& object, std::string_view key) {
  const auto value = object.integer(key, 0, many);
  return value ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
}

// One word, or a list of words of which any will do.
template <typename Value, typename Table>
std::vector<Value> any_of(const Object& object, std::string_view key, std::string_view kind,
                          const Table& table) {
  std::vector<Value> values;
  const Field field = object.get(key);
  if (!field) return values;
  const auto entries = field.node->list() ? read_list(field, object.errors()) : std::vector{field};
  if (entries.empty()) {
    object.errors().add(field.offset(), fmt::format("no {} is named", kind),
                        fmt::format("remove {} to allow any", field.what));
  }
  for (const Field& entry : entries) {
    const auto value = read_choice<Value>(entry, kind, table, object.errors());
    if (value) values.push_back(*value);
  }
  return values;
}

std::optional<std::vector<tcp::State>> path_of_states(const Object& object, std::string_view key) {
  const Field field = object.get(key);
  if (!field) return std::nullopt;
  std::vector<tcp::State> path;
  for (const Field& entry : read_list(field, object.errors())) {
    const auto state = read_choice<tcp::State>(entry, "state", states, object.errors());
    if (state && !path.empty() && path.back() == *state) {
      object.errors().add(entry.offset(), fmt::format("{} follows itself", name_in(states, *state)),
                          "the path names each state once as it is entered");
    }
    if (state) path.push_back(*state);
  }
  if (field.node->list() && field.node->list()->empty()) {
    object.errors().add(field.offset(), "an empty path of states", "remove it to allow any");
  }
  return path;
}

std::optional<std::int64_t> limit_ns(const Object& object, std::string_view key) {
  const Field field = object.get(key);
  const auto value = field ? read_number(field, 0, longest_ms, object.errors()) : std::nullopt;
  return value ? std::optional(static_cast<std::int64_t>(*value * 1e6)) : std::nullopt;
}

tcp::Expectation read_connection(const Object& object) {
  constexpr std::string_view side_keys[] = {"client", "server"};
  constexpr std::string_view limit_keys[] = {"retransmissions", "handshake_ms", "close_ms"};
  Errors& errors = object.errors();
  tcp::Expectation wanted;
  wanted.opening = any_of<tcp::Opening>(object, "opening", "opening", openings);
  wanted.closing = any_of<tcp::Closing>(object, "closing", "closing", closings);
  wanted.closed_first = object.choice<tcp::ClosedFirst>("closed_first", "end", first_closers);
  wanted.half_close = object.boolean("half_close");
  if (const Field field = object.get("states")) {
    const Object sides_object(field, side_keys, errors);
    wanted.client_states = path_of_states(sides_object, "client");
    wanted.server_states = path_of_states(sides_object, "server");
  }
  if (const Field field = object.get("bytes")) {
    const Object bytes(field, side_keys, errors);
    wanted.client_bytes = amount(bytes, "client");
    wanted.server_bytes = amount(bytes, "server");
  }
  if (const Field field = object.get("limits")) {
    const Object limits(field, limit_keys, errors);
    wanted.max_retransmissions = amount(limits, "retransmissions");
    wanted.max_handshake_ns = limit_ns(limits, "handshake_ms");
    wanted.max_close_ns = limit_ns(limits, "close_ms");
  }
  return wanted;
}

ConnectionsExpected read_connections(const Field& field, Errors& errors) {
  const Object object(field, connections_keys, errors);
  ConnectionsExpected wanted;
  wanted.count = amount(object, "count");
  wanted.at_least = amount(object, "at_least");
  if (wanted.count && wanted.at_least) {
    errors.add(object.key_offset("at_least"), "both \"count\" and \"at_least\" say how many",
               "keep one of them");
  }
  wanted.all = read_connection(object);
  if (const Field each = object.get("each")) {
    for (const Field& entry : read_list(each, errors)) {
      wanted.each.push_back(read_connection(Object(entry, each_keys, errors)));
    }
    if (wanted.count && wanted.each.size() > *wanted.count) {
      errors.add(each.offset(),
                 fmt::format("\"each\" tells of {} connections, \"count\" is {}",
                             wanted.each.size(), *wanted.count),
                 "make them agree");
    }
  }
  return wanted;
}

udp::Expectation read_datagrams(const Field& field, Errors& errors) {
  constexpr std::string_view keys[] = {
      "exchanges",  "requests",    "answers",       "unanswered",   "unpaired_answers",
      "duplicates", "icmp_errors", "min_fragments", "client_bytes", "server_bytes"};
  const Object object(field, keys, errors);
  udp::Expectation wanted;
  wanted.exchanges = amount(object, "exchanges");
  wanted.requests = amount(object, "requests");
  wanted.answers = amount(object, "answers");
  wanted.unanswered = amount(object, "unanswered");
  wanted.unpaired_answers = amount(object, "unpaired_answers");
  wanted.duplicates = amount(object, "duplicates");
  wanted.icmp_errors = amount(object, "icmp_errors");
  wanted.min_fragments = amount(object, "min_fragments");
  wanted.client_bytes = amount(object, "client_bytes");
  wanted.server_bytes = amount(object, "server_bytes");
  return wanted;
}

std::vector<PacketsExpected> read_packets(const Field& field, Errors& errors) {
  using Where = PacketsExpected::Where;
  constexpr std::string_view keys[] = {"sent", "received", "lost", "count", "gaps_ms"};
  constexpr Named<Where> places[] = {
      {"sent", Where::sent}, {"received", Where::received}, {"lost", Where::lost}};
  std::vector<PacketsExpected> all;
  for (const Field& entry : read_list(field, errors)) {
    const Object object(entry, keys, errors);
    if (!object.valid()) continue;
    PacketsExpected wanted;
    wanted.position = errors.source().position(entry.offset());
    Field on;
    for (const auto& place : places) {
      if (!object.has(place.name)) continue;
      if (on) {
        errors.add(object.key_offset(place.name),
                   fmt::format("\"{}\" beside another of its kind", place.name),
                   "write two entries");
      }
      on = object.get(place.name);
      wanted.where = place.value;
    }
    if (!on) {
      errors.add(entry.offset(), "no packets are named",
                 "one of \"sent\", \"received\" and \"lost\": {\"from\": \"client\"}");
      continue;
    }
    wanted.on = read_match(on, errors);
    if (wanted.on.direction == wire::Direction::both) {
      errors.add(on.offset(), "nothing says from which end", "add \"from\"");
    }
    if (const auto count = read_range(object.get("count"), 0, errors)) wanted.count = *count;
    if (wanted.count.from > wanted.count.to) {
      errors.add(object.get("count").offset(), "an empty range", "\"from\" is over \"to\"");
    }
    if (const Field gaps = object.get("gaps_ms")) {
      for (const Field& gap : read_list(gaps, errors)) {
        if (const auto range = read_range(gap, 0, errors)) wanted.gaps_ms.push_back(*range);
      }
      if (wanted.where == Where::lost) {
        errors.add(gaps.offset(), "gaps between packets that are not there",
                   "say \"sent\" or \"received\"");
      } else if (wanted.count.to <= wanted.gaps_ms.size()) {
        errors.add(gaps.offset(),
                   fmt::format("{} gaps between at most {} packets", wanted.gaps_ms.size(),
                               wanted.count.to),
                   "there is one gap less than packets");
      }
    }
    all.push_back(std::move(wanted));
  }
  return all;
}

std::vector<FinalState> read_kernel(const Field& field, Errors& errors) {
  constexpr std::string_view keys[] = {"side", "state", "count"};
  std::vector<FinalState> wanted;
  for (const Field& entry : read_list(field, errors)) {
    const Object object(entry, keys, errors);
    if (!object.require("side", "\"client\" or \"server\"")) continue;
    if (!object.require("state", "as in \"TIME_WAIT\"")) continue;
    const auto side = object.choice<Side>("side", "side", sides);
    const auto state = object.choice<tcp::State>("state", "state", states);
    const auto count = object.integer("count", 0, 1'000'000);
    if (state == tcp::State::closed) {
      errors.add(object.get("state").offset(), "the kernel lists no socket that is CLOSED",
                 "name a state with \"count\": 0 to say that none is left in it");
      continue;
    }
    if (side && state)
      wanted.push_back({*side, *state, static_cast<std::size_t>(count.value_or(1))});
  }
  return wanted;
}

// "tcp.close.fin-acked": small words with dots between, a known part first.
bool is_rule_shaped(std::string_view id) {
  if (id.find('.') == std::string_view::npos || id.starts_with('.') || id.ends_with('.') ||
      id.find("..") != std::string_view::npos) {
    return false;
  }
  return id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") == std::string_view::npos;
}

// {"rule": ..., "why": ...}
struct RuleEntry {
  std::string rule, why;
  std::size_t offset;
};

std::vector<RuleEntry> read_rules(const Field& field, const Vocabulary& vocabulary,
                                  std::string_view why_hint, Errors& errors) {
  constexpr std::string_view keys[] = {"rule", "why"};
  std::vector<RuleEntry> entries;
  for (const Field& entry : read_list(field, errors)) {
    const Object object(entry, keys, errors);
    const Field id_field = object.require("rule", "a rule's id: `wireproof rules` lists them");
    object.require("why", why_hint);
    const auto why = object.string("why");
    const auto id = id_field ? read_string(id_field, errors) : std::nullopt;
    if (why && why->empty())
      errors.add(object.get("why").offset(), "an empty reason", std::string(why_hint));
    if (!id) continue;
    const std::string part = id->substr(0, id->find('.'));
    if (!is_rule_shaped(*id)) {
      errors.add(id_field.offset(), fmt::format("{} is no rule's id", wireproof::quoted(*id)),
                 "small words with dots between, as in \"tcp.close.fin-acked\"");
    } else if (std::ranges::find(rule_parts, part) == std::end(rule_parts)) {
      unknown_name(id_field, "part of rules", part, rule_parts, errors);
    } else if (!vocabulary.rules.empty() &&
               std::ranges::find(vocabulary.rules, *id) == vocabulary.rules.end()) {
      const std::string near = nearest(*id, vocabulary.rules);
      errors.add(id_field.offset(), fmt::format("unknown rule {}", wireproof::quoted(*id)),
                 near.empty() ? "`wireproof rules` lists them"
                              : fmt::format("did you mean {}?", wireproof::quoted(near)));
    }
    if (std::ranges::find(entries, *id, &RuleEntry::rule) != entries.end()) {
      errors.add(id_field.offset(), fmt::format("rule {} is named twice", wireproof::quoted(*id)),
                 "remove one of them");
    }
    entries.push_back({*id, why.value_or(""), id_field.offset()});
  }
  return entries;
}

}  // namespace

Expected read_expected(const Field& field, const Case& one, const Vocabulary& vocabulary,
                       Errors& errors) {
  constexpr std::string_view keys[] = {"connections", "datagrams", "kernel",
                                       "packets",     "allow",     "path_left"};
  const Object object(field, keys, errors);
  Expected expected;
  const auto belongs = [&](std::string_view key, bool fits, std::string_view hint) {
    if (object.has(key) && !fits) {
      errors.add(object.key_offset(key),
                 fmt::format("\"{}\" in a scenario of {} over {}", key, name(one.transport),
                             name(one.family)),
                 std::string(hint));
    }
  };
  const bool tcp = one.transport == Transport::tcp;
  belongs("connections", tcp,
          one.transport == Transport::udp ? "\"datagrams\" is what UDP shows"
                                          : "UNIX sockets send no packets: use steps and outputs");
  belongs("datagrams", one.transport == Transport::udp,
          tcp ? "\"connections\" is what TCP shows" : "UNIX sockets send no packets: use steps");
  belongs("kernel", tcp, "only TCP has states");
  if (object.has("packets") && one.topology != lab::Topology::wire) {
    errors.add(object.key_offset("packets"), "\"packets\" is of topology \"wire\"",
               "add \"topology\": \"wire\"");
  }
  belongs("path_left", one.family == Family::unix_path, "only \"unix-path\" has a path");
  if (const Field connections = object.get("connections")) {
    expected.connections = read_connections(connections, errors);
  }
  if (const Field datagrams = object.get("datagrams")) {
    expected.datagrams = read_datagrams(datagrams, errors);
  }
  if (const Field kernel = object.get("kernel")) expected.kernel = read_kernel(kernel, errors);
  if (const Field packets = object.get("packets")) {
    expected.packets = read_packets(packets, errors);
  }
  if (const Field allow = object.get("allow")) {
    for (RuleEntry& entry :
         read_rules(allow, vocabulary, "why this finding is known and no fault", errors)) {
      expected.allowed.push_back(entry.rule);
      expected.allowed_why[std::move(entry.rule)] = std::move(entry.why);
    }
  }
  expected.path_left = object.boolean("path_left");
  return expected;
}

std::vector<ExpectedFailure> read_expected_failures(const Field& field, const Expected& expected,
                                                    const Vocabulary& vocabulary, Errors& errors) {
  std::vector<ExpectedFailure> failures;
  for (RuleEntry& entry : read_rules(field, vocabulary, "why it is known to fail", errors)) {
    if (std::ranges::find(expected.allowed, entry.rule) != expected.allowed.end()) {
      errors.add(
          entry.offset,
          fmt::format("rule {} is allowed, and expected to fail", wireproof::quoted(entry.rule)),
          "an allowed finding fails nothing: keep one of them");
    }
    failures.push_back(
        {std::move(entry.rule), std::move(entry.why), errors.source().position(entry.offset)});
  }
  return failures;
}

}  // namespace wireproof::scenario
