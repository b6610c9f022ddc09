// What a person sees while cases run. On a terminal: a line for each running case, the longest
// running first, and a bar with counts and the time left, redrawn in place and never wider than the
// window; what did not pass is printed above as it happens. Elsewhere plain lines without control
// characters: what did not pass, and now and then how far the run is. Thread rule: one thread.
// Lifetime: what it drew is gone when this ends, whatever ended it.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "cli/console.h"
#include "reports/model.h"

namespace wireproof::cli {

class ProgressScreen {
 public:
  struct Options {
    bool live = false;
    bool colour = false;
    bool quiet = false;    // nothing at all
    bool verbose = false;  // a line for every case
  };
  // `total` 0: nobody knows.
  ProgressScreen(Console& console, Options options, std::size_t total);
  ~ProgressScreen();
  ProgressScreen(const ProgressScreen&) = delete;

  void started(const std::string& id);
  void ended(const std::string& id);  // an attempt; `finished` says it too
  void finished(const report::CaseReport& one, std::size_t done, std::size_t total);
  void tick();  // time has passed
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  struct Running {
    std::string id;
    Clock::time_point since;
  };

  void draw();
  std::string erased();  // what takes the lines off the screen
  std::vector<std::string> running_lines(std::size_t columns) const;
  std::string bar_line(std::size_t columns) const;
  std::string how_far() const;  // "12/190  1 not passed"
  std::string time_text() const;
  report::TextOptions text_options() const;

  Console& console_;
  Options options_;
  std::size_t done_ = 0, total_ = 0, not_passed_ = 0;
  std::vector<Running> running_;    // the longest running first
  std::vector<std::size_t> drawn_;  // widths of the lines on the screen
  Clock::time_point start_, next_draw_, next_word_;
};

}  // namespace wireproof::cli
