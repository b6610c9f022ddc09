// What a person sees while cases run: on a terminal one live line, redrawn in place and never wider
// than the window, with what did not pass printed above it as it happens; else plain lines for what
// did not pass, without control characters. Thread rule: one thread. Lifetime: the live line is
// gone when this ends, whatever ended it.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "cli/console.h"
#include "reports/model.h"

namespace wireproof::cli {

class ProgressLine {
 public:
  struct Options {
    bool live = false;
    bool colour = false;
    bool quiet = false;    // nothing at all
    bool verbose = false;  // a line for every case
  };
  ProgressLine(Console& console, Options options, std::size_t total);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;

  void started(const std::string& id);
  void finished(const report::CaseReport& one, std::size_t done, std::size_t total);
  void clear();

 private:
  void draw(bool now);
  report::TextOptions text_options() const;

  Console& console_;
  Options options_;
  std::size_t done_ = 0, total_ = 0, failed_ = 0;
  std::string latest_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point start_, next_draw_;
};

}  // namespace wireproof::cli
