#include "load/arrival.h"

#include <algorithm>
#include <cmath>

namespace wireproof::load {

using scenario::ArrivalKind;
using scenario::RatePoint;

ArrivalClock::ArrivalClock(const scenario::Arrivals& plan, unsigned share, unsigned shares,
                           std::uint64_t seed)
    : plan_(plan), shares_(shares), number_(share), random_(seed * 0x9e3779b97f4a7c15 + share) {}

std::optional<std::int64_t> ArrivalClock::next() {
  const std::uint64_t number = number_;
  number_ += shares_;
  switch (plan_.kind) {
    case ArrivalKind::closed:
      return std::nullopt;
    case ArrivalKind::constant: {
      const std::uint64_t burst = plan_.burst;
      const auto first_of_burst = static_cast<double>(number / burst * burst);
      return static_cast<std::int64_t>(first_of_burst / plan_.rate * 1e9);
    }
    case ArrivalKind::poisson: {
      // Shares of a Poisson process are Poisson processes, each of its own. 53 random bits make a
      // number in (0, 1].
      const double uniform = static_cast<double>((random_() >> 11) + 1) * 0x1p-53;
      poisson_ns_ -= std::log(uniform) * 1e9 * shares_ / plan_.rate;
      return static_cast<std::int64_t>(poisson_ns_);
    }
    case ArrivalKind::schedule:
      return scheduled(static_cast<double>(number));
    case ArrivalKind::recorded:
      if (number >= plan_.times_ns.size()) return std::nullopt;
      return plan_.times_ns[number];
  }
  return std::nullopt;
}

// The time at which the area below the rate's line reaches `number`.
std::optional<std::int64_t> ArrivalClock::scheduled(double number) const {
  double before = 0;
  for (std::size_t i = 0; i + 1 < plan_.points.size(); ++i) {
    const RatePoint &from = plan_.points[i], &to = plan_.points[i + 1];
    const double span = to.at_s - from.at_s;
    const double area = (from.rate + to.rate) / 2 * span;
    if (number < before + area) {
      const double wanted = number - before, slope = (to.rate - from.rate) / span;
      // wanted = rate * t + slope / 2 * t^2, in the form that does not cancel for small slopes
      const double root = std::sqrt(std::max(0.0, from.rate * from.rate + 2 * slope * wanted));
      const double t = wanted == 0 ? 0 : 2 * wanted / (from.rate + root);
      return static_cast<std::int64_t>((from.at_s + t) * 1e9);
    }
    before += area;
  }
  return std::nullopt;
}

double arrivals_before(const std::vector<RatePoint>& points, double at_s) {
  double sum = 0;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const RatePoint &from = points[i], &to = points[i + 1];
    const double end = std::min(at_s, to.at_s);
    if (to.at_s <= from.at_s) continue;  // a jump
    if (end <= from.at_s) break;
    const double span = end - from.at_s;
    const double rate_at_end = from.rate + (to.rate - from.rate) * span / (to.at_s - from.at_s);
    sum += (from.rate + rate_at_end) / 2 * span;
  }
  return sum;
}

}  // namespace wireproof::load
