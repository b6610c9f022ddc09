// How terminal text looks: colour, signs, wrapping. Everything that comes from packets, programs or
// files goes through safe(). Thread rule: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "reports/model.h"
#include "reports/text.h"

namespace wireproof::report {

enum class Tone : std::uint8_t { plain, strong, dim, good, bad, warn, accent };

class Style {
 public:
  explicit Style(const TextOptions& options)
      : colour_(options.colour),
        utf8_(options.utf8),
        width_(options.width < 40 ? 40 : options.width) {}

  std::size_t width() const { return width_; }
  bool colour() const { return colour_; }
  bool utf8() const { return utf8_; }

  std::string paint(Tone tone, std::string_view text) const;
  std::string safe(std::string_view hostile, std::size_t limit = 400) const;
  // Printable text as this terminal can show it: other characters become '?'.
  std::string in_charset(std::string printable) const;
  std::string shorten(std::string_view text, std::size_t columns) const;
  // The same, with the ellipsis in the middle: a case's name says most at both ends.
  std::string shorten_middle(std::string_view text, std::size_t columns) const;
  // Lines of at most `columns`, broken at spaces where there are any.
  std::vector<std::string> wrap(std::string_view text, std::size_t columns) const;
  // "label  text", the text wrapped and its further lines below its first. Ends with a newline.
  std::string entry(std::size_t indent, std::string_view label, std::size_t label_columns,
                    std::string_view text, Tone tone = Tone::plain) const;

  // The same of several items, joined by dots and broken only between them where that is possible.
  std::string entry(std::size_t indent, std::string_view label, std::size_t label_columns,
                    const std::vector<std::string>& items, Tone tone = Tone::plain) const;

  std::string_view sign(const CaseReport& one) const;  // one column
  std::string_view dot() const { return utf8_ ? " · " : ", "; }
  std::string_view arrow() const { return utf8_ ? "→" : "->"; }

 private:
  std::string lines(std::size_t indent, std::string_view label, std::size_t label_columns,
                    const std::vector<std::string>& lines, Tone tone) const;
  std::size_t text_columns(std::size_t margin) const;

  bool colour_, utf8_;
  std::size_t width_;
};

Tone tone_of(const CaseReport& one);
// "failed as expected" or the status' name.
std::string_view words_of(const CaseReport& one);
// "1 case", "2 cases".
std::string counted(std::uint64_t count, std::string_view noun);
std::string padded(std::string_view text, std::size_t columns);

}  // namespace wireproof::report
