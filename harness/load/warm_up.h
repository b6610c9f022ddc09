// When a load has warmed up: the end of its warm-up is looked for in what its windows show, where
// nobody said how long it takes. Thread rule: pure functions.
#pragma once

#include <vector>

#include "load/recorder.h"

namespace wireproof::load {

// Whether the windows so far hold a beginning that differs (MSER-5, statistics.h) only in their
// first half, and show no trend since: by their rates or, in an open loop, whose rate is given, by
// their mean latencies. False where they are too few to tell.
bool is_steady(const std::vector<Window>& windows, bool open_loop);

}  // namespace wireproof::load
