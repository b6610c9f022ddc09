// Selection of connections by what was made of them: `closing=reset and rule=tcp.close.*`.
//
//   terms: KEY = != < <= > >= VALUE, alternatives between |, * for any characters
//   joined by and, or, not, and parentheses
//
// Thread rule: a Where does not change; any thread may ask it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "reports/model.h"

namespace wireproof::check {

class Where {
 public:
  using Test = std::function<bool(const report::ConnectionReport&)>;

  // The error says what is wrong, and where in the expression.
  static tl::expected<Where, std::string> parse(std::string_view expression);
  bool matches(const report::ConnectionReport& one) const { return test_(one); }
  static std::string_view keys();  // for help texts: all, on one line

 private:
  explicit Where(Test test) : test_(std::move(test)) {}
  Test test_;
};

}  // namespace wireproof::check
