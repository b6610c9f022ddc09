// Limits of a load run in words: "p99 < 2ms and errors = 0". Thread rule: pure functions.
//
//   limit   metric relation value [unit], joined by "and"
//   metric  p50 ... p99.999, mean, max, each also as connect_p99, service_p99, close_p99 ...;
//           rate, errors, timeouts, error_share, cpu, server_cpu, retransmissions, proven, loss,
//           jitter
//   unit    ns us ms s of times, never left out; k M of counts and rates, % of shares
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "scenario/workload.h"

namespace wireproof::scenario {

struct LimitError {
  std::size_t at = 0;  // byte of the text
  std::string message, hint;
};
tl::expected<std::vector<Limit>, LimitError> parse_limits(std::string_view text);
std::string_view sign(Limit::Is);
bool holds(const Limit& limit, double measured);
bool is_time(std::string_view metric);  // measured in milliseconds

// "20k", "1.5M", "250": a number that may have a suffix of thousands.
tl::expected<double, std::string> parse_count(std::string_view text);
// "500us", "2ms", "1.5s", "10m"; without a unit, seconds.
tl::expected<nanoseconds, std::string> parse_span(std::string_view text);

}  // namespace wireproof::scenario
