// One row of terminal text of known width, with or without colour: what the ladder is drawn with.
// Plain values: no thread rule.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wireproof::tcp {

enum class Ink : std::uint8_t { plain, faint, bold, request, answer, control, alarm };

// Columns that UTF-8 text takes; every character here takes one.
std::size_t columns(std::string_view utf8);
// At most `width` columns, with `mark` as the last character when something was cut.
std::string clipped(std::string_view utf8, std::size_t width, std::string_view mark);

class Row {
 public:
  explicit Row(bool colour) : colour_(colour) {}
  Row& put(std::string_view text, Ink ink = Ink::plain);
  Row& right(std::string_view text, std::size_t width, Ink ink = Ink::plain);  // right-aligned
  Row& to(std::size_t column);                                                 // spaces up to it
  std::size_t width() const { return width_; }
  std::string line() const;  // without trailing spaces, with a line feed

 private:
  std::string text_;
  std::size_t width_ = 0, pending_ = 0;  // spaces put only if something follows
  bool colour_;
};

}  // namespace wireproof::tcp
