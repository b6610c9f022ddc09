#include "run/kernel_account.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <string>

#include "run/rules.h"

namespace wireproof::run {
namespace {

using report::ConnectionReport;
using tcp::State;
using witness::KernelEvent;
using witness::KernelEventKind;

// How far an event and its packet may be apart: the machine may be busy.
constexpr std::int64_t slack_ns = 100'000'000;

// The latest of these endpoints' connections that had begun by then.
const tcp::Connection* connection_of(const KernelEvent& event,
                                     const std::vector<ConnectionReport>& all, Side side) {
  const tcp::Connection* found = nullptr;
  for (const ConnectionReport& one : all) {
    const auto& connection = one.connection;
    if (event.local == connection.end(side).endpoint &&
        event.remote == connection.end(other(side)).endpoint &&
        (found == nullptr || connection.first_time_ns <= event.time_ns + slack_ns))
      found = &connection;
  }
  return found;
}

bool is_reset(const tcp::Segment& segment) { return (segment.flags & packet::flag::rst) != 0; }

// Whether the event may be this segment's doing, or it the event's.
bool belongs(const KernelEvent& event, const tcp::Segment& segment) {
  const bool own = segment.from == event.side;
  switch (event.kind) {
    case KernelEventKind::state:
      return true;
    case KernelEventKind::retransmit:
      return own && (segment.marks & tcp::mark::retransmission) != 0;
    case KernelEventKind::send_reset:
      return own && is_reset(segment);
    case KernelEventKind::receive_reset:
      return !own && is_reset(segment);
  }
  return false;
}

std::uint64_t packet_of(const KernelEvent& event, const tcp::Connection& connection) {
  // The state that the packets show there: TIME_WAIT is CLOSED to the tracepoint.
  for (const tcp::Transition& change : connection.transitions) {
    const bool same = event.to && (change.to == *event.to ||
                                   (change.to == State::time_wait && *event.to == State::closed));
    if (change.side == event.side && same && std::abs(change.time_ns - event.time_ns) <= slack_ns)
      return change.packet;
  }
  std::uint64_t found = 0;
  std::int64_t nearest = slack_ns;
  for (const tcp::Segment& segment : connection.segments) {
    const std::int64_t apart = std::abs(segment.time_ns - event.time_ns);
    if (!belongs(event, segment) || apart > nearest) continue;
    nearest = apart;
    found = segment.packet;
  }
  return found;
}

std::string joined(const std::vector<State>& states) {
  std::string text;
  for (const State state : states)
    text += (text.empty() ? "" : " ") + std::string(tcp::name(state));
  return text.empty() ? "no state" : text;
}

// What an end's packets show, but for what the tracepoint does not tell in its place.
std::vector<State> told_by_packets(const tcp::Connection& connection, Side side) {
  std::vector<State> states = tcp::state_path(connection, side);
  std::erase_if(states, [](State state) {
    return state == State::closed || state == State::listen || state == State::syn_received ||
           state == State::time_wait;
  });
  return states;
}

std::vector<State> told_by_kernel(const std::vector<KernelEvent>& events, std::uint64_t connection,
                                  Side side) {
  std::vector<State> states;
  for (const KernelEvent& event : events) {
    if (event.connection == connection && event.side == side && event.to)
      states.push_back(*event.to);
  }
  return states;
}

// Each change begins where the one before ended, down to CLOSED: else one was not recorded (the
// kernel runs no program while it runs on the same processor), and nothing follows from what lacks.
bool is_whole(const std::vector<KernelEvent>& events, std::uint64_t connection, Side side) {
  const KernelEvent* before = nullptr;
  for (const KernelEvent& event : events) {
    if (event.connection != connection || event.side != side || !event.to) continue;
    if (before != nullptr && event.from != before->to) return false;
    before = &event;
  }
  return before != nullptr && before->to == State::closed;
}

bool has_in_order(const std::vector<State>& all, const std::vector<State>& some) {
  auto at = all.begin();
  return std::ranges::all_of(some, [&](State state) {
    at = std::find(at, all.end(), state);
    return at != all.end() && at++ != all.end();
  });
}

}  // namespace

std::vector<Finding> compare_events(const std::vector<ConnectionReport>& clients,
                                    const std::vector<ConnectionReport>& servers,
                                    report::WitnessReport& witness) {
  const bool one_host = &clients == &servers;
  for (KernelEvent& event : witness.events) {
    const auto seen_at = [&](Side side) {
      return connection_of(event, side == Side::client ? clients : servers, side);
    };
    const tcp::Connection* found = seen_at(event.side);
    if (found == nullptr && one_host) {
      found = seen_at(other(event.side));
      if (found != nullptr) event.side = other(event.side);
    }
    if (found == nullptr) continue;
    event.connection = found->index;
    event.packet = packet_of(event, *found);
  }

  std::vector<Finding> findings;
  if (witness.events.empty() || !witness.not_heard.empty()) return findings;
  for (const Side side : {Side::client, Side::server}) {
    for (const ConnectionReport& one : side == Side::client ? clients : servers) {
      const tcp::Connection& connection = one.connection;
      const std::vector<State> by_packets = told_by_packets(connection, side);
      if (by_packets.empty() || connection.fast_open ||
          std::ranges::find(by_packets, State::unknown) != by_packets.end())
        continue;
      const std::vector<State> by_kernel = told_by_kernel(witness.events, connection.index, side);
      ++witness.compared;
      if (has_in_order(by_kernel, by_packets)) continue;
      if (!is_whole(witness.events, connection.index, side)) {
        --witness.compared;
        continue;
      }
      ++witness.disagreements;
      Finding finding = make_finding(rule::witness_transitions, Blame::none, {},
                                     joined(by_packets) + " (packets)",
                                     joined(by_kernel) + " (kernel's tracepoint)");
      finding.where = fmt::format("connection {}, {} {}", connection.index, name(side),
                                  to_string(connection.end(side).endpoint));
      findings.push_back(std::move(finding));
    }
  }
  return findings;
}

}  // namespace wireproof::run
