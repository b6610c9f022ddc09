#include "scenario/payload.h"

#include <fmt/format.h>

#include <regex>

#include "base/text.h"

namespace wireproof::scenario {
namespace {

constexpr std::size_t shown_bytes = 40;
constexpr std::size_t longest_regex = 1000;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// The place of character `index` of a string, where its text in the file has no escapes before it.
std::size_t place_in(const Errors& errors, const Field& field, std::size_t index) {
  const std::string_view text = errors.source().text();
  const std::size_t begin = field.offset() + 1;
  return text.substr(begin, index) == field.node->string()->substr(0, index) ? begin + index
                                                                             : field.offset();
}

std::optional<Bytes> decoded(const Field& field, std::string_view kind,
                             tl::expected<std::string, Malformed> (*decode)(std::string_view),
                             Errors& errors) {
  const auto text = read_string(field, errors);
  if (!text) return std::nullopt;
  auto bytes = decode(*text);
  if (!bytes) {
    errors.add(place_in(errors, field, bytes.error().at), bytes.error().message,
               bytes.error().hint);
    return std::nullopt;
  }
  return Bytes{std::move(*bytes),
               fmt::format("{} {}", kind, wireproof::quoted(*text, shown_bytes))};
}

}  // namespace

tl::expected<std::string, Malformed> decode_hex(std::string_view text) {
  std::string bytes;
  int high = -1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ' && high < 0) continue;
    const int digit = hex_digit(text[i]);
    if (digit < 0) {
      return tl::unexpected(
          Malformed{i, fmt::format("{} is no hex digit", wireproof::quoted(text.substr(i, 1))),
                    "two digits a byte, as in \"0a 1f ff\""});
    }
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<char>(high * 16 + digit));
      high = -1;
    }
  }
  if (high >= 0) {
    return tl::unexpected(Malformed{text.size() - 1, "half a byte at the end of the hex digits",
                                    "two digits a byte, as in \"0a 1f ff\""});
  }
  return bytes;
}

tl::expected<std::string, Malformed> decode_base64(std::string_view text) {
  constexpr std::string_view hint = "RFC 4648's alphabet (+ and /), padded with = to fours";
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  std::string bytes;
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < text.size() - padding; ++i) {
    const int digit = base64_digit(text[i]);
    if (digit < 0) {
      return tl::unexpected(
          Malformed{i, fmt::format("{} is no base64 digit", wireproof::quoted(text.substr(i, 1))),
                    std::string(hint)});
    }
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    if (i % 4 != 0) bytes.push_back(static_cast<char>(bits >> (6 - i % 4 * 2) & 0xFFu));
  }
  if (text.size() % 4 != 0) {
    return tl::unexpected(Malformed{text.size(), "base64 of the wrong length", std::string(hint)});
  }
  if ((bits & (padding == 2 ? 0xFu : padding == 1 ? 0x3u : 0u)) != 0) {
    return tl::unexpected(Malformed{text.size() - padding - 1,
                                    "base64 with bits after its last byte", std::string(hint)});
  }
  return bytes;
}

Bytes text_payload(const std::string& text) { return {text, wireproof::quoted(text, shown_bytes)}; }

std::optional<Bytes> read_payload(const Object& object) {
  if (const Field field = object.get("text")) {
    const auto text = read_string(field, object.errors());
    return text ? std::optional(text_payload(*text)) : std::nullopt;
  }
  if (const Field field = object.get("hex")) {
    return decoded(field, "hex", decode_hex, object.errors());
  }
  if (const Field field = object.get("base64")) {
    return decoded(field, "base64", decode_base64, object.errors());
  }
  if (const auto length = object.integer("pattern", 1, longest_pattern)) {
    return Bytes{pattern(static_cast<std::size_t>(*length)),
                 fmt::format("{} bytes of the pattern", *length)};
  }
  return std::nullopt;
}

std::optional<Bytes> read_regex(const Field& field, Errors& errors) {
  const auto text = read_string(field, errors);
  if (!text) return std::nullopt;
  if (text->size() > longest_regex) {
    errors.add(field.offset(), fmt::format("a regular expression of {} bytes", text->size()),
               fmt::format("at most {}", longest_regex));
    return std::nullopt;
  }
  try {
    const std::regex compiled(*text, std::regex::ECMAScript);
  } catch (const std::regex_error& error) {
    errors.add(field.offset(), fmt::format("no regular expression: {}", error.what()),
               "ECMAScript's syntax; a backslash is written \\\\ in JSON");
    return std::nullopt;
  }
  return Bytes{*text, fmt::format("/{}/", printable(*text, shown_bytes))};
}

}  // namespace wireproof::scenario
