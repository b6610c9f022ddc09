#include "load/search.h"

#include <algorithm>
#include <cmath>

namespace wireproof::load {

RateSearch::RateSearch(double start, double precision, bool whole)
    : precision_(precision), whole_(whole), rate_(std::clamp(start, least_rate, highest_rate)) {}

std::optional<double> RateSearch::next() const {
  return phase_ == Phase::over ? std::nullopt : std::optional(rate_);
}

void RateSearch::tell(bool held) {
  trials_.push_back({rate_, held});
  if (phase_ == Phase::confirm) {
    ++(held ? confirmed_ : refuted_);
  } else if (held) {
    low_ = rate_;
  } else {
    high_ = rate_;
  }
  go_on();
}

void RateSearch::go_on() {
  if (phase_ == Phase::widen) {
    if (low_ > 0 && high_ > 0) {
      phase_ = Phase::narrow;
    } else if (low_ > 0) {
      if (low_ >= highest_rate) phase_ = Phase::over;
      rate_ = std::min(2 * low_, highest_rate);
      return;
    } else {
      if (high_ <= least_rate) phase_ = Phase::over;
      rate_ = std::max(whole_ ? std::floor(high_ / 4) : high_ / 4, least_rate);
      return;
    }
  }
  if (phase_ == Phase::narrow) {
    if (high_ - low_ > std::max(precision_ * high_, whole_ ? 1.0 : 0.0)) {
      rate_ = middle();
      return;
    }
    phase_ = Phase::confirm;
    confirmed_ = 1;  // the trial that made it the lower end
    refuted_ = 0;
    rate_ = low_;
    return;
  }
  if (confirmed_ >= 2) {
    phase_ = Phase::over;
  } else if (refuted_ >= 2) {
    // It had been luck: the limit is lower.
    high_ = low_;
    low_ *= 1 - 2 * precision_;
    if (whole_) low_ = std::min(std::floor(low_), high_ - 1);
    rate_ = low_;
    confirmed_ = refuted_ = 0;
    if (low_ < least_rate) {
      low_ = 0;
      phase_ = Phase::over;
    }
  }
}

double RateSearch::middle() const {
  const double between = (low_ + high_) / 2;
  return whole_ ? std::floor(between) : between;
}

std::optional<RateSearch::Found> RateSearch::found() const {
  if (low_ <= 0) return std::nullopt;
  return Found{low_, high_};
}

}  // namespace wireproof::load
