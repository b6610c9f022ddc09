#include "reports/history/change_points.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>

#include "reports/compare/bootstrap.h"

namespace wireproof::history {
namespace {

struct Split {
  std::size_t at = 0;
  double energy = 0;  // 0: there is no place to split at
};

// Sums of |x_i - x_j| over any two ranges in constant time, from sums over rectangles.
class Distances {
 public:
  explicit Distances(std::span<const double> values) : side_(values.size() + 1) {
    sums_.assign(side_ * side_, 0.0);
    for (std::size_t i = 1; i < side_; ++i) {
      double row = 0;
      for (std::size_t j = 1; j < side_; ++j) {
        row += std::abs(values[i - 1] - values[j - 1]);
        sums_[i * side_ + j] = sums_[(i - 1) * side_ + j] + row;
      }
    }
  }
  double between(std::size_t a, std::size_t b, std::size_t c, std::size_t d) const {
    return at(b, d) - at(a, d) - at(b, c) + at(a, c);  // rows a..b, columns c..d
  }

 private:
  double at(std::size_t i, std::size_t j) const { return sums_[i * side_ + j]; }
  std::size_t side_;
  std::vector<double> sums_;
};

// The best split of the segment, the second part ending anywhere (the paper's kappa): so a spell
// that passes does not hide its own beginning.
Split best_split(std::span<const double> segment, std::size_t shortest) {
  Split best;
  if (segment.size() < 2 * shortest) return best;
  const Distances distances(segment);
  for (std::size_t at = shortest; at + shortest <= segment.size(); ++at) {
    const double n = static_cast<double>(at);
    const double within_first = distances.between(0, at, 0, at) / (n * (n - 1));
    for (std::size_t end = at + shortest; end <= segment.size(); ++end) {
      const double m = static_cast<double>(end - at);
      const double across = 2 * distances.between(0, at, at, end) / (n * m);
      const double within_second = distances.between(at, end, at, end) / (m * (m - 1));
      const double energy = n * m / (n + m) * (across - within_first - within_second);
      if (energy > best.energy) best = {at, energy};
    }
  }
  return best;
}

class Divider {
 public:
  Divider(std::span<const double> values, const ChangePointOptions& options)
      : values_(values), options_(options), edges_{0, values.size()} {}

  std::vector<ChangePoint> divide() {
    while (std::optional<ChangePoint> found = next()) {
      found_.push_back(*found);
      edges_.insert(std::upper_bound(edges_.begin(), edges_.end(), found->at), found->at);
    }
    std::sort(found_.begin(), found_.end(),
              [](const ChangePoint& a, const ChangePoint& b) { return a.at < b.at; });
    for (std::size_t i = 0; i < found_.size(); ++i) {
      found_[i].before = median_of_segment(edges_[i], edges_[i + 1]);
      found_[i].after = median_of_segment(edges_[i + 1], edges_[i + 2]);
    }
    return found_;
  }

 private:
  // The greatest split over all segments of these values, the segments as they are now.
  Split best_of(std::span<const double> values) const {
    Split best;
    for (std::size_t i = 0; i + 1 < edges_.size(); ++i) {
      const Split split =
          best_split(values.subspan(edges_[i], edges_[i + 1] - edges_[i]), options_.shortest);
      if (split.energy > best.energy) best = {edges_[i] + split.at, split.energy};
    }
    return best;
  }

  std::optional<ChangePoint> next() {
    const Split seen = best_of(values_);
    if (seen.energy <= 0) return std::nullopt;
    std::vector<double> shuffled(values_.begin(), values_.end());
    const auto most =
        static_cast<std::size_t>(options_.alpha * static_cast<double>(options_.permutations + 1));
    std::size_t as_much = 1;  // the order that was seen is one of them
    for (std::size_t i = 0; i < options_.permutations; ++i) {
      for (std::size_t k = 0; k + 1 < edges_.size(); ++k)
        shuffle(shuffled, edges_[k], edges_[k + 1]);
      if (best_of(shuffled).energy >= seen.energy) ++as_much;
      if (as_much > most) return std::nullopt;
    }
    ChangePoint point;
    point.at = seen.at;
    point.p = static_cast<double>(as_much) / static_cast<double>(options_.permutations + 1);
    return point;
  }

  // Fisher and Yates'; std::shuffle is not the same on every library.
  void shuffle(std::vector<double>& values, std::size_t from, std::size_t to) {
    for (std::size_t left = to - from; left > 1; --left) {
      const auto pick = (static_cast<std::uint64_t>(random_()) * left) >> 32;
      std::swap(values[from + left - 1], values[from + pick]);
    }
  }

  double median_of_segment(std::size_t from, std::size_t to) const {
    return compare::median_of({values_.begin() + static_cast<std::ptrdiff_t>(from),
                               values_.begin() + static_cast<std::ptrdiff_t>(to)});
  }

  std::span<const double> values_;
  const ChangePointOptions& options_;
  std::vector<std::size_t> edges_;
  std::vector<ChangePoint> found_;
  std::mt19937 random_{19'390'901};
};

}  // namespace

std::vector<ChangePoint> change_points(std::span<const double> values,
                                       const ChangePointOptions& options) {
  return Divider(values, options).divide();
}

}  // namespace wireproof::history
