#include "load/statistics.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

namespace wireproof::load {
namespace {

constexpr double z_975 = 1.959963984540054;
constexpr std::size_t fewest_batches = 10;

double squares_around(std::span<const double> values, double center) {
  double sum = 0;
  for (const double value : values) sum += (value - center) * (value - center);
  return sum;
}

}  // namespace

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double student_t_975(std::size_t degrees_of_freedom) {
  const boost::math::students_t distribution(static_cast<double>(degrees_of_freedom));
  return boost::math::quantile(distribution, 0.975);
}

std::optional<RankInterval> percentile_interval(const Histogram& samples, double quantile) {
  const auto count = static_cast<double>(samples.count());
  const double center = count * quantile;
  const double reach = z_975 * std::sqrt(count * quantile * (1 - quantile));
  // Ranks l and u with P(x_l <= percentile < x_u) of at least 95 %: rounded outwards.
  const double low = std::floor(center - reach - 0.5) + 1, high = std::ceil(center + reach + 0.5);
  if (low < 1 || high > count) return std::nullopt;
  return RankInterval{samples.value_of_rank(static_cast<std::uint64_t>(low)),
                      samples.value_of_rank(static_cast<std::uint64_t>(high))};
}

std::optional<Interval> mean_interval(std::span<const double> batches) {
  if (batches.size() < 2) return std::nullopt;
  const double center = mean_of(batches);
  const auto count = static_cast<double>(batches.size());
  const double error = std::sqrt(squares_around(batches, center) / (count - 1) / count);
  const double reach = student_t_975(batches.size() - 1) * error;
  return Interval{center, center - reach, center + reach};
}

std::vector<double> independent_batches(std::vector<double> values) {
  while (values.size() >= 2 * fewest_batches && !independent(values)) {
    std::vector<double> joined;
    for (std::size_t i = 0; i + 1 < values.size(); i += 2) {
      joined.push_back((values[i] + values[i + 1]) / 2);
    }
    values = std::move(joined);
  }
  return values;
}

std::optional<Interval> resembling_mean_interval(std::span<const double> batches) {
  constexpr double most = 0.9;
  auto interval = mean_interval(batches);
  if (!interval) return std::nullopt;
  const double center = interval->value, squares = squares_around(batches, center);
  if (squares <= 0) return interval;
  double products = 0;
  for (std::size_t i = 1; i < batches.size(); ++i) {
    products += (batches[i] - center) * (batches[i - 1] - center);
  }
  // The estimate is too low by about one in their number (Kendall, 1954).
  const double r =
      std::clamp(products / squares + 1 / static_cast<double>(batches.size()), 0.0, most);
  const double wider = std::sqrt((1 + r) / (1 - r));
  interval->low = center - wider * (center - interval->low);
  interval->high = center + wider * (interval->high - center);
  return interval;
}

bool independent(std::span<const double> values) {
  if (values.size() < 8) return true;
  const double squares = squares_around(values, mean_of(values));
  if (squares <= 0) return true;
  double differences = 0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    differences += (values[i] - values[i - 1]) * (values[i] - values[i - 1]);
  }
  const auto count = static_cast<double>(values.size());
  const double ratio = differences / squares;  // 2 where they are independent
  const double deviation = std::sqrt(4 * (count - 2) / (count * count - 1));
  return std::abs(ratio - 2) <= z_975 * deviation;
}

// MSER-5: the cut that leaves the mean of the rest known best, over batches of five.
std::size_t warm_up_length(std::span<const double> values) {
  const std::size_t batch = values.size() >= 50 ? 5 : 1;
  std::vector<double> means;
  for (std::size_t i = 0; i + batch <= values.size(); i += batch) {
    means.push_back(mean_of(values.subspan(i, batch)));
  }
  if (means.size() < 4) return 0;
  std::size_t best = 0;
  double least = 0;
  for (std::size_t cut = 0; cut <= means.size() / 2; ++cut) {
    const std::span<const double> rest = std::span(means).subspan(cut);
    const auto count = static_cast<double>(rest.size());
    const double error = squares_around(rest, mean_of(rest)) / (count * count);
    if (cut == 0 || error < least) {
      least = error;
      best = cut;
    }
  }
  return best * batch;
}

double drift(std::span<const double> values) {
  if (values.size() < 8) return 0;
  const auto count = static_cast<double>(values.size());
  const double center = mean_of(values), middle = (count - 1) / 2;
  double across = 0, along = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = static_cast<double>(i) - middle;
    across += x * (values[i] - center);
    along += x * x;
  }
  const double slope = across / along;
  double rest = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double fitted = center + slope * (static_cast<double>(i) - middle);
    rest += (values[i] - fitted) * (values[i] - fitted);
  }
  const double error = std::sqrt(rest / (count - 2) / along);
  if (std::abs(slope) <= student_t_975(values.size() - 2) * error || center == 0) return 0;
  // Of the higher of its two ends: nothing falls by more than all of it.
  const double reach = slope * (count - 1) / 2;
  const double highest = std::max(center - reach, center + reach);
  return highest <= 0 ? 0 : std::clamp(slope * (count - 1) / highest, -1.0, 1.0);
}

ExponentialTest test_exponential(std::vector<double> gaps) {
  ExponentialTest test;
  if (gaps.size() < 20) return test;
  std::sort(gaps.begin(), gaps.end());
  const double mean = mean_of(gaps);
  const auto count = static_cast<double>(gaps.size());
  double sum = 0;
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    // log F(x) and log(1 - F(x)), of the i-th from below and the i-th from above.
    const double below = -std::expm1(-std::max(gaps[i], 1e-12 * mean) / mean);
    const double above = -gaps[gaps.size() - 1 - i] / mean;
    sum += static_cast<double>(2 * i + 1) * (std::log(below) + above);
  }
  test.statistic = (-count - sum / count) * (1 + 0.6 / count);
  test.rejected = test.statistic > 1.959;  // 1 % (Stephens, 1974, case 2)
  return test;
}

}  // namespace wireproof::load
