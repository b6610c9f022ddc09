// The limits that a user sets on a comparison (--fail-on): "duration +10%", "handshake +200us",
// "throughput -5%", and the words "gone" and "should". Thread rule: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "reports/compare/figures.h"

namespace wireproof::compare {

struct Limit {
  std::string text;  // as given, spaces tidied
  // Of a figure: how far it may move for the worse, as a share of the base or in its own unit.
  const Figure* figure = nullptr;
  bool relative = true;
  double by = 0;  // 0.1: ten per cent; always positive
  // Of cases that are gone, or of should-rules newly broken.
  bool gone = false, should = false;
};

struct LimitError {
  std::string message, hint;
};
tl::expected<Limit, LimitError> read_limit(std::string_view text);

// Whether a move from one median to another is past a figure's limit.
bool is_past(const Limit& limit, double base, double next);
// The ratio of new to base at which it is; 0 where the limit is more than all of the base.
double ratio_at(const Limit& limit, double base);

}  // namespace wireproof::compare
