// The parts of an option's text between separators; empty ones are parts too. They are views of the
// text. Thread rule: a pure function.
#pragma once

#include <string_view>
#include <vector>

namespace wireproof::cli {

inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace wireproof::cli
