#include "run/observation.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <string>
#include <tuple>

#include "packet/decode.h"
#include "run/rules.h"
#include "tcp/judge.h"

namespace wireproof::run {
namespace {

using packet::Packet;
using packet::Protocol;

// In a namespace shared with others: the packets to and from the case's port, and all of whoever
// spoke to it (an answer from another port is a fault to be seen).
class OfPort {
 public:
  explicit OfPort(std::uint16_t port) : port_(port) {}

  bool operator()(const Packet& packet) {
    if (packet.icmp.is_error) {
      return packet.icmp.quoted_source.port == port_ ||
             packet.icmp.quoted_destination.port == port_;
    }
    // A fragment after the first carries no ports: it belongs to whoever its first one does.
    const Fragmented whole{packet.source.address, packet.destination.address, packet.ip_id};
    if (packet.is_fragment && packet.fragment_offset > 0) return fragmented_.contains(whole);
    const bool ours = of_ports(packet);
    if (ours && packet.is_fragment) fragmented_.insert(whole);
    return ours;
  }

 private:
  using Fragmented = std::tuple<packet::Address, packet::Address, std::uint32_t>;

  bool of_ports(const Packet& packet) {
    if (packet.destination.port == port_) clients_.insert(packet.source);
    return packet.destination.port == port_ || packet.source.port == port_ ||
           clients_.contains(packet.destination);
  }

  std::uint16_t port_;
  std::set<packet::Endpoint> clients_;
  std::set<Fragmented> fragmented_;
};

bool is_housekeeping(const Packet& packet) {
  switch (packet.protocol) {
    case Protocol::tcp:
    case Protocol::udp:
      return false;
    case Protocol::icmp:
    case Protocol::icmpv6:
      return !packet.icmp.is_error;
    default:
      return !packet.is_fragment;
  }
}

// Each connection by the expectation at its place in the list, filled up from `all`.
tcp::Expectation expectation_of(const scenario::ConnectionsExpected& expected, std::size_t index) {
  if (index >= expected.each.size()) return expected.all;
  tcp::Expectation merged = expected.each[index];
  const tcp::Expectation& all = expected.all;
  const auto fill = [](auto& own, const auto& common) {
    if (!own) own = common;
  };
  if (merged.opening.empty()) merged.opening = all.opening;
  if (merged.closing.empty()) merged.closing = all.closing;
  fill(merged.closed_first, all.closed_first);
  fill(merged.half_close, all.half_close);
  fill(merged.client_states, all.client_states);
  fill(merged.server_states, all.server_states);
  fill(merged.client_bytes, all.client_bytes);
  fill(merged.server_bytes, all.server_bytes);
  fill(merged.max_retransmissions, all.max_retransmissions);
  fill(merged.max_handshake_ns, all.max_handshake_ns);
  fill(merged.max_close_ns, all.max_close_ns);
  return merged;
}

void judge_count(const scenario::ConnectionsExpected& expected, std::size_t seen,
                 std::vector<Finding>& findings) {
  const auto add = [&](std::string wanted) {
    findings.push_back(make_finding(rule::connection_count, Blame::none, {}, std::move(wanted),
                                    fmt::format("{} connections", seen)));
  };
  if (expected.count && seen != *expected.count)
    add(fmt::format("{} connections", *expected.count));
  if (expected.at_least && seen < *expected.at_least) {
    add(fmt::format("at least {} connections", *expected.at_least));
  }
}

using Identity = std::tuple<packet::Endpoint, packet::Endpoint, std::uint8_t, std::uint32_t,
                            std::uint32_t, std::uint16_t, std::uint32_t>;

std::map<Identity, int> contents(std::span<const packet::Frame> frames) {
  std::map<Identity, int> count;
  for (const auto& frame : frames) {
    const Packet packet = packet::decode(frame, false);
    if (is_housekeeping(packet)) continue;
    ++count[{packet.source, packet.destination, static_cast<std::uint8_t>(packet.protocol),
             packet.tcp.seq, packet.tcp.ack, packet.tcp.flags, packet.payload_length}];
  }
  return count;
}

}  // namespace

Observation observe(std::span<const packet::Frame> frames, const scenario::Case& one,
                    const tcp::CaptureFacts& facts, std::optional<std::uint16_t> only_port) {
  Observation seen;
  tcp::Tracker connections(facts);
  udp::Tracker exchanges;
  std::optional<OfPort> of_port;
  if (only_port) of_port.emplace(*only_port);
  for (const auto& frame : frames) {
    const Packet packet = packet::decode(frame);
    if (is_housekeeping(packet)) {
      ++seen.housekeeping;
    } else if (of_port && !(*of_port)(packet)) {
      ++seen.foreign;
    } else {
      connections.add(packet);
      exchanges.add(packet);
    }
  }

  for (tcp::Connection& connection : connections.finish()) {
    const auto expected = expectation_of(one.expected.connections, seen.connections.size());
    tcp::Judgement judgement = tcp::judge(connection, facts, expected);
    seen.connections.push_back({std::move(connection), std::move(judgement)});
  }
  if (one.transport == scenario::Transport::tcp) {
    judge_count(one.expected.connections, seen.connections.size(), seen.findings);
  }

  seen.exchanges = exchanges.finish();
  if (one.transport == scenario::Transport::udp) {
    const bool whole =
        facts.starts_before_traffic && facts.ends_after_traffic && facts.dropped == 0;
    auto judgement =
        udp::judge(seen.exchanges, whole, facts.checksums_valid, one.expected.datagrams);
    seen.findings.insert(seen.findings.end(), judgement.findings.begin(), judgement.findings.end());
  }
  return seen;
}

std::string difference_of_ends(std::span<const packet::Frame> client,
                               std::span<const packet::Frame> server) {
  auto at_client = contents(client);
  const auto at_server = contents(server);
  std::string text;
  const auto tell = [&](const Identity& id, int count, const char* end) {
    if (!text.empty()) return;
    text = fmt::format("{} to {} ({} bytes, seq {}) {} more times at the {}'s end",
                       to_string(std::get<0>(id)), to_string(std::get<1>(id)), std::get<6>(id),
                       std::get<3>(id), count, end);
  };
  for (const auto& [id, count] : at_server) at_client[id] -= count;
  for (const auto& [id, surplus] : at_client) {
    if (surplus > 0) tell(id, surplus, "client");
    if (surplus < 0) tell(id, -surplus, "server");
  }
  return text;
}

}  // namespace wireproof::run
