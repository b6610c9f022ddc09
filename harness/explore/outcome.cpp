#include "explore/outcome.h"

#include <fmt/format.h>

#include <algorithm>

#include "run/rules.h"

namespace wireproof::explore {
namespace {

const report::TargetReport* target(const report::CaseReport& one, Side role) {
  const auto at = std::find_if(one.targets.begin(), one.targets.end(),
                               [&](const auto& each) { return each.role == role; });
  return at == one.targets.end() ? nullptr : &*at;
}

// The connection was broken off: never opened, or reset before the server had closed it. A server
// that closes in order what it has not answered is at fault, whatever comes after its FIN.
bool broke(const report::CaseReport& one) {
  return one.connections.empty() ||
         std::any_of(one.connections.begin(), one.connections.end(), [](const auto& each) {
           const tcp::Connection& connection = each.connection;
           if (connection.end(Side::server).fin_packet) return false;
           return (connection.opening != tcp::Opening::three_way &&
                   connection.opening != tcp::Opening::simultaneous) ||
                  connection.closing == tcp::Closing::reset ||
                  connection.closing == tcp::Closing::refused ||
                  connection.closing == tcp::Closing::none;
         });
}

// What follows from an error that was told.
bool is_consequence(const Finding& finding) {
  const bool of_client = finding.blame != Blame::server;
  return finding.rule.starts_with("tcp.expect.") ||
         (of_client &&
          (finding.rule == run::rule::program_exit.id ||
           finding.rule == run::rule::program_output.id || finding.rule.starts_with("script.")));
}

std::string final_states(const report::CaseReport& one) {
  std::vector<std::string> states;
  for (const auto& socket : one.witness.final_sockets) {
    if (socket.state != tcp::State::listen) states.emplace_back(tcp::name(socket.state));
  }
  std::sort(states.begin(), states.end());
  std::string text;
  for (const std::string& state : states) text += (text.empty() ? "" : ", ") + state;
  return text.empty() ? "no socket left" : text + " left";
}

std::string words_of(const report::CaseReport& one) {
  std::string text;
  for (const auto& each : one.connections) {
    const tcp::Connection& connection = each.connection;
    std::string path;
    for (const tcp::State state : tcp::state_path(connection, Side::client)) {
      path += (path.empty() ? "" : " ") + std::string(tcp::name(state));
    }
    text += fmt::format("opening {}, closing {}, closed first: {}; client {}; ",
                        tcp::name(connection.opening), tcp::name(connection.closing),
                        tcp::name(connection.closed_first), path);
  }
  if (one.transport != "tcp") {
    for (const auto& exchange : one.exchanges) {
      text += fmt::format("{} requests, {} answers; ", exchange.requests, exchange.answers);
    }
  }
  if (const auto* client = target(one, Side::client))
    text += fmt::format("client: {}; ", client->exit);
  return text + final_states(one);
}

}  // namespace

std::string_view name(Class kind) {
  switch (kind) {
    case Class::right:
      return "right";
    case Class::honest:
      return "honest-error";
    case Class::violation:
      return "violation";
    case Class::not_proven:
      return "not-proven";
  }
  return "";
}

Outcome outcome_of(const report::CaseReport& one) {
  Outcome outcome;
  outcome.words = words_of(one);
  if (one.status == report::Status::passed) return outcome;
  if (one.status != report::Status::failed) {
    outcome.kind = Class::not_proven;
    outcome.reason = fmt::format("{}: {}", report::name(one.status), one.reason);
    return outcome;
  }
  const auto* client = target(one, Side::client);
  const bool told = client == nullptr || client->exit_code.value_or(0) > 0;
  const bool honest = told && broke(one);
  for (const Finding& finding : one.findings) {
    if (finding.severity != Severity::must || finding.inconclusive) continue;
    if (honest && is_consequence(finding)) continue;
    outcome.violations.push_back(finding);
  }
  outcome.kind = outcome.violations.empty() ? Class::honest : Class::violation;
  return outcome;
}

}  // namespace wireproof::explore
