// A file's tree for one combination of its matrix: ${name} put in, entries whose "when" does not
// hold left out. Thread rule: one thread. Lifetime: the matrix outlives it.
#pragma once

#include <set>
#include <string>

#include "scenario/matrix.h"

namespace wireproof::scenario {

// Which variables and members of their values ("close", "close.wait") were used by any case.
using Usage = std::set<std::string, std::less<>>;

class Expander {
 public:
  Expander(const Matrix& matrix, const Combination& combination, Usage& usage, Errors& errors)
      : matrix_(matrix), combination_(combination), usage_(usage), errors_(errors) {}

  // `top`: leaves "matrix" and "$schema" out.
  Node expand(const Node& node, bool top = false);

 private:
  Node expand_string(const Node& node);
  Node::List expand_list(const Node::List& list);
  // "family" or "close.wait"; nullptr after telling what is wrong.
  const Node* lookup(std::string_view name, std::size_t offset);
  // The place of "${name" in the source, where the string has no escapes before it.
  std::size_t place_of(const Node& node, std::string_view reference) const;

  const Matrix& matrix_;
  const Combination& combination_;
  Usage& usage_;
  Errors& errors_;
  bool in_value_ = false;  // of the matrix itself: cannot use variables again
};

// Tells variables, and members of their values, that no case uses.
void check_usage(const Matrix& matrix, const Usage& usage, Errors& errors);

}  // namespace wireproof::scenario
