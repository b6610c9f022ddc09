// The times at which requests are meant to be sent, as one thread's share of a plan: nanoseconds
// since the load's start, never decreasing, made one by one and independent of any answer.
// Thread rule: one thread. Lifetime: the plan outlives it.
#pragma once

#include <cstdint>
#include <optional>
#include <random>

#include "scenario/workload.h"

namespace wireproof::load {

class ArrivalClock {
 public:
  // Share `share` of `shares` equal ones. The same seed gives the same times.
  ArrivalClock(const scenario::Arrivals& plan, unsigned share, unsigned shares, std::uint64_t seed);

  // The next one; absent when the plan is over (or was never an open one).
  std::optional<std::int64_t> next();

 private:
  std::optional<std::int64_t> scheduled(double number) const;

  const scenario::Arrivals& plan_;
  const unsigned shares_;
  std::uint64_t number_;  // of the whole plan's arrival that comes next
  double poisson_ns_ = 0;
  std::mt19937_64 random_;
};

// All arrivals of a rate schedule before `at_s`: the area below its line.
double arrivals_before(const std::vector<scenario::RatePoint>& points, double at_s);

}  // namespace wireproof::load
