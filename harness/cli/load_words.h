// Words of `wireproof load` that have parts: sizes that are drawn, rates over time, recorded times,
// lengths in front of answers. Thread rule: pure functions.
//
//   sizes      KIND:LEAST-MOST[:MEAN]          uniform:16-4096, exponential:1-65536:512
//   schedule   TIME:RATE,TIME:RATE...          0s:100,10s:2k
//   times      milliseconds, one a line; a line that begins with # is passed over
//   prefix     BYTES[,little-endian][,counts-itself]
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "scenario/workload.h"

namespace wireproof::cli {

struct Misread {
  std::string message, hint;
};

struct Sizes {
  scenario::SizeKind kind = scenario::SizeKind::uniform;
  std::size_t least = 1, most = 1, mean = 1;
};
tl::expected<Sizes, Misread> parse_sizes(std::string_view text);

tl::expected<std::vector<scenario::RatePoint>, Misread> parse_schedule(std::string_view text);
tl::expected<std::vector<std::int64_t>, Misread> parse_times(std::string_view text);

struct Prefix {
  unsigned bytes = 4;
  bool little_endian = false, counts_itself = false;
};
tl::expected<Prefix, Misread> parse_prefix(std::string_view text);

}  // namespace wireproof::cli
