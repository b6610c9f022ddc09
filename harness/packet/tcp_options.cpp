#include "packet/tcp_options.h"

#include <array>

#include "packet/bytes.h"

namespace wireproof::packet {
namespace {

// Texts for all 256 kinds, made at compile time: decoding allocates nothing.
struct Text {
  std::array<char, 40> characters{};
  std::size_t length = 0;
  constexpr void append(std::string_view part) {
    for (const char c : part) characters[length++] = c;
  }
  constexpr std::string_view view() const { return {characters.data(), length}; }
};

using Texts = std::array<Text, 256>;

constexpr Texts texts(std::string_view what) {
  Texts all{};
  for (unsigned kind = 0; kind < 256; ++kind) {
    Text& text = all[kind];
    text.append("option ");
    const char digits[] = {static_cast<char>('0' + kind / 100),
                           static_cast<char>('0' + kind / 10 % 10),
                           static_cast<char>('0' + kind % 10)};
    text.append(std::string_view(digits, 3).substr(kind < 10 ? 2 : kind < 100 ? 1 : 0));
    text.append(what);
  }
  return all;
}

constexpr Texts kLengthZero = texts(" has length 0");
constexpr Texts kLengthOne = texts(" has length 1");
constexpr Texts kLengthWrong = texts(" has a length not its own");
constexpr Texts kPastEnd = texts(" ends past the header");
constexpr Texts kNoLength = texts(" has no length");

// IANA's kinds (https://www.iana.org/assignments/tcp-parameters).
enum Kind : std::uint8_t {
  end = 0,
  nop = 1,
  mss = 2,
  window_scale = 3,
  sack_permitted = 4,
  sack = 5,
  timestamps = 8,
  md5 = 19,
  user_timeout = 28,
  authentication = 29,
  mptcp = 30,
  fast_open = 34,
  experiment_1 = 253,
  experiment_2 = 254,
};

// False: the length is not one that this kind can have.
bool read_option(TcpOptions& options, std::uint8_t kind, std::span<const std::uint8_t> value) {
  const std::uint8_t* at = value.data();
  switch (kind) {
    case mss:
      if (value.size() != 2) return false;
      options.mss = be16(at);
      return true;
    case window_scale:
      if (value.size() != 1) return false;
      options.window_scale = at[0];
      return true;
    case sack_permitted:
      if (!value.empty()) return false;
      options.sack_permitted = true;
      return true;
    case sack:
      // RFC 2018 3: 8 bytes a block, one to four.
      if (value.empty() || value.size() % 8 != 0 || value.size() > 32) return false;
      options.sack_count = static_cast<std::uint8_t>(value.size() / 8);
      for (std::size_t i = 0; i < options.sack_count; ++i) {
        options.sack[i] = {be32(at + 8 * i), be32(at + 8 * i + 4)};
      }
      return true;
    case timestamps:
      if (value.size() != 8) return false;
      options.timestamps = {be32(at), be32(at + 4)};
      return true;
    case md5:
      if (value.size() != 16) return false;
      options.md5_or_ao = true;
      return true;
    case authentication:
      if (value.size() < 2) return false;
      options.md5_or_ao = true;
      return true;
    case user_timeout:
      if (value.size() != 2) return false;
      options.user_timeout = be16(at);
      return true;
    case mptcp:
      if (value.empty()) return false;
      options.mptcp = true;
      return true;
    case fast_open:
      // RFC 7413 4.1.1: no cookie, or 4 to 16 bytes, even.
      if (value.size() > 16 || value.size() % 2 != 0 || value.size() == 2) return false;
      options.fast_open = true;
      options.fast_open_cookie_length = static_cast<std::uint8_t>(value.size());
      return true;
    case experiment_1:
    case experiment_2:
      // RFC 6994: a magic number first; 0xF989 is Fast Open from before its kind was assigned.
      if (value.size() >= 2 && be16(at) == 0xF989) {
        options.fast_open = true;
        options.fast_open_cookie_length = static_cast<std::uint8_t>(value.size() - 2);
        return true;
      }
      [[fallthrough]];
    default:
      if (options.unknown_count < 255) ++options.unknown_count;
      return true;
  }
}

}  // namespace

TcpOptions decode_tcp_options(std::span<const std::uint8_t> bytes, bool complete) {
  TcpOptions options;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::uint8_t kind = bytes[at];
    if (kind == end) break;
    if (kind == nop) {
      ++at;
      continue;
    }
    if (at + 1 >= bytes.size()) {
      if (complete) options.malformed = kNoLength[kind].view();
      break;
    }
    const std::size_t length = bytes[at + 1];
    if (length < 2) {
      options.malformed = (length == 0 ? kLengthZero : kLengthOne)[kind].view();
      break;
    }
    if (at + length > bytes.size()) {
      if (complete) options.malformed = kPastEnd[kind].view();
      break;
    }
    if (!read_option(options, kind, bytes.subspan(at + 2, length - 2))) {
      options.malformed = kLengthWrong[kind].view();
      break;
    }
    at += length;
  }
  return options;
}

}  // namespace wireproof::packet
