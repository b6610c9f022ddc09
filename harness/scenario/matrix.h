// `matrix`: named variables with their values, and the combinations that become cases.
// Thread rule: plain values. Lifetime: choices point into the file's tree.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/reader.h"

namespace wireproof::scenario {

inline constexpr std::size_t most_cases = 1000;  // of one file

// One value of a variable: a scalar, or an object of several values with a "name".
struct Choice {
  std::string label;  // as in a case's id
  const Node* value = nullptr;
};

struct Variable {
  std::string name;
  std::size_t offset = 0;
  std::vector<Choice> choices;  // of its list and of "include"
};

using Combination = std::vector<Choice>;  // one choice a variable, in the variables' order

struct Matrix {
  std::vector<Variable> variables;
  std::vector<Combination> combinations;  // without a matrix: one, empty

  const Variable* find(std::string_view name) const;
  std::vector<std::string_view> names() const;
};

// `node`: the value of "matrix", or nullptr.
Matrix read_matrix(const Node* node, Errors& errors);

// A condition ("when", or an entry of "exclude"): {"family": "ipv6", "close": ["a", "b"]} holds
// where each variable has (one of) the value(s).
bool holds(const Field& condition, const Matrix& matrix, const Combination& combination,
           Errors& errors);

}  // namespace wireproof::scenario
