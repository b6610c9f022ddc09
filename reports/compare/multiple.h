// What a p is worth among many tests: Benjamini and Hochberg's adjustment, which keeps the share of
// false discoveries among all discoveries at alpha (J. R. Statist. Soc. B 57 (1995)).
//
// Why not Holm's: where nothing changed, both keep the chance of a false alarm anywhere in a
// comparison at alpha, and that is what must not cry wolf. Where a server became slower everywhere,
// Holm's asks of each of some hundred figures what it would ask of one alone, and finds few of them
// with ten runs; Benjamini and Hochberg's finds them together. It holds for independent tests and
// for such as go up and down together (PRDS), which figures of one machine do.
// Thread rule: pure functions.
#pragma once

#include <vector>

namespace wireproof::compare {

// The adjusted p of each, in the order given.
std::vector<double> adjusted(const std::vector<double>& p);

}  // namespace wireproof::compare
