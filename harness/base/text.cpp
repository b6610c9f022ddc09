#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace wireproof {
namespace {

// The length of a well-formed UTF-8 sequence at `at` (RFC 3629: no overlong forms, no surrogates),
// or 0.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!tail(1) || !tail(2)) return 0;
    if (lead == 0xE0 && byte(1) < 0xA0) return 0;
    if (lead == 0xED && byte(1) > 0x9F) return 0;
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3)) return 0;
    if (lead == 0xF0 && byte(1) < 0x90) return 0;
    if (lead == 0xF4 && byte(1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

// C1 controls (U+0080..U+009F), line separators and the bidirectional overrides: well-formed, yet
// able to change how a terminal or page shows what stands beside them.
bool is_display_control(std::string_view sequence) {
  if (sequence.size() == 2) {
    return sequence[0] == '\xC2' && static_cast<unsigned char>(sequence[1]) < 0xA0;
  }
  if (sequence.size() == 3 && sequence[0] == '\xE2') {
    const auto second = static_cast<unsigned char>(sequence[1]);
    const auto third = static_cast<unsigned char>(sequence[2]);
    if (second == 0x80) return third == 0x8E || third == 0x8F || (third >= 0xA8 && third <= 0xAE);
    if (second == 0x81) return third >= 0xA6 && third <= 0xA9;
  }
  return false;
}

void append_hex_bytes(std::string& out, std::string_view bytes) {
  for (const char c : bytes) {
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
  }
}

}  // namespace

std::string printable(std::string_view hostile, std::size_t limit) {
  const std::string_view used = hostile.substr(0, limit);
  std::string out;
  out.reserve(used.size());
  for (std::size_t at = 0; at < used.size();) {
    const auto c = static_cast<unsigned char>(used[at]);
    if (c == '\n' || c == '\r' || c == '\t') {
      out.append(c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
      ++at;
      continue;
    }
    const std::size_t length = utf8_length(used, at);
    const std::string_view sequence = used.substr(at, std::max<std::size_t>(length, 1));
    if (length == 0 || c < 0x20 || c == 0x7F || is_display_control(sequence)) {
      append_hex_bytes(out, sequence);
    } else {
      out.append(sequence);
    }
    at += sequence.size();
  }
  if (hostile.size() > used.size()) {
    fmt::format_to(std::back_inserter(out), "... {} more bytes", hostile.size() - used.size());
  }
  return out;
}

std::string quoted(std::string_view hostile, std::size_t limit) {
  std::string escaped;
  for (const char c : hostile.substr(0, limit)) {
    if (c == '"' || c == '\\') escaped.push_back('\\');
    escaped.push_back(c);
  }
  std::string out = "\"" + printable(escaped, escaped.size()) + "\"";
  if (hostile.size() > limit) {
    fmt::format_to(std::back_inserter(out), "... {} more bytes", hostile.size() - limit);
  }
  return out;
}

std::string hex(std::span<const std::uint8_t> bytes, std::size_t limit) {
  const auto used = bytes.first(std::min(limit, bytes.size()));
  std::string out = fmt::format("{:02x}", fmt::join(used, " "));
  if (bytes.size() > used.size())
    out += fmt::format(" ... {} more bytes", bytes.size() - used.size());
  return out;
}

std::string nearest(std::string_view word, const std::vector<std::string>& names) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : names) {
    // Edit distance with neighbours swapped as one edit (optimal string alignment).
    std::vector<std::size_t> before_last, last, row(candidate.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= word.size(); ++i) {
      before_last = std::exchange(last, row);
      row[0] = i;
      for (std::size_t j = 1; j <= candidate.size(); ++j) {
        const bool same = word[i - 1] == candidate[j - 1];
        row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
        const bool swapped =
            i > 1 && j > 1 && word[i - 1] == candidate[j - 2] && word[i - 2] == candidate[j - 1];
        if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

// Greedy, with one point to return to: what an earlier star took need not be tried again.
bool fits_pattern(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace wireproof
