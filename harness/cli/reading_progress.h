// One live line on the terminal while a capture is read or watched, redrawn in place; nothing where
// there is no terminal. Thread rule: one thread at a time. Lifetime: the line is gone with it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "check/check.h"
#include "cli/console.h"

namespace wireproof::cli {

class ReadingProgress {
 public:
  explicit ReadingProgress(Console& console);
  ~ReadingProgress() { clear(); }
  ReadingProgress(const ReadingProgress&) = delete;

  // `size` 0: not known. Nothing is drawn in the first half second.
  void read(std::uint64_t position, std::uint64_t size, std::uint64_t packets);
  void watched(const check::Screen::Watched& so_far);
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  bool due();
  void draw(const std::string& line);

  Console& console_;
  const bool live_;
  bool drawn_ = false;
  std::uint64_t told_dropped_ = 0;
  Clock::time_point start_ = Clock::now(), next_ = start_ + std::chrono::milliseconds(500);
};

}  // namespace wireproof::cli
