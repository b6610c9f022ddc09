#include "script/pattern.h"

#include <fmt/format.h>

#include <stdexcept>

#include "base/text.h"

namespace wireproof::script {
namespace {

std::regex compiled(const std::string& text) {
  try {
    return std::regex(text, std::regex::ECMAScript | std::regex_constants::__polynomial);
  } catch (const std::regex_error& error) {
    throw std::invalid_argument(fmt::format(
        "{} is no regular expression that can be searched for: {}", wireproof::quoted(text),
        error.code() == std::regex_constants::error_complexity
            ? "back-references take unbounded time"
            : error.what()));
  }
}

}  // namespace

Pattern::Pattern(const std::string& text) : compiled_(compiled(text)) {}

std::optional<std::size_t> Pattern::find(std::string_view bytes) const {
  const std::string_view used = bytes.substr(0, limit);
  std::match_results<std::string_view::const_iterator> match;
  if (!std::regex_search(used.begin(), used.end(), match, compiled_)) return std::nullopt;
  return static_cast<std::size_t>(match.position(0) + match.length(0));
}

}  // namespace wireproof::script
