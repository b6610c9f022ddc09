// What is impossible in a plan: found before anything is launched. Thread rule: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "wire/model.h"

namespace wireproof::wire {

struct Problem {
  // Where: the rule by its place in the list, or the direction whose conditions are wrong.
  std::optional<std::size_t> rule;
  Direction direction = Direction::both;
  std::string field;  // "on.nth", "do.name", "loss.probability"
  std::string what;   // "must be between 0 and 1, is 1.5"
};

std::vector<Problem> problems_of(const Conditions& conditions, Direction direction);
std::vector<Problem> problems_of(const std::vector<Rule>& rules);
std::vector<Problem> problems_of(const Plan& plan);
std::string to_string(const Problem& problem);

// Whether a hold of that name is among the rules: only such can be released or awaited.
bool holds(const std::vector<Rule>& rules, std::string_view name);

}  // namespace wireproof::wire
