// Figures of a load in words, for the forms that people read. Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "load/result.h"

namespace wireproof::report {

std::string rate_number(double per_s);       // "999", "123.4k"
std::string bytes_rate(double per_s);        // "812.0 MB/s"
std::string quantile_name(double quantile);  // "p99.9"

// Its figure is bytes, not exchanges.
bool is_stream(const load::LoadResult& load);
// "999/s"; of a stream "812.0 MB/s out, 3.1 kB/s in".
std::string rate_words(const load::LoadResult& load);
// "998 to 1000"; empty where there is none.
std::string interval_words(const load::LoadResult& load);

// "999/s, p50 40 us, p99 2.77 ms, 0 errors": what too few samples tell is a dash.
std::string load_summary(const load::LoadResult& load);

// Of the latency; absent where too few samples lie beyond it.
std::optional<std::uint64_t> percentile_ns(const load::LoadResult& load, double quantile);

}  // namespace wireproof::report
