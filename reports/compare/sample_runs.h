// Digests for tests: runs of a case whose figures have a median and lognormal noise that are known.
#pragma once

#include <cmath>
#include <random>
#include <string>

#include "reports/compare/digest.h"

namespace wireproof::compare::sample {

struct Noise {
  double sigma = 0.06;
  std::size_t runs = 20;
};

inline CaseDigest one_case(std::mt19937& random, const std::string& id, double factor,
                           const Noise& noise = {}) {
  std::normal_distribution<double> normal;
  CaseDigest one;
  one.id = id;
  one.endings[Ending::passed] = noise.runs;
  for (const auto& [figure, median] : {std::pair("duration", 40.0), std::pair("handshake", 0.05)}) {
    std::vector<double>& values = one.values[figure];
    for (std::size_t i = 0; i < noise.runs; ++i) {
      values.push_back(factor * median * std::exp(noise.sigma * normal(random)));
    }
  }
  return one;
}

inline RunDigest run(std::mt19937& random, std::size_t cases, double factor,
                     const Noise& noise = {}) {
  RunDigest digest;
  digest.shown = "results";
  digest.started_at = "2025-03-04T05:06:07.000000000Z";
  for (std::size_t i = 0; i < cases; ++i) {
    digest.cases.push_back(one_case(random, "tcp/case-" + std::to_string(i), factor, noise));
  }
  return digest;
}

}  // namespace wireproof::compare::sample
