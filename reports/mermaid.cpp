#include "reports/mermaid.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <vector>

#include "base/text.h"
#include "reports/style.h"
#include "reports/text_wire.h"
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

std::string message(Side from, std::string_view arrow, const std::string& text) {
  return fmt::format("  {}{}{}: {}\n", from == Side::client ? "C" : "S", arrow,
                     from == Side::client ? "S" : "C", text);
}

std::string_view arrow(bool again, bool lost) {
  if (lost) return again ? "--x" : "-x";
  return again ? "-->>" : "->>";
}

// What the emulated link did: under its packet, or, where that never came to this capture, at its
// time, with an arrow of its own where it was lost.
class WireNotes {
 public:
  template <class Packets>
  WireNotes(const CaseReport& one, std::uint64_t connection, const Packets& packets)
      : notes_(wire_notes(one, connection, Style(TextOptions{}))) {
    for (const auto& each : packets) here_.insert(each.packet);
  }
  bool lost(std::uint64_t packet) const {
    return std::any_of(notes_.begin(), notes_.end(), [&](const tcp::LadderNote& note) {
      return note.lost && is_of(note, packet);
    });
  }
  std::string before(std::int64_t time_ns) {
    std::string out;
    for (; next_ < notes_.size() && notes_[next_].time_ns < time_ns; ++next_) {
      const tcp::LadderNote& note = notes_[next_];
      if (here_.contains(note.packet)) continue;
      const std::string segment = mermaid_text(note.segment);
      if (note.lost) out += message(note.from, arrow(false, true), segment);
      out += told(note, note.lost || segment.empty() ? "" : "<br/>" + segment);
    }
    return out;
  }
  std::string rest() { return before(std::numeric_limits<std::int64_t>::max()); }
  std::string under(std::uint64_t packet) const {
    std::string out;
    for (const tcp::LadderNote& note : notes_) {
      if (is_of(note, packet)) out += told(note, "");
    }
    return out;
  }

 private:
  static bool is_of(const tcp::LadderNote& note, std::uint64_t packet) {
    return note.packet != 0 && note.packet == packet;
  }
  static std::string told(const tcp::LadderNote& note, const std::string& more) {
    return fmt::format("  Note over C,S: {}{}\n", mermaid_text(note.text), more);
  }
  std::vector<tcp::LadderNote> notes_;
  std::set<std::uint64_t> here_;
  std::size_t next_ = 0;
};

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
  return fmt::format("  Note over C,S: {} left out\n", counted(count, "packet"));
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
  WireNotes wire(one, connection.index, connection.segments);
  both_ends(
      connection.segments.size(),
      [&](std::size_t i) {
        const tcp::Segment& segment = connection.segments[i];
        const bool again = (segment.marks & tcp::mark::retransmission) != 0;
        out += wire.before(segment.time_ns);
        out +=
            message(segment.from, arrow(again, wire.lost(segment.packet)), segment_text(segment));
        out += wire.under(segment.packet);
        const auto [first, last] = changes.equal_range(segment.packet);
        for (auto change = first; change != last; ++change) {
          const bool client = change->second->side == Side::client;
          out += fmt::format("  Note {} of {}: {}\n", client ? "left" : "right", client ? "C" : "S",
                             tcp::name(change->second->to));
        }
        out += notes(report.judgement.findings, segment.packet);
      },
      [&](std::size_t count) { out += left_out(count + report.segments_left_out); });
  out += wire.rest();
  if (connection.segments.size() <= 2 * messages_at_each_end && report.segments_left_out > 0) {
    out += left_out(report.segments_left_out);
  }
  return out;
}

std::string diagram(const CaseReport& one, const udp::Exchange& exchange) {
  std::string out = start(one, exchange.client, exchange.server);
  WireNotes wire(one, exchange.index, exchange.datagrams);
  both_ends(
      exchange.datagrams.size(),
      [&](std::size_t i) {
        const udp::Datagram& datagram = exchange.datagrams[i];
        out += wire.before(datagram.time_ns);
        std::string text = fmt::format("{} {}", datagram.packet, counted(datagram.length, "byte"));
        if (datagram.pairing != udp::Pairing::request && datagram.pairing != udp::Pairing::answer) {
          text += fmt::format(" ({})", udp::name(datagram.pairing));
        }
        out += message(datagram.from, arrow(datagram.duplicate, wire.lost(datagram.packet)), text);
        out += wire.under(datagram.packet);
        out += notes(one.findings, datagram.packet);
      },
      [&](std::size_t count) { out += left_out(count); });
  return out + wire.rest();
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
