// The highest rate, or the most connections, that a server sustains, by trials: doubled until one
// fails, halved in between until the gap is narrow, then tried again near the limit, since one
// trial may be luck. Thread rule: one thread. Lifetime: of its own; knows nothing of how a trial is
// made.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace wireproof::load {

class RateSearch {
 public:
  struct Trial {
    double rate = 0;
    bool held = false;
  };
  // `start`: the first rate that is tried. The gap that is left is `precision` of the rate, or 1
  // where only whole numbers are meant.
  explicit RateSearch(double start, double precision = 0.05, bool whole = false);

  std::optional<double> next() const;  // absent: it is over
  void tell(bool held);                // of next()'s rate

  // Rates up to `low` held (each confirmed by most of three trials); `high` did not. Absent: not
  // even the least rate held.
  struct Found {
    double low = 0, high = 0;
  };
  std::optional<Found> found() const;
  const std::vector<Trial>& trials() const { return trials_; }

 private:
  enum class Phase : std::uint8_t { widen, narrow, confirm, over };
  void go_on();

  static constexpr double least_rate = 1, highest_rate = 1e8;
  double middle() const;
  const double precision_;
  const bool whole_;
  double low_ = 0, high_ = 0, rate_;
  unsigned confirmed_ = 0, refuted_ = 0;
  Phase phase_ = Phase::widen;
  std::vector<Trial> trials_;
};

}  // namespace wireproof::load
