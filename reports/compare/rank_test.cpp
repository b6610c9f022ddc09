#include "reports/compare/rank_test.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>
#include <vector>

namespace wireproof::compare {
namespace {

// Above this the normal approximation differs from the exact p by less than noise does.
constexpr std::size_t most_exact = 60;

constexpr std::size_t least_to_see_spells = 8;
constexpr double least_effective = 4;

const boost::math::normal standard;

// Twice the midrank of each value, a whole number, in the order given.
std::vector<std::size_t> double_ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<std::size_t> ranks(values.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i;
    while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
    for (std::size_t k = i; k < end; ++k) ranks[order[k]] = i + end + 1;  // 2 * mean of i+1 .. end
    i = end;
  }
  return ranks;
}

// Of base's values, then of next's, among all.
std::vector<std::size_t> ranks_of_both(std::span<const double> base, std::span<const double> next) {
  std::vector<double> all(base.begin(), base.end());
  all.insert(all.end(), next.begin(), next.end());
  return double_ranks(all);
}

std::size_t sum_of_next(const std::vector<std::size_t>& ranks, std::size_t base) {
  return std::accumulate(ranks.begin() + static_cast<std::ptrdiff_t>(base), ranks.end(),
                         std::size_t{0});
}

double share_of_sum(std::span<const double> base, std::span<const double> next, std::size_t sum) {
  const double n = static_cast<double>(next.size()), m = static_cast<double>(base.size());
  return (static_cast<double>(sum) / 2 - n * (n + 1) / 2) / (n * m);
}

// How often each sum of `count` of the doubled ranks comes, over all ways to choose them, and from
// that the share of sums at least as far from the middle as `seen`.
double exact_p(const std::vector<std::size_t>& ranks, std::size_t count, std::size_t seen) {
  const std::size_t total = std::accumulate(ranks.begin(), ranks.end(), std::size_t{0});
  std::vector<std::vector<double>> ways(count + 1, std::vector<double>(total + 1, 0.0));
  ways[0][0] = 1;
  std::size_t reached = 0;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    reached += ranks[i];
    for (std::size_t k = std::min(i + 1, count); k > 0; --k) {
      for (std::size_t sum = reached; sum >= ranks[i]; --sum) {
        ways[k][sum] += ways[k - 1][sum - ranks[i]];
      }
    }
  }
  // The mean sum is count * total / ranks.size(): compared without fractions.
  const auto distance = [&](std::size_t sum) {
    const auto a = static_cast<long long>(sum * ranks.size());
    const auto b = static_cast<long long>(count * total);
    return std::llabs(a - b);
  };
  double all = 0, far = 0;
  for (std::size_t sum = 0; sum <= total; ++sum) {
    all += ways[count][sum];
    if (distance(sum) >= distance(seen)) far += ways[count][sum];
  }
  return far / all;
}

// With the variance that ties leave, and half a step of continuity.
double approximate_p(const std::vector<std::size_t>& ranks, std::size_t count, std::size_t seen) {
  const double n = static_cast<double>(ranks.size()), k = static_cast<double>(count);
  const double mean = k * (n + 1) / 2, sum = static_cast<double>(seen) / 2;
  double squares = 0;
  for (const std::size_t rank : ranks) {
    const double off = static_cast<double>(rank) / 2 - (n + 1) / 2;
    squares += off * off;
  }
  const double variance = k * (n - k) / (n * (n - 1)) * squares;
  if (variance <= 0) return 1;
  const double z = std::max(0.0, std::abs(sum - mean) - 0.5) / std::sqrt(variance);
  return std::min(1.0, 2 * cdf(complement(standard, z)));
}

boost::math::students_t worth(double inflation, std::size_t values) {
  return boost::math::students_t(std::max(1.0, static_cast<double>(values) / inflation - 3));
}

// The fewest of which the least p is as small as `p`.
std::size_t fewest(double p, double (*least)(std::size_t)) {
  std::size_t count = 1;
  while (count < 1000 && least(count) > p) ++count;
  return count;
}

}  // namespace

double greater_share(std::span<const double> base, std::span<const double> next) {
  return share_of_sum(base, next, sum_of_next(ranks_of_both(base, next), base.size()));
}

RankTest rank_test(std::span<const double> base, std::span<const double> next) {
  const std::vector<std::size_t> ranks = ranks_of_both(base, next);
  const std::size_t sum = sum_of_next(ranks, base.size());
  RankTest test;
  test.greater = share_of_sum(base, next, sum);
  test.p = ranks.size() <= most_exact ? exact_p(ranks, next.size(), sum)
                                      : approximate_p(ranks, next.size(), sum);
  return test;
}

RankTest paired_rank_test(std::span<const double> base, std::span<const double> next) {
  const std::vector<std::size_t> ranks = ranks_of_both(base, next);
  RankTest test{1, share_of_sum(base, next, sum_of_next(ranks, base.size()))};
  // Of each pair the difference of its (doubled) ranks, whose sign a swap would turn.
  std::vector<std::size_t> sizes;
  std::size_t seen = 0, total = 0;
  double squares = 0;
  for (std::size_t i = 0; i < base.size(); ++i) {
    const std::size_t low = ranks[i], high = ranks[base.size() + i];
    const std::size_t size = high > low ? high - low : low - high;
    sizes.push_back(size);
    total += size;
    if (high > low) seen += size;
    squares += static_cast<double>(size * size);
  }
  if (total == 0) return test;
  const auto distance = [&](std::size_t sum) {
    return std::llabs(2 * static_cast<long long>(sum) - static_cast<long long>(total));
  };
  if (sizes.size() > most_exact) {
    const double z = static_cast<double>(distance(seen)) / std::sqrt(squares);
    test.p = std::min(1.0, 2 * cdf(complement(standard, z)));
    return test;
  }
  // The share of all ways to swap that leads to each sum of those that are positive.
  std::vector<double> share(total + 1, 0.0);
  share[0] = 1;
  std::size_t reached = 0;
  for (const std::size_t size : sizes) {
    reached += size;
    for (std::size_t sum = reached + 1; sum-- > 0;) {
      share[sum] = (share[sum] + (sum >= size ? share[sum - size] : 0)) / 2;
    }
  }
  double far = 0;
  for (std::size_t sum = 0; sum <= total; ++sum) {
    if (distance(sum) >= distance(seen)) far += share[sum];
  }
  test.p = std::min(1.0, far);
  return test;
}

double serial_inflation(std::span<const double> base, std::span<const double> next) {
  if (std::min(base.size(), next.size()) < least_to_see_spells) return 1;
  double variance = 0, neighbours = 0;
  for (const std::span<const double> values : {base, next}) {
    const std::vector<std::size_t> ranks = double_ranks({values.begin(), values.end()});
    const double mean = static_cast<double>(values.size() + 1);
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      const double here = static_cast<double>(ranks[i]) - mean;
      variance += here * here;
      if (i > 0) neighbours += here * (static_cast<double>(ranks[i - 1]) - mean);
    }
  }
  if (variance <= 0) return 1;
  const double each = static_cast<double>(base.size() + next.size()) / 2;
  const double unbiased = (neighbours / variance + 1 / each) / (1 - 3 / each);
  // Seen at all, it is taken for larger than it was seen, by two thirds of its standard error: of
  // twenty runs a side half of all spells look shorter than they are, and would be false alarms.
  const double doubt = 2.0 / 3 / std::sqrt(2 * each);
  // Of fewer than four values that count a side nothing could be said: a trend is no spell.
  const double most = each / least_effective;
  const double r =
      std::clamp(unbiased > doubt ? unbiased + doubt : unbiased, 0.0, (most - 1) / (most + 1));
  return (1 + r) / (1 - r);
}

double widened(double p, double inflation, std::size_t values) {
  if (inflation <= 1 || p >= 1 || p <= 0) return p;
  const double t = quantile(complement(standard, p / 2)) / std::sqrt(inflation);
  return std::min(1.0, 2 * cdf(complement(worth(inflation, values), t)));
}

double widening(double inflation, std::size_t values) {
  if (inflation <= 1) return 1;
  return std::sqrt(inflation) * quantile(worth(inflation, values), 0.975) /
         quantile(standard, 0.975);
}

double least_p(std::size_t base, std::size_t next) {
  double ways = 1;  // of choosing `next` out of all
  for (std::size_t i = 1; i <= next; ++i) {
    ways *= static_cast<double>(base + i) / static_cast<double>(i);
  }
  return std::min(1.0, 2 / ways);
}

double least_paired_p(std::size_t pairs) {
  return std::min(1.0, std::pow(2.0, 1 - static_cast<double>(pairs)));
}

std::size_t pairs_for(double p) { return fewest(p, least_paired_p); }

std::size_t runs_for(double p) {
  return fewest(p, [](std::size_t runs) { return least_p(runs, runs); });
}

}  // namespace wireproof::compare
