#include "reports/load_words.h"

#include <fmt/format.h>

#include "reports/style.h"
#include "reports/time_text.h"

namespace wireproof::report {

std::string rate_number(double per_s) {
  if (per_s >= 100'000) return fmt::format("{:.1f}k", per_s / 1e3);
  return per_s >= 100 ? fmt::format("{:.0f}", per_s) : fmt::format("{:.3g}", per_s);
}

std::string bytes_rate(double per_s) {
  if (per_s >= 1e9) return fmt::format("{:.2f} GB/s", per_s / 1e9);
  if (per_s >= 1e6) return fmt::format("{:.1f} MB/s", per_s / 1e6);
  return fmt::format("{:.1f} kB/s", per_s / 1e3);
}

std::string quantile_name(double quantile) { return fmt::format("p{:.6g}", quantile * 100); }

bool is_stream(const load::LoadResult& load) { return load.pattern.starts_with("stream"); }

std::string rate_words(const load::LoadResult& load) {
  if (!is_stream(load)) return rate_number(load.throughput_per_s) + "/s";
  return fmt::format("{} out, {} in", bytes_rate(load.bytes_sent_per_s),
                     bytes_rate(load.bytes_received_per_s));
}

std::string interval_words(const load::LoadResult& load) {
  if (is_stream(load) || !load.throughput_interval) return {};
  return fmt::format("{} to {}", rate_number(load.throughput_interval->low),
                     rate_number(load.throughput_interval->high));
}

std::optional<std::uint64_t> percentile_ns(const load::LoadResult& load, double quantile) {
  const load::PhaseResult* latency = load.phase("latency");
  const load::Percentile* one = latency == nullptr ? nullptr : latency->percentile(quantile);
  return one == nullptr ? std::nullopt : std::optional(one->value_ns);
}

std::string load_summary(const load::LoadResult& load) {
  std::string text = rate_words(load);
  if (load.phase("latency") != nullptr) {
    for (const double quantile : {0.5, 0.99}) {
      const auto ns = percentile_ns(load, quantile);
      text += fmt::format(", {} {}", quantile_name(quantile),
                          ns ? duration_text(static_cast<double>(*ns) / 1e6) : "-");
    }
  }
  return text + ", " + counted(load.failures(), "error");
}

}  // namespace wireproof::report
