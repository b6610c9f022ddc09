// UTF-8 as writers need it: where a character ends, whether it may be shown, how wide it is.
// Thread rule: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wireproof::report {

// The bytes of the well-formed sequence at `at` (RFC 3629), or 0 where there is none.
std::size_t utf8_length(std::string_view text, std::size_t at);
// The code point of a well-formed sequence.
char32_t utf8_code_point(std::string_view sequence);
// Well-formed, yet able to change how a terminal shows what stands beside it: controls, line
// separators and bidirectional overrides.
bool is_display_control(char32_t point);

// Columns that printable text takes in a terminal: 2 for East Asian wide characters, 0 for
// combining ones. Colour sequences (ESC [ ... m) take none.
std::size_t display_width(std::string_view text);
// The longest start of `text` that takes at most `columns`; `text` holds no colour sequences.
std::string_view fit(std::string_view text, std::size_t columns);
// The same, marked with an ellipsis ("..." where `utf8` is false) when something was cut off.
std::string shortened(std::string_view text, std::size_t columns, bool utf8 = true);

}  // namespace wireproof::report
