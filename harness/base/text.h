// Text that comes from packets and programs is hostile wherever it is shown: these make it safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wireproof {

// Valid UTF-8 without control characters: bytes outside it become \n, \t, \xHH. At most `limit`
// bytes of input are used; what is left out is said ("... 123 more bytes").
std::string printable(std::string_view hostile, std::size_t limit = 200);

// `printable` in double quotes, with inner quotes and backslashes escaped.
std::string quoted(std::string_view hostile, std::size_t limit = 200);
// The same, so that an unqualified call does not find the template std::quoted by its argument.
inline std::string quoted(const std::string& hostile, std::size_t limit = 200) {
  return quoted(std::string_view(hostile), limit);
}
inline std::string quoted(const char* hostile, std::size_t limit = 200) {
  return quoted(std::string_view(hostile), limit);
}

// "0a 0b 0c"
std::string hex(std::span<const std::uint8_t> bytes, std::size_t limit = 64);

// The nearest of `names` to `word` by edit distance, where near enough to be meant; else empty.
std::string nearest(std::string_view word, const std::vector<std::string>& names);

// Whether all of `text` is as `pattern` says, in which '*' stands for any characters, or none.
bool fits_pattern(std::string_view pattern, std::string_view text);

}  // namespace wireproof
