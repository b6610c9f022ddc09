#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "scenario/load.h"

namespace wireproof::scenario {
namespace {

constexpr std::size_t shown_before = 60, shown_after = 40;  // bytes of a long line around the caret

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u; }

// Where character number `column` (from 1) begins.
std::size_t byte_of_column(std::string_view line, unsigned column) {
  std::size_t at = 0;
  for (unsigned passed = 1; at < line.size(); ++at) {
    if (continues_character(line[at])) continue;
    if (passed++ == column) break;
  }
  return at;
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return !continues_character(c); }));
}

}  // namespace

std::string to_string(const Error& error) {
  std::string text = fmt::format("{}: {}", to_string(error.position), error.message);
  if (!error.line.empty()) {
    // A tab would be shown as \t, and shift the caret.
    std::string line = error.line;
    std::ranges::replace(line, '\t', ' ');
    const std::size_t caret = byte_of_column(line, error.position.column);
    std::size_t begin = caret > shown_before ? caret - shown_before : 0;
    while (begin > 0 && begin < line.size() && continues_character(line[begin])) --begin;
    const std::size_t end = std::min(line.size(), caret + shown_after);
    std::string before = printable(line.substr(begin, caret - begin), line.size());
    if (begin > 0) before.insert(0, "...");
    const std::string after = printable(line.substr(caret, end - caret), line.size());
    text += fmt::format("\n  {}{}{}\n  {:{}}^", before, after, end < line.size() ? "..." : "", "",
                        count_characters(before));
  }
  if (!error.hint.empty()) text += "\n  hint: " + error.hint;
  return text;
}

}  // namespace wireproof::scenario
