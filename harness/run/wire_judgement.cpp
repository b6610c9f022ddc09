#include "run/wire_judgement.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"
#include "run/rules.h"

namespace wireproof::run {
namespace {

report::WireLane lane(const wire::LaneStats& stats) {
  return {stats.received, stats.forwarded, stats.dropped_by_rule, stats.dropped_by_condition};
}

// Without addresses: those of clients differ from run to run.
std::string words(const wire::PacketId& packet) {
  if (packet.number == 0) return {};
  std::string text;
  switch (packet.protocol) {
    case packet::Protocol::tcp:
      text = packet::flags_text(packet.flags);
      if (packet.sequence) text += fmt::format(" seq {}", *packet.sequence);
      if (packet.acknowledgement) text += fmt::format(" ack {}", *packet.acknowledgement);
      break;
    case packet::Protocol::udp:
      text = "UDP";
      break;
    case packet::Protocol::icmp:
    case packet::Protocol::icmpv6:
      text = fmt::format("ICMP type {} code {}", packet.icmp_type, packet.icmp_code);
      break;
    default:
      text = "packet";
  }
  text += fmt::format(" length {}", packet.payload_length);
  if (packet.retransmission) text += " again";
  return text;
}

}  // namespace

report::WireReport wire_report(const wire::Plan& plan, const wire::Link& link) {
  const wire::Stats stats = link.stats();
  report::WireReport report;
  report.seed = plan.seed;
  report.rules = plan.rules.size();
  report.decisions_left_out = stats.decisions_left_out;
  for (const wire::Decision& decision : link.decisions()) {
    report.decisions.push_back({std::string(wire::name(decision.cause)), decision.name,
                                std::string(wire::name(decision.deed)), decision.detail,
                                std::string(wire::name(decision.packet.direction)),
                                decision.packet.number, decision.packet.connection,
                                words(decision.packet)});
  }
  return report;
}

report::WireLinkReport wire_link_report(const wire::Link& link,
                                        std::span<const packet::Frame> client,
                                        std::span<const packet::Frame> server) {
  const wire::Stats stats = link.stats();
  report::WireLinkReport report;
  report.client_to_server = lane(stats.client_to_server);
  report.server_to_client = lane(stats.server_to_client);
  report.lost = stats.lost();
  report.moments_left_out = stats.decisions_left_out;
  for (const wire::Decision& decision : link.decisions()) {
    report::WireMoment& moment = report.moments.emplace_back();
    moment.time_ns = decision.time_ns;
    if (decision.packet.number == 0) continue;
    const auto& frames =
        decision.packet.direction == wire::Direction::client_to_server ? client : server;
    if (const auto place = wire::find_in_capture(decision.packet, frames)) {
      moment.packet = frames[*place].number;
    }
  }
  return report;
}

namespace {

// Rules that matched, and of which no match could be acted on: in their order, with the reason.
std::vector<std::pair<std::string, std::string>> without_effect(
    const std::vector<wire::Decision>& decisions) {
  std::vector<std::pair<std::string, std::string>> idle;
  std::set<std::string> acted;
  for (const wire::Decision& decision : decisions) {
    if (decision.cause != wire::Cause::rule) continue;
    if (decision.deed != wire::Deed::not_applicable) {
      acted.insert(decision.name);
    } else if (std::ranges::find(idle, decision.name, [](const auto& one) { return one.first; }) ==
               idle.end()) {
      idle.emplace_back(decision.name, decision.detail);
    }
  }
  std::erase_if(idle, [&](const auto& one) { return acted.contains(one.first); });
  return idle;
}

}  // namespace

std::vector<Finding> judge_wire(const wire::Link& link, bool completed) {
  return judge_wire(link.unmatched(), link.decisions(), link.stats(), completed);
}

std::vector<Finding> judge_wire(const std::vector<std::string>& unmatched,
                                const std::vector<wire::Decision>& decisions,
                                const wire::Stats& stats, bool completed) {
  std::vector<Finding> findings;
  if (completed) {
    for (const auto& [name, reason] : without_effect(decisions)) {
      findings.push_back(make_finding(
          rule::rule_unmatched, Blame::none, {},
          fmt::format("rule {} of the wire does what it says to a packet", quoted(name)),
          "it matched, and could not: " + reason));
    }
  }
  for (const std::string& name : unmatched) {
    if (!completed) break;
    findings.push_back(make_finding(
        rule::rule_unmatched, Blame::none, {},
        fmt::format("rule {} of the wire matches a packet", quoted(name)),
        fmt::format("none of {} from the client and {} from the server",
                    stats.client_to_server.received, stats.server_to_client.received)));
  }
  if (stats.lost() > 0 || !stats.failure.empty()) {
    Finding finding = make_finding(
        rule::wire_lost, Blame::harness, {}, "no packet lost but by rules and conditions",
        stats.failure.empty() ? fmt::format("{} lost", stats.lost())
                              : fmt::format("{} lost; {}", stats.lost(), stats.failure));
    finding.inconclusive = true;
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace wireproof::run
