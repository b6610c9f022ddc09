#include "reports/mermaid.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <vector>

#include "base/text.h"
#include "tcp/connection.h"
#include "udp/exchange.h"

namespace wireproof::report {
namespace {

constexpr std::size_t messages_at_each_end = 40;

std::string start(const CaseReport& one, const packet::Endpoint& client,
                  const packet::Endpoint& server) {
  return fmt::format(
      "sequenceDiagram\n"
      "  %% {}\n"
      "  participant C as client<br/>{}\n"
      "  participant S as server<br/>{}\n",
      mermaid_text(one.id, 300), mermaid_text(to_string(client)), mermaid_text(to_string(server)));
}

std::string message(Side from, bool again, const std::string& text) {
  return fmt::format("  {}{}{}: {}\n", from == Side::client ? "C" : "S", again ? "-->>" : "->>",
                     from == Side::client ? "S" : "C", text);
}

std::string notes(const std::vector<Finding>& findings, std::uint64_t packet) {
  std::string out;
  for (const Finding& finding : findings) {
    // Told under the last packet that it names.
    if (finding.packets.empty() ||
        *std::max_element(finding.packets.begin(), finding.packets.end()) != packet) {
      continue;
    }
    out +=
        fmt::format("  Note over C,S: ✗ {}<br/>wanted {}<br/>saw {}\n", mermaid_text(finding.rule),
                    mermaid_text(finding.expected), mermaid_text(finding.observed));
  }
  return out;
}

// Calls `each` for the indices of both ends of a list, and `gap` between them.
template <class Each, class Gap>
void both_ends(std::size_t count, Each each, Gap gap) {
  for (std::size_t i = 0; i < count; ++i) {
    if (count > 2 * messages_at_each_end && i == messages_at_each_end) {
      gap(count - 2 * messages_at_each_end);
      i = count - messages_at_each_end;
    }
    each(i);
  }
}

std::string left_out(std::uint64_t count) {
  return fmt::format("  Note over C,S: {} packets left out\n", count);
}

std::string segment_text(const tcp::Segment& segment) {
  std::string text =
      fmt::format("{} {} seq {}", segment.packet, packet::flags_text(segment.flags), segment.seq);
  if (segment.flags & packet::flag::ack) text += fmt::format(" ack {}", segment.ack);
  if (segment.length > 0) text += fmt::format(" len {}", segment.length);
  if (segment.marks != 0) text += fmt::format(" ({})", tcp::marks_text(segment.marks));
  return text;
}

std::string diagram(const CaseReport& one, const ConnectionReport& report) {
  const tcp::Connection& connection = report.connection;
  std::string out = start(one, connection.ends[0].endpoint, connection.ends[1].endpoint);
  std::multimap<std::uint64_t, const tcp::Transition*> changes;
  for (const tcp::Transition& change : connection.transitions) {
    changes.insert({change.packet, &change});
  }
  both_ends(
      connection.segments.size(),
      [&](std::size_t i) {
        const tcp::Segment& segment = connection.segments[i];
        out += message(segment.from, (segment.marks & tcp::mark::retransmission) != 0,
                       segment_text(segment));
        const auto [first, last] = changes.equal_range(segment.packet);
        for (auto change = first; change != last; ++change) {
          const bool client = change->second->side == Side::client;
          out += fmt::format("  Note {} of {}: {}\n", client ? "left" : "right", client ? "C" : "S",
                             tcp::name(change->second->to));
        }
        out += notes(report.judgement.findings, segment.packet);
      },
      [&](std::size_t count) { out += left_out(count + report.segments_left_out); });
  if (connection.segments.size() <= 2 * messages_at_each_end && report.segments_left_out > 0) {
    out += left_out(report.segments_left_out);
  }
  return out;
}

std::string diagram(const CaseReport& one, const udp::Exchange& exchange) {
  std::string out = start(one, exchange.client, exchange.server);
  both_ends(
      exchange.datagrams.size(),
      [&](std::size_t i) {
        const udp::Datagram& datagram = exchange.datagrams[i];
        std::string text = fmt::format("{} {} bytes", datagram.packet, datagram.length);
        if (datagram.pairing != udp::Pairing::request && datagram.pairing != udp::Pairing::answer) {
          text += fmt::format(" ({})", udp::name(datagram.pairing));
        }
        out += message(datagram.from, datagram.duplicate, text);
        out += notes(one.findings, datagram.packet);
      },
      [&](std::size_t count) { out += left_out(count); });
  return out;
}

}  // namespace

std::optional<MermaidChoice> choose_for_mermaid(const CaseReport& one) {
  const auto bad = std::find_if(
      one.connections.begin(), one.connections.end(),
      [](const ConnectionReport& each) { return each.judgement.verdict != Verdict::passed; });
  if (bad != one.connections.end()) return MermaidChoice{&one, bad->connection.index};
  if (!one.connections.empty()) {
    return MermaidChoice{&one, one.connections.front().connection.index};
  }
  if (!one.exchanges.empty()) return MermaidChoice{&one, one.exchanges.front().index};
  return std::nullopt;
}

std::optional<MermaidChoice> choose_for_mermaid(const RunReport& run) {
  std::optional<MermaidChoice> any;
  for (const CaseReport& one : run.cases) {
    const auto choice = choose_for_mermaid(one);
    if (!choice) continue;
    if (one.status != Status::passed && !one.expected_failure) return choice;
    if (!any) any = choice;
  }
  return any;
}

std::string to_mermaid(const CaseReport& one, std::uint64_t connection) {
  for (const ConnectionReport& each : one.connections) {
    if (each.connection.index == connection) return diagram(one, each);
  }
  for (const udp::Exchange& each : one.exchanges) {
    if (each.index == connection) return diagram(one, each);
  }
  return {};
}

std::string mermaid_text(std::string_view hostile, std::size_t limit) {
  // What Mermaid's grammar, or the HTML that it makes, could take for more than text is written by
  // its number; what lies beyond ASCII stays.
  std::string out;
  for (const char c : printable(hostile, limit)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                       (c >= 'a' && c <= 'z') ||
                       std::string_view(" .,/_=+()'!?@[]-").find(c) != std::string_view::npos;
    if (plain) {
      out.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(out), "#{};", byte);
    }
  }
  return out;
}

}  // namespace wireproof::report
