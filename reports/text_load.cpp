#include "reports/text_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "reports/time_text.h"

namespace wireproof::report {
namespace {

constexpr std::size_t label_columns = 10;

std::string span(double ns) { return duration_text(ns / 1e6); }

std::string counted_rate(double per_s) {
  if (per_s >= 100'000) return fmt::format("{:.1f}k", per_s / 1e3);
  return per_s >= 100 ? fmt::format("{:.0f}", per_s) : fmt::format("{:.3g}", per_s);
}

std::string bytes_rate(double per_s) {
  if (per_s >= 1e9) return fmt::format("{:.2f} GB/s", per_s / 1e9);
  if (per_s >= 1e6) return fmt::format("{:.1f} MB/s", per_s / 1e6);
  return fmt::format("{:.1f} kB/s", per_s / 1e3);
}

std::string quantile_name(double quantile) { return fmt::format("p{:.6g}", quantile * 100); }

std::string what(const load::LoadResult& load, const Style& style) {
  std::vector<std::string> items = {load.pattern, counted(load.connections, "connection")};
  if (load.depth > 1) items.push_back(fmt::format("{} in flight on each", load.depth));
  if (load.asked_rate_per_s) {
    items.push_back(
        fmt::format("{} {}/s asked", load.arrivals, counted_rate(*load.asked_rate_per_s)));
  } else {
    items.push_back(load.open_loop ? load.arrivals : "closed loop");
  }
  items.push_back(fmt::format("{} {}, {}", load.engine, load.busy_poll ? "(busy poll)" : "engine",
                              counted(load.threads, "thread")));
  if (load.processes > 1) items.push_back(fmt::format("{} processes", load.processes));
  if (load.warm_up_found) items.push_back(fmt::format("warm-up found: {:.1f} s", load.warm_up_s));
  if (load.source_addresses > 1) {
    items.push_back(fmt::format("{} source addresses", load.source_addresses));
  }
  return style.entry(2, "load", label_columns, items);
}

std::string rate(const load::LoadResult& load, const Style& style) {
  const bool stream = load.pattern.starts_with("stream");
  std::string text;
  if (!stream) {
    text = fmt::format("{}/s", counted_rate(load.throughput_per_s));
    if (load.throughput_interval) {
      text += fmt::format(" (95 %: {} to {})", counted_rate(load.throughput_interval->low),
                          counted_rate(load.throughput_interval->high));
    }
    if (load.reference && load.reference->rate_ratio) {
      text += fmt::format(", {:.2f} of the bare loop", *load.reference->rate_ratio);
      if (const auto& interval = load.reference->rate_ratio_interval) {
        text += fmt::format(" ({:.2f} to {:.2f})", interval->low, interval->high);
      }
    }
    text += "; ";
  }
  text += fmt::format("{} out, {} in", bytes_rate(load.bytes_sent_per_s),
                      bytes_rate(load.bytes_received_per_s));
  return style.entry(2, "rate", label_columns, text, Tone::strong);
}

std::string_view shown_phase(std::string_view phase) {
  if (phase == "first_byte") return "first byte";
  return phase == "wake_up" ? "wake-up" : phase;
}

// One row a phase, one column a figure: percentiles that had too few samples are a dash.
std::string latencies(const load::LoadResult& load, const Style& style) {
  constexpr std::size_t whole_table = 75;
  const bool narrow = style.width() < whole_table;
  const std::vector<double> shown =
      narrow ? std::vector{0.5, 0.99} : std::vector{0.5, 0.9, 0.99, 0.999, 0.9999};
  std::string out;
  for (const load::PhaseResult& phase : load.phases) {
    if (!load.open_loop && phase.phase == "service") continue;  // the same as the latency
    if (out.empty()) {
      std::string head = fmt::format("  {:<10}", "");
      if (!narrow) head += fmt::format(" {:>8}", "least");
      for (const double quantile : shown) head += fmt::format(" {:>8}", quantile_name(quantile));
      out += style.paint(Tone::dim, head + fmt::format(" {:>8}", "max")) + "\n";
    }
    std::string row = fmt::format("  {:<10}", shown_phase(phase.phase));
    if (!narrow) row += fmt::format(" {:>8}", span(static_cast<double>(phase.least_ns)));
    for (const double quantile : shown) {
      const auto found =
          std::find_if(phase.percentiles.begin(), phase.percentiles.end(),
                       [&](const load::Percentile& one) { return one.quantile == quantile; });
      row += fmt::format(" {:>8}", found == phase.percentiles.end()
                                       ? "-"
                                       : span(static_cast<double>(found->value_ns)));
    }
    row += fmt::format(" {:>8}", span(static_cast<double>(phase.most_ns)));
    out += (phase.phase == "latency" ? style.paint(Tone::strong, row) : row) + "\n";
  }
  return out;
}

std::string counts(const load::LoadResult& load, const Style& style) {
  std::vector<std::string> items;
  if (!load.pattern.starts_with("stream") && load.pattern != "idle") {
    items = {fmt::format("{} sent", load.sent), fmt::format("{} answered", load.answered)};
    if (load.errors > 0) items.push_back(fmt::format("{} errors", load.errors));
    if (load.timeouts > 0) items.push_back(fmt::format("{} timeouts", load.timeouts));
    if (load.in_flight > 0) items.push_back(fmt::format("{} in flight at the end", load.in_flight));
    if (load.not_sent > 0) items.push_back(fmt::format("{} due but not sent", load.not_sent));
  }
  std::string made = counted(load.connections_made, "connection") + " made";
  if (load.pattern.starts_with("connect")) made += ", closed by " + load.close;
  if (load.pattern == "idle") made += fmt::format(", {} at once", load.most_connected);
  items.push_back(made);
  if (load.idle_errors > 0)
    items.push_back(fmt::format("{} errors between requests", load.idle_errors));
  if (load.connect_errors > 0)
    items.push_back(fmt::format("{} connects failed", load.connect_errors));
  std::string out = style.entry(2, "count", label_columns, items);
  for (const load::ErrorKind& kind : load.error_kinds) {
    std::string text =
        fmt::format("{} {}, the first at {:.1f} s", kind.count, kind.kind, kind.first_s);
    if (!kind.examples.empty()) text += ": " + style.safe(kind.examples.front());
    out += style.entry(2, "error", label_columns, text, Tone::bad);
  }
  return out;
}

std::string machine(const load::LoadResult& load, const Style& style) {
  std::vector<std::string> items = {
      fmt::format("generator {:.3g} us a request", load.cpu.generator_us_per_request)};
  if (load.cpu.server_ms > 0) {
    items.push_back(fmt::format("server {:.3g} us", load.cpu.server_us_per_request));
  }
  if (load.cpu.other_percent >= 5) {
    items.push_back(fmt::format("others {:.0f} % of the machine", load.cpu.other_percent));
  }
  if (load.cpu.steal_percent >= 1)
    items.push_back(fmt::format("stolen {:.0f} %", load.cpu.steal_percent));
  std::string out = style.entry(2, "cpu", label_columns, items);
  std::vector<std::string> moved;
  for (const auto& [name, count] : load.kernel_counters) {
    if (count > 0) moved.push_back(fmt::format("{} {}", style.safe(name), count));
  }
  if (!moved.empty()) out += style.entry(2, "kernel", label_columns, moved);
  return out;
}

std::string proof(const load::LoadResult& load, const Style& style) {
  if (!load.proof) return {};
  const load::ProofResult& proof = *load.proof;
  std::string text = fmt::format("{} made, {} handshakes and {} closes proven in {} packets",
                                 proof.connections_made, proof.handshakes_proven,
                                 proof.closes_proven, proof.packets);
  if (proof.dropped > 0) text += fmt::format(", {} dropped", proof.dropped);
  std::string out =
      style.entry(2, "proof", label_columns, text, proof.balanced ? Tone::good : Tone::warn);
  std::vector<std::string> kinds;
  for (const auto& [kind, count] : proof.closings)
    kinds.push_back(fmt::format("{} {}", count, kind));
  for (const auto& [who, count] : proof.closed_first) {
    kinds.push_back(fmt::format("{} closed first: {}", who, count));
  }
  if (!kinds.empty()) out += style.entry(2, "", label_columns, kinds);
  if (proof.capture == "handshakes") {
    out += style.entry(2, "", label_columns, style.safe("from " + proof.basis, 1000));
  }
  if (!proof.difference.empty()) {
    out += style.entry(2, "", label_columns, style.safe(proof.difference, 1000), Tone::warn);
  }
  return out;
}

std::string trust(const load::LoadResult& load, const Style& style) {
  std::string out;
  for (const load::Doubt& doubt : load.doubts) {
    out +=
        style.entry(2, "doubt", label_columns, style.safe(doubt.about + ": " + doubt.words, 1000),
                    doubt.decisive ? Tone::bad : Tone::warn);
  }
  for (const load::LimitResult& limit : load.limits) {
    out += style.entry(2, "limit", label_columns,
                       fmt::format("{}: {}, {}", style.safe(limit.limit), style.safe(limit.words),
                                   limit.held ? "kept" : "not kept"),
                       limit.held ? Tone::good : Tone::bad);
  }
  if (load.interrupted) {
    out += style.entry(2, "note", label_columns, "interrupted: these are the figures up to then",
                       Tone::warn);
  }
  return out;
}

std::string datagrams(const load::LoadResult& load, const Style& style) {
  if (!load.datagrams) return {};
  const load::DatagramResult& all = *load.datagrams;
  return style.entry(
      2, "datagrams", label_columns,
      {fmt::format("{} sent ({}/s)", all.sent, counted_rate(all.sent_per_s)),
       fmt::format("{} received ({}/s)", all.received, counted_rate(all.received_per_s)),
       fmt::format("{} lost", all.lost), fmt::format("{} twice", all.duplicated),
       fmt::format("{} reordered", all.reordered), fmt::format("jitter {:.3g} us", all.jitter_us)});
}

}  // namespace

std::string load_lines(const load::LoadResult& load, const Style& style) {
  return what(load, style) + rate(load, style) + latencies(load, style) + counts(load, style) +
         datagrams(load, style) + machine(load, style) + proof(load, style) + trust(load, style);
}

}  // namespace wireproof::report
