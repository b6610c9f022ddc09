// The command line of `wireproof load` as a case that can be run. Thread rule: one thread.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "scenario/model.h"

namespace wireproof::cli {

// As given; checked by load_case_of().
struct LoadRequest {
  std::string url, server;
  std::string pattern = "request-response", direction = "to-server", arrivals, rate, duration,
              warm_up, requests, think, timeout = "5s", ramp;
  unsigned connections = 1, depth = 1, burst = 1, sources = 0, ramp_steps = 0;
  std::optional<std::string> message;
  std::string message_file, answer, delimiter, regex, close = "client";
  std::optional<std::size_t> size;
  std::string sizes, schedule, times_file, answer_prefix;
  std::optional<std::size_t> write_bytes;
  std::size_t answer_length = 0;
  bool echo = false, until_end = false, discard = false, sink = false;
  std::string engine = "auto", pin;
  unsigned threads = 0, repeat = 1;
  bool busy_poll = false, no_reference = false, strict = false;
  bool no_timestamps = false;
  std::string capture = "auto";
  std::vector<std::string> limits;
  std::string find_max, by = "rate", sweep, soak;
  std::uint64_t seed = 1;
};

void add_load_options(CLI::App& command, LoadRequest& request);

// Throws UsageError: what is malformed, out of range or contradicts itself.
scenario::Case load_case_of(const LoadRequest& request);

}  // namespace wireproof::cli
