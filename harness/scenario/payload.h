// The bytes that a step sends or wants, as a file writes them: "text", "hex", "base64" or
// "pattern". Thread rule: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "scenario/model.h"
#include "scenario/reader.h"

namespace wireproof::scenario {

inline constexpr std::int64_t longest_pattern = 16 << 20;  // more by "repeat"

// What is wrong with encoded text, and at which character of it.
struct Malformed {
  std::size_t at;
  std::string message, hint;
};
tl::expected<std::string, Malformed> decode_hex(std::string_view text);     // blanks allowed
tl::expected<std::string, Malformed> decode_base64(std::string_view text);  // RFC 4648 4, padded

// The keys that give bytes, as an object's list of keys needs them.
inline constexpr std::string_view payload_keys[] = {"text", "hex", "base64", "pattern"};

Bytes text_payload(const std::string& text);
// What the object's payload keys say; nothing where there is none or it is malformed (told).
std::optional<Bytes> read_payload(const Object& object);
// A regular expression of std::regex's ECMAScript kind, checked.
std::optional<Bytes> read_regex(const Field& field, Errors& errors);

}  // namespace wireproof::scenario
