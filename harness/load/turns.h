// The turns of a load: what is measured between two pauses (plan.h), or as a whole where there are
// none. Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "load/generator.h"

namespace wireproof::load {

struct Turn {
  std::int64_t start_ns = 0, end_ns = 0;
  double rate_per_s = 0;     // of answers
  std::uint64_t p50_ns = 0;  // latency; 0: none
};
// Of whole windows, as far as it went.
std::vector<Turn> turns_of(const Recording& recording);

// What was answered in a pause had been asked before: it belongs to the window before the pause.
void fold_pauses(Recording& recording);

}  // namespace wireproof::load
