#include "reports/compare/multiple.h"

#include <algorithm>
#include <numeric>

namespace wireproof::compare {

std::vector<double> adjusted(const std::vector<double>& p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] > p[b]; });
  std::vector<double> result(p.size());
  double least = 1;
  for (std::size_t i = 0; i < order.size(); ++i) {  // the largest first
    const auto rank = static_cast<double>(order.size() - i);
    least = std::min(least, p[order[i]] * static_cast<double>(p.size()) / rank);
    result[order[i]] = least;
  }
  return result;
}

}  // namespace wireproof::compare
