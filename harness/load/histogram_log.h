// Histograms as HdrHistogram's own tools read them: the V2 compressed encoding, and log files of
// it (format 1.3). Thread rule: pure functions.
//
//   compressed   cookie 0x1c849314 | length | zlib(
//   V2             cookie 0x1c849313 | payload length | 0 | digits | lowest | highest | ratio |
//   payload          a ZigZag LEB128 number for each bucket: its count, or minus a run of empty
//   ones)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "load/histogram.h"

namespace wireproof::load {

std::string encode_v2(const Histogram& histogram);  // base64 of the compressed form: "HISTFAAA..."
// The error says what is wrong with it.
tl::expected<Histogram, std::string> decode_v2(std::string_view base64);

struct LogInterval {
  std::string tag;  // the phase; empty: none
  double start_s = 0, length_s = 0;
  Histogram histogram;
};
// Times of intervals are seconds after `started_ns` (Unix epoch). Interval maxima are written in
// milliseconds, as HdrHistogram's log writer does of nanoseconds.
std::string histogram_log(std::uint64_t started_ns, const std::vector<LogInterval>& intervals);
tl::expected<std::vector<LogInterval>, std::string> read_histogram_log(std::string_view text);

}  // namespace wireproof::load
