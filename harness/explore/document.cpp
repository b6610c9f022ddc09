#include "explore/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace wireproof::explore {
namespace {

using Json = nlohmann::ordered_json;

// What is sent again comes after 1, 3, 7 ... s at the worst (RFC 6298 2.1: the SYN), data sooner.
constexpr int wait_ms = 20'000, swap_ms = 1'500, ring_kib = 512;

std::string text_of(const Json& value) {
  if (value.is_object()) return value.value("name", "");
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// Whether anything outside the matrix speaks of the variable: "${family}", "when": {"family": ...}.
bool uses(const Json& node, const std::string& variable) {
  if (node.is_string()) {
    const std::string& text = node.get_ref<const std::string&>();
    return text.find("${" + variable + "}") != std::string::npos ||
           text.find("${" + variable + ".") != std::string::npos;
  }
  if (node.is_object()) {
    for (const auto& [key, value] : node.items()) {
      if (key == "matrix") continue;
      if (key == "when" && value.is_object() && value.contains(variable)) return true;
      if (uses(value, variable)) return true;
    }
  } else if (node.is_array()) {
    return std::any_of(node.begin(), node.end(),
                       [&](const Json& each) { return uses(each, variable); });
  }
  return false;
}

// The case alone: each variable keeps its value.
void keep_one(Json& file, const scenario::Case& one) {
  if (!file.contains("matrix")) return;
  const Json all = file["matrix"];
  Json kept = Json::object();
  for (const auto& [variable, chosen] : one.parameters) {
    if (!uses(file, variable)) continue;
    std::vector<Json> values;
    if (all.contains(variable)) values.assign(all[variable].begin(), all[variable].end());
    for (const Json& more : all.value("include", Json::array())) {
      if (more.contains(variable)) values.push_back(more[variable]);
    }
    const auto at =
        std::find_if(values.begin(), values.end(),
                     [&wanted = chosen](const Json& value) { return text_of(value) == wanted; });
    if (at != values.end()) kept[variable] = Json::array({*at});
  }
  file.erase("matrix");
  if (!kept.empty()) file["matrix"] = std::move(kept);
}

Json rule(const Fault& fault, scenario::Transport transport) {
  Json what;
  switch (fault.kind) {
    case Kind::drop:
      what = "drop";
      break;
    case Kind::twice:
      what = {{"duplicate", 1}};
      break;
    case Kind::swap:
      what = {{"reorder_behind", 1}, {"at_most_ms", swap_ms}};
      break;
  }
  return {{"name", name(fault)},
          {"on",
           {{"from", wireproof::name(fault.place.from)},
            {"protocol", scenario::name(transport)},
            {"nth", fault.place.nth}}},
          {"do", std::move(what)},
          {"may_miss", true}};
}

void set_wire(Json& file, const Faults& faults, scenario::Transport transport) {
  Json& wire = file["wire"];
  Json& rules = wire["rules"];
  if (!rules.is_array()) rules = Json::array();
  for (const Fault& fault : faults) rules.push_back(rule(fault, transport));
}

void set_waits(Json& steps) {
  constexpr std::array waiting = {"connect", "accept", "send", "expect", "await", "launch"};
  for (Json& step : steps) {
    if (step.contains("repeat") && step["repeat"].contains("steps"))
      set_waits(step["repeat"]["steps"]);
    const bool waits = std::any_of(waiting.begin(), waiting.end(),
                                   [&](const char* verb) { return step.contains(verb); });
    if (waits && step.value("within_ms", 0) < wait_ms) step["within_ms"] = wait_ms;
  }
}

// No end may be left on its way.
Json at_rest() {
  constexpr std::array states = {tcp::State::syn_sent,    tcp::State::syn_received,
                                 tcp::State::established, tcp::State::fin_wait_1,
                                 tcp::State::fin_wait_2,  tcp::State::close_wait,
                                 tcp::State::closing,     tcp::State::last_ack};
  Json list = Json::array();
  for (const Side side : {Side::client, Side::server}) {
    for (const tcp::State state : states) {
      list.push_back({{"side", wireproof::name(side)}, {"state", tcp::name(state)}, {"count", 0}});
    }
  }
  return list;
}

void set_expected(Json& file, scenario::Transport transport) {
  file.erase("expected_failures");
  if (transport != scenario::Transport::tcp) {
    // How many come is what faults change.
    if (file.contains("expect")) file["expect"].erase("datagrams");
    return;
  }
  Json& expect = file["expect"];
  if (!expect.is_object()) expect = Json::object();
  if (expect.contains("connections")) {
    Json kept = Json::object();
    const Json& connections = expect["connections"];
    if (connections.is_object() && connections.contains("bytes"))
      kept["bytes"] = connections["bytes"];
    expect.erase("connections");
    if (!kept.empty()) expect["connections"] = std::move(kept);
  }
  expect["kernel"] = at_rest();
}

Json program(const std::vector<std::string>& command, bool server) {
  Json json = {{"command", command}};
  if (server) json["may_be_killed"] = true;
  return json;
}

}  // namespace

tl::expected<std::string, std::string> document(std::string_view source, const scenario::Case& one,
                                                const Faults& faults, const Programs& programs) {
  if (scenario::is_unix(one.transport))
    return tl::unexpected(std::string("UNIX sockets put no packets on any wire"));
  if (one.topology == lab::Topology::remote)
    return tl::unexpected(std::string("the server runs elsewhere in this scenario"));
  Json file = Json::parse(source, nullptr, false, true);
  if (!file.is_object()) return tl::unexpected(std::string("it is no JSON object"));
  file.erase("$schema");
  file["title"] = fmt::format("{}: {}", one.title, to_words(faults));
  file["topology"] = "wire";
  for (const char* role : {"server", "client"}) {
    const auto& given = role == std::string_view("server") ? programs.server : programs.client;
    if (!given) continue;
    if (!file.contains(role) || file[role].is_null())
      return tl::unexpected(fmt::format("the script plays the {} in this scenario", role));
    file[role] = program(*given, role == std::string_view("server"));
  }
  set_expected(file, one.transport);
  keep_one(file, one);
  set_wire(file, faults, one.transport);
  if (file.contains("steps")) set_waits(file["steps"]);
  file["time_limit_ms"] = std::max(2 * wait_ms, file.value("time_limit_ms", 0));
  file["settle_ms"] = wait_ms;
  file["ring_kib"] = ring_kib;
  return file.dump(2) + "\n";
}

}  // namespace wireproof::explore
