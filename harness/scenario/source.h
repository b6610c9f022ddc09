// The text of one scenario file, and the place of each byte of it as a person counts: lines and
// columns from 1, a column being one character (code point), not one byte.
// Thread rule: immutable once made. Lifetime: views given out live as long as the object.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/load.h"
#include "scenario/model.h"

namespace wireproof::scenario {

inline constexpr std::size_t largest_file_bytes = 4u << 20;

class Source {
 public:
  Source(std::string file, std::string_view text);

  const std::string& file() const { return file_; }
  std::string_view text() const { return text_; }
  Position position(std::size_t offset) const;
  std::string_view line(std::size_t offset) const;  // the whole line, without its end
  Error error(std::size_t offset, std::string message, std::string hint) const;

 private:
  std::size_t line_index(std::size_t offset) const;

  std::string file_;
  std::string_view text_;
  std::vector<std::size_t> line_starts_;
};

// Past white space, comments and a byte order mark. An unclosed comment is where it stops.
std::size_t skip_blank(std::string_view text, std::size_t at);

}  // namespace wireproof::scenario
