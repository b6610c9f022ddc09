// The figures of a case that comparisons, limits and histories speak of, each by one name.
// Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/model.h"

namespace wireproof::compare {

enum class Unit : std::uint8_t { milliseconds, per_second, ratio };

struct Figure {
  std::string_view name;  // "handshake"
  Unit unit;
  bool more_is_better;
  std::string_view title;  // "first SYN to the handshake's ACK"
};

std::span<const Figure> all_figures();
const Figure* find_figure(std::string_view name);  // null: there is none of that name
std::vector<std::string> figure_names();

// What one run of a case measured, by the figures' names and in their units: one value each, but of
// a load that was repeated one for each repetition. Of several connections the median. Empty where
// the case did not end as it should: what it took to fail says nothing.
using Values = std::map<std::string, std::vector<double>>;
Values figures_of(const report::CaseReport& one);

// "412 us", "19800/s", "0.2 %".
std::string value_text(const Figure& figure, double value);
// "+12 %", "-0.4 %"; a ratio of 2.5 and more as "x 2.5".
std::string change_text(double ratio);

}  // namespace wireproof::compare
