// A verdict on the measurement itself: each reason not to take a figure at its word, said in words.
// Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "load/generator.h"
#include "load/result.h"

namespace wireproof::load {

struct Circumstances {
  std::int64_t longest_stall_ns = 0;
  std::uint64_t stalls = 0;
  std::string clock_source;        // "tsc"
  bool warm_up_sought = false;     // its end was to be looked for
  double wall_s = 0;               // that the generator's threads ran
  bool answers_unchecked = false;  // nothing says where they end, or what is in them
};

std::vector<Doubt> doubts_of(const LoadResult& result, const WorkerEnd& end,
                             const Circumstances& circumstances);

// Each limit against what was measured. A percentile without enough samples is not kept.
std::vector<LimitResult> judge_limits(const std::vector<scenario::Limit>& limits,
                                      const LoadResult& result);

// So many answers it takes until all percentiles that limits name may be told.
std::uint64_t samples_needed(const std::vector<scenario::Limit>& limits);

// A metric by its name in limits; times in milliseconds, shares in percent. Absent: not to be had.
std::optional<double> metric(const LoadResult& result, std::string_view name);

}  // namespace wireproof::load
