// Where a series of measurements changed its course: E-Divisive, which finds any number of changes
// of any kind in the distribution and assumes none. Source: Matteson and James, A Nonparametric
// Approach for Multiple Change Point Analysis of Multivariate Data, J. Am. Statist. Assoc. 109
// (2014).
//
// Each step splits the series where the energy distance of what lies before and what follows is
// greatest, and keeps the split where few random orders of the values within the segments come to
// as much. Deterministic: the same series gives the same points. Thread rule: pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace wireproof::history {

struct ChangePoint {
  std::size_t at = 0;            // the first value of the new course
  double p = 1;                  // of the permutation test
  double before = 0, after = 0;  // medians of the courses on both sides
};

struct ChangePointOptions {
  double alpha = 0.01;
  std::size_t permutations = 499;
  std::size_t shortest = 5;  // values of a course
};

// In the order of the series.
std::vector<ChangePoint> change_points(std::span<const double> values,
                                       const ChangePointOptions& options = {});

}  // namespace wireproof::history
