#include "reports/text_traffic.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "reports/text_wire.h"
#include "reports/utf8.h"
#include "tcp/ladder.h"
#include "udp/ladder.h"

namespace wireproof::report {
namespace {

constexpr std::size_t label_columns = 10, listed = 20, ladders_shown = 2, widest_ladder = 110;

// Ladders count a character as a column: what takes two, or none, becomes '?'.
std::string one_column_each(const std::string& printable) {
  std::string out;
  for (std::size_t at = 0; at < printable.size();) {
    const std::size_t length = std::max<std::size_t>(utf8_length(printable, at), 1);
    const std::string_view character = std::string_view(printable).substr(at, length);
    out += display_width(character) == 1 ? character : "?";
    at += length;
  }
  return out;
}

std::vector<Finding> safe_findings(std::vector<Finding> findings, const Style& style) {
  for (Finding& finding : findings) {
    for (std::string* text :
         {&finding.rule, &finding.source, &finding.expected, &finding.observed, &finding.where}) {
      *text = one_column_each(style.safe(*text));
    }
  }
  return findings;
}

template <class Options>
Options ladder_options(const Style& style) {
  Options options;
  options.width = static_cast<int>(std::min(style.width(), widest_ladder));
  options.unicode = style.utf8();
  options.colour = style.colour();
  return options;
}

std::string left_out(std::uint64_t count, std::string_view what, const Style& style) {
  if (count == 0) return {};
  return style.paint(Tone::dim,
                     fmt::format("  ({} left out of the report)", counted(count, what))) +
         "\n";
}

std::string ladder(const udp::Exchange& exchange, const CaseReport& one, const Style& style) {
  if (exchange.datagrams.empty()) return {};
  std::vector<Finding> findings;  // those of this exchange's packets
  for (const Finding& finding : one.findings) {
    const auto is_here = [&](std::uint64_t packet) {
      return std::any_of(exchange.datagrams.begin(), exchange.datagrams.end(),
                         [&](const udp::Datagram& each) { return each.packet == packet; });
    };
    if (std::any_of(finding.packets.begin(), finding.packets.end(), is_here)) {
      findings.push_back(finding);
    }
  }
  const auto found = one.datagrams_left_out.find(exchange.index);
  return style.in_charset(udp::ladder(exchange, safe_findings(std::move(findings), style),
                                      ladder_options<udp::LadderOptions>(style))) +
         left_out(found == one.datagrams_left_out.end() ? 0 : found->second, "datagram", style);
}

std::string packets_text(const std::vector<std::uint64_t>& packets) {
  constexpr std::size_t shown = 12;
  std::string text;
  for (std::size_t i = 0; i < std::min(packets.size(), shown); ++i) {
    text += fmt::format("{}{}", i == 0 ? "" : ", ", packets[i]);
  }
  if (packets.size() > shown) text += fmt::format(" and {} more", packets.size() - shown);
  return text;
}

}  // namespace

std::string connection_line(const ConnectionReport& one, const Style& style) {
  const tcp::Connection& connection = one.connection;
  const Verdict verdict = one.judgement.verdict;
  const Tone tone = verdict == Verdict::passed   ? Tone::good
                    : verdict == Verdict::failed ? Tone::bad
                                                 : Tone::warn;
  return style.entry(2, fmt::format("tcp {}", connection.index), label_columns,
                     {fmt::format("{} {} {}", packet::to_string(connection.ends[0].endpoint),
                                  style.arrow(), packet::to_string(connection.ends[1].endpoint)),
                      fmt::format("opening {}", tcp::name(connection.opening)),
                      fmt::format("closing {}", tcp::name(connection.closing)),
                      connection.closed_first == tcp::ClosedFirst::nobody
                          ? std::string()
                          : fmt::format("{} first", tcp::name(connection.closed_first)),
                      std::string(name(verdict))},
                     verdict == Verdict::passed ? Tone::plain : tone);
}

std::string exchange_line(const udp::Exchange& exchange, const Style& style) {
  const auto some = [](std::uint64_t count, std::string_view what) {
    return count == 0 ? std::string() : fmt::format("{} {}", count, what);
  };
  return style.entry(
      2, fmt::format("udp {}", exchange.index), label_columns,
      {fmt::format("{} {} {}", packet::to_string(exchange.client), style.arrow(),
                   packet::to_string(exchange.server)),
       counted(exchange.requests, "request"), counted(exchange.answers, "answer"),
       some(exchange.unanswered, "unanswered"), some(exchange.unpaired_answers, "unpaired"),
       some(exchange.duplicates, "duplicated"), some(exchange.reordered, "reordered"),
       exchange.icmp_errors == 0 ? std::string() : counted(exchange.icmp_errors, "ICMP error")});
}

std::string connection_ladder(const ConnectionReport& one, const Style& style,
                              const CaseReport* whole) {
  if (one.connection.segments.empty()) return {};
  auto options = ladder_options<tcp::LadderOptions>(style);
  options.summary = false;  // stands above it already
  std::vector<tcp::LadderNote> notes;
  if (whole != nullptr) notes = wire_notes(*whole, one.connection.index, style);
  for (tcp::LadderNote& note : notes) {
    for (std::string* text : {&note.segment, &note.text}) *text = one_column_each(*text);
  }
  options.notes = notes;
  return tcp::ladder(one.connection, safe_findings(one.judgement.findings, style), options) +
         left_out(one.segments_left_out, "segment", style);
}

std::string finding_text(const Finding& finding, const Style& style) {
  const Tone tone = finding.inconclusive                   ? Tone::warn
                    : finding.severity == Severity::must   ? Tone::bad
                    : finding.severity == Severity::should ? Tone::warn
                                                           : Tone::dim;
  std::string head =
      fmt::format("{} ({}, {})", finding.rule, name(finding.severity), finding.source);
  if (finding.inconclusive) head += ", not proven";
  std::string out = style.entry(2, "rule", label_columns, style.safe(head), tone);
  if (!finding.where.empty())
    out += style.entry(4, "where", label_columns - 2, style.safe(finding.where));
  if (finding.blame != Blame::none) {
    out += style.entry(4, "by", label_columns - 2, name(finding.blame));
  }
  out += style.entry(4, "wanted", label_columns - 2, style.safe(finding.expected, 1000));
  out += style.entry(4, "seen", label_columns - 2, style.safe(finding.observed, 1000));
  if (!finding.packets.empty()) {
    out += style.entry(4, finding.packets.size() == 1 ? "packet" : "packets", label_columns - 2,
                       packets_text(finding.packets));
  }
  return out;
}

std::string traffic_lines(const CaseReport& one, const Style& style) {
  std::string out;
  for (std::size_t i = 0; i < std::min(one.connections.size(), listed); ++i) {
    out += connection_line(one.connections[i], style);
  }
  const ConnectionTotals sum =
      one.connection_totals.count > 0 ? one.connection_totals : totals(one.connections);
  if (sum.count > listed) {
    std::vector<std::string> items = {counted(sum.count, "connection") + " in all"};
    for (const auto& [kind, count] : sum.opening)
      items.push_back(fmt::format("{} opening {}", count, kind));
    for (const auto& [kind, count] : sum.closing)
      items.push_back(fmt::format("{} closing {}", count, kind));
    for (const auto& [kind, count] : sum.verdict)
      items.push_back(fmt::format("{} {}", count, kind));
    out += style.entry(2, "tcp", label_columns, items);
  }
  for (std::size_t i = 0; i < std::min(one.exchanges.size(), listed); ++i) {
    out += exchange_line(one.exchanges[i], style);
  }
  const std::uint64_t exchanges = one.exchanges.size() + one.exchanges_left_out;
  if (exchanges > listed) {
    out += style.entry(2, "udp", label_columns, counted(exchanges, "exchange") + " in all");
  }
  return out;
}

std::string traffic_ladders(const CaseReport& one, const Style& style,
                            const std::optional<std::uint64_t>& wanted) {
  std::vector<const ConnectionReport*> chosen;
  for (const ConnectionReport& connection : one.connections) {
    const bool choose =
        wanted ? connection.connection.index == *wanted
               : connection.judgement.verdict != Verdict::passed && chosen.size() < ladders_shown;
    if (choose) chosen.push_back(&connection);
  }
  if (chosen.empty() && !wanted && !one.connections.empty()) chosen.push_back(&one.connections[0]);
  std::string out;
  const auto add = [&out](const std::string& drawn) {
    if (!drawn.empty()) out += (out.empty() ? "" : "\n") + drawn;
  };
  for (const ConnectionReport* connection : chosen)
    add(connection_ladder(*connection, style, &one));
  std::size_t drawn = 0;
  for (const udp::Exchange& exchange : one.exchanges) {
    if (wanted ? exchange.index == *wanted : drawn++ < ladders_shown)
      add(ladder(exchange, one, style));
  }
  return out;
}

}  // namespace wireproof::report
