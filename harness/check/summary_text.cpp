#include "check/summary_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace wireproof::check {
namespace {

using report::CheckSummary;
using report::Style;
using report::Tone;

constexpr std::size_t label_columns = 12;
constexpr std::size_t rules_shown = 15;

template <class Enum, std::size_t N>
std::map<std::string, std::uint64_t> by_name(const std::array<std::uint64_t, N>& counts) {
  std::map<std::string, std::uint64_t> all;
  for (std::size_t i = 0; i < N; ++i) {
    if (counts[i] > 0) all[std::string(name(static_cast<Enum>(i)))] = counts[i];
  }
  return all;
}

std::string digits(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string counts_line(std::string_view label, const std::map<std::string, std::uint64_t>& counts,
                        const Style& style) {
  std::vector<std::pair<std::string, std::uint64_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> items;
  for (const auto& [kind, count] : sorted) items.push_back(kind + " " + digits(count));
  return items.empty() ? std::string() : style.entry(2, label, label_columns, items);
}

Tone tone_of(Severity severity) {
  return severity == Severity::must     ? Tone::bad
         : severity == Severity::should ? Tone::warn
                                        : Tone::dim;
}

std::string note(const std::string& text, const Style& style) {
  return style.entry(2, "note", label_columns, text, Tone::dim);
}

std::string rules_text(const CheckSummary& summary, const Style& style) {
  std::string out;
  for (std::size_t i = 0; i < std::min(summary.rules.size(), rules_shown); ++i) {
    const CheckSummary::RuleLine& one = summary.rules[i];
    std::vector<std::string> items = {
        one.rule, report::counted(one.connections, "connection"),
        one.inconclusive == 0 ? std::string()
                              : fmt::format("{} of {} not proven", digits(one.inconclusive),
                                            report::counted(one.findings, "finding")),
        fmt::format("first in {}", fmt::join(one.examples, ", "))};
    out += style.entry(2, name(one.severity), label_columns, items, tone_of(one.severity));
  }
  if (summary.rules.size() > rules_shown) {
    out += note(fmt::format("{} more rules did not hold: --json has them",
                            summary.rules.size() - rules_shown),
                style);
  }
  return out;
}

std::string slowest_text(const CheckSummary& summary, const Style& style) {
  std::string out;
  for (const CheckSummary::SlowLine& one : summary.slowest_handshakes) {
    out += style.entry(
        2, out.empty() ? "slowest" : "", label_columns,
        {fmt::format("handshake {:.3f} ms", static_cast<double>(one.handshake_ns) / 1e6),
         fmt::format("connection {}", one.index),
         fmt::format("{} {} {}", one.client, style.arrow(), one.server)});
  }
  return out;
}

std::string notes_text(const CheckSummary& summary, const Style& style) {
  std::string out;
  if (summary.checksums_partial > 0) {
    out += note(fmt::format("checksums of {} packets were left to the sender's hardware (offload): "
                            "they are not judged",
                            digits(summary.checksums_partial)),
                style);
  }
  if (summary.checksums_bad > 0) {
    out += note(fmt::format("{} of {} checksums are wrong", digits(summary.checksums_bad),
                            digits(summary.checksums_bad + summary.checksums_good)),
                style);
  }
  if (summary.cut > 0) {
    out += note(
        fmt::format("{} packets are cut within their headers (snap length)", digits(summary.cut)),
        style);
  }
  if (summary.late_segments > 0) {
    out += note(fmt::format("{} segments came long after their connection had closed",
                            digits(summary.late_segments)),
                style);
  }
  if (summary.filtered_out > 0) {
    out += note(fmt::format("{} packets did not pass the filter", digits(summary.filtered_out)),
                style);
  }
  if (summary.reassembled + summary.decapsulated > 0) {
    out += note(fmt::format("{} packets were put together from fragments, {} taken out of tunnels",
                            digits(summary.reassembled), digits(summary.decapsulated)),
                style);
  }
  return out;
}

}  // namespace

CheckSummary report_of(const Totals& totals) {
  CheckSummary out;
  const PacketCounts& packets = totals.packets;
  out.packets = packets.packets;
  out.bytes = packets.bytes;
  out.tcp_packets = packets.tcp;
  out.udp_packets = packets.udp;
  out.other_packets = packets.other;
  out.fragments = packets.fragments;
  out.reassembled = packets.reassembled;
  out.decapsulated = packets.decapsulated;
  out.filtered_out = packets.filtered_out;
  out.cut = totals.cut;
  out.late_segments = totals.remnants;
  out.checksums_good = totals.checksums.good;
  out.checksums_bad = totals.checksums.bad;
  out.checksums_partial = totals.checksums.partial;
  const Summary& summary = totals.summary;
  out.connections = summary.connections;
  out.opening = by_name<tcp::Opening>(summary.opening);
  out.closing = by_name<tcp::Closing>(summary.closing);
  out.verdict = by_name<Verdict>(summary.verdict);
  for (const auto& [rule, count] : by_frequency(summary)) {
    out.rules.push_back({rule, count.source, count.severity, count.connections, count.findings,
                         count.inconclusive, count.examples});
  }
  for (const SlowHandshake& one : summary.slowest) {
    out.slowest_handshakes.push_back({one.index, one.handshake_ns, packet::to_string(one.client),
                                      packet::to_string(one.server)});
  }
  return out;
}

std::string summary_text(const CheckSummary& summary, bool listed, const Style& style) {
  std::string out;
  if (!listed) {
    out += counts_line("opening", summary.opening, style);
    out += counts_line("closing", summary.closing, style);
    out += counts_line("verdict", summary.verdict, style);
    out += rules_text(summary, style);
  }
  if (summary.connections > 1) out += slowest_text(summary, style);
  return out + notes_text(summary, style);
}

std::string file_text(const report::CheckedFile& file, const Style& style) {
  std::vector<std::string> items = {
      file.compression.empty() ? file.format : file.format + ", " + file.compression, file.link,
      report::counted(file.packets, "packet")};
  std::string out = style.paint(Tone::strong, style.safe(file.file)) + "\n" +
                    style.entry(2, "capture", label_columns, items);
  if (file.dropped > 0) {
    out +=
        style.entry(2, "lost", label_columns,
                    fmt::format("{} packets, as the capture says: what is missing proves nothing",
                                digits(file.dropped)),
                    Tone::warn);
  }
  if (file.not_judged > 0) {
    out += style.entry(
        2, "not judged", label_columns,
        fmt::format("{} packets of link types that are not decoded", digits(file.not_judged)),
        Tone::warn);
  }
  return out;
}

}  // namespace wireproof::check
