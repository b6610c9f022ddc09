#include "load/warm_up.h"

#include <cmath>
#include <span>

#include "load/statistics.h"

namespace wireproof::load {
namespace {

constexpr std::size_t fewest_windows = 20;
constexpr double tolerated_trend = 0.1;

}  // namespace

bool is_steady(const std::vector<Window>& windows, bool open_loop) {
  std::vector<double> values;
  for (const Window& window : windows) {
    const auto answered = static_cast<double>(window.counts.warm_up_answered);
    if (!open_loop) {
      values.push_back(answered);
    } else if (answered > 0) {
      values.push_back(static_cast<double>(window.counts.warm_up_latency_ns) / answered);
    }
  }
  if (values.size() < fewest_windows) return false;
  const std::size_t unlike = warm_up_length(values);
  if (2 * unlike >= values.size()) return false;
  const auto rest = std::span(values).subspan(unlike);
  return rest.size() >= fewest_windows / 2 && std::abs(drift(rest)) < tolerated_trend;
}

}  // namespace wireproof::load
