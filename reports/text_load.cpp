#include "reports/text_load.h"

#include <fmt/format.h>

#include <vector>

#include "reports/load_words.h"
#include "reports/time_text.h"

namespace wireproof::report {
namespace {

constexpr std::size_t label_columns = 10;

std::string span(double ns) { return duration_text(ns / 1e6); }

std::string what(const load::LoadResult& load, const Style& style) {
  std::vector<std::string> items = {style.safe(load.pattern),
                                    counted(load.connections, "connection")};
  if (load.depth > 1) items.push_back(fmt::format("{} in flight on each", load.depth));
  if (load.asked_rate_per_s) {
    items.push_back(fmt::format("{} {}/s asked", style.safe(load.arrivals),
                                rate_number(*load.asked_rate_per_s)));
  } else {
    items.push_back(load.open_loop ? style.safe(load.arrivals) : "closed loop");
  }
  items.push_back(fmt::format("{} {}, {}", style.safe(load.engine),
                              load.busy_poll ? "(busy poll)" : "engine",
                              counted(load.threads, "thread")));
  if (load.processes > 1) items.push_back(fmt::format("{} processes", load.processes));
  if (load.warm_up_found) items.push_back(fmt::format("warm-up found: {:.1f} s", load.warm_up_s));
  if (load.source_addresses > 1) {
    items.push_back(fmt::format("{} source addresses", load.source_addresses));
  }
  return style.entry(2, "load", label_columns, items);
}

std::string rate(const load::LoadResult& load, const Style& style) {
  std::string text;
  if (!is_stream(load)) {
    text = rate_words(load);
    if (load.throughput_interval) text += fmt::format(" (95 %: {})", interval_words(load));
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
    std::string row = fmt::format("  {:<10}", style.safe(shown_phase(phase.phase)));
    if (!narrow) row += fmt::format(" {:>8}", span(static_cast<double>(phase.least_ns)));
    for (const double quantile : shown) {
      const load::Percentile* one = phase.percentile(quantile);
      row += fmt::format(" {:>8}", one == nullptr ? "-" : span(static_cast<double>(one->value_ns)));
    }
    row += fmt::format(" {:>8}", span(static_cast<double>(phase.most_ns)));
    out += (phase.phase == "latency" ? style.paint(Tone::strong, row) : row) + "\n";
  }
  return out;
}

std::string steps(const load::LoadResult& load, const Style& style) {
  std::string out;
  for (const load::LoadStep& step : load.steps) {
    std::string when = fmt::format("{:.4g} to {:.4g} s", step.from_s, step.to_s);
    if (step.connections > 0) when += ", " + counted(step.connections, "connection");
    if (step.asked_rate_per_s)
      when += fmt::format(", {}/s wanted", rate_number(*step.asked_rate_per_s));
    std::vector<std::string> items = {when, rate_number(step.rate_per_s) + "/s"};
    if (step.p50_ns) items.push_back("p50 " + span(static_cast<double>(*step.p50_ns)));
    if (step.p99_ns) items.push_back("p99 " + span(static_cast<double>(*step.p99_ns)));
    if (step.failures > 0) items.push_back(counted(step.failures, "error"));
    out += style.entry(2, "step", label_columns, items);
  }
  return out;
}

std::string counts(const load::LoadResult& load, const Style& style) {
  std::vector<std::string> items;
  if (!is_stream(load) && load.pattern != "idle") {
    items = {fmt::format("{} sent", load.sent), fmt::format("{} answered", load.answered)};
    if (load.errors > 0) items.push_back(counted(load.errors, "error"));
    if (load.timeouts > 0) items.push_back(counted(load.timeouts, "timeout"));
    if (load.in_flight > 0) items.push_back(fmt::format("{} in flight at the end", load.in_flight));
    if (load.not_sent > 0) items.push_back(fmt::format("{} due but not sent", load.not_sent));
  }
  std::string made = counted(load.connections_made, "connection") + " made";
  if (load.pattern.starts_with("connect")) made += ", closed by " + style.safe(load.close);
  if (load.pattern == "idle") made += fmt::format(", {} at once", load.most_connected);
  items.push_back(made);
  if (load.idle_errors > 0)
    items.push_back(counted(load.idle_errors, "error") + " between requests");
  if (load.connect_errors > 0) items.push_back(counted(load.connect_errors, "connect") + " failed");
  std::string out = style.entry(2, "count", label_columns, items);
  for (const load::ErrorKind& kind : load.error_kinds) {
    std::string text = fmt::format("{} {}, the first at {:.1f} s", kind.count,
                                   style.safe(kind.kind), kind.first_s);
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
  std::string text =
      fmt::format("{} made, {} and {} proven in {}", proof.connections_made,
                  counted(proof.handshakes_proven, "handshake"),
                  counted(proof.closes_proven, "close"), counted(proof.packets, "packet"));
  if (proof.dropped > 0) text += fmt::format(", {} dropped", proof.dropped);
  std::string out =
      style.entry(2, "proof", label_columns, text, proof.balanced ? Tone::good : Tone::warn);
  std::vector<std::string> kinds;
  for (const auto& [kind, count] : proof.closings)
    kinds.push_back(fmt::format("{} {}", count, style.safe(kind)));
  for (const auto& [who, count] : proof.closed_first) {
    kinds.push_back(fmt::format("{} closed first: {}", style.safe(who), count));
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
      {fmt::format("{} sent ({}/s)", all.sent, rate_number(all.sent_per_s)),
       fmt::format("{} received ({}/s)", all.received, rate_number(all.received_per_s)),
       fmt::format("{} lost", all.lost), fmt::format("{} twice", all.duplicated),
       fmt::format("{} reordered", all.reordered), fmt::format("jitter {:.3g} us", all.jitter_us)});
}

}  // namespace

std::string load_lines(const load::LoadResult& load, const Style& style) {
  return what(load, style) + rate(load, style) + latencies(load, style) + steps(load, style) +
         counts(load, style) + datagrams(load, style) + machine(load, style) + proof(load, style) +
         trust(load, style);
}

}  // namespace wireproof::report
