// Numbers in network byte order, read from and written to unaligned memory. The caller has checked
// the length. Thread rule: pure functions.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace wireproof::packet {

inline std::uint16_t swapped(std::uint16_t value) { return __builtin_bswap16(value); }
inline std::uint32_t swapped(std::uint32_t value) { return __builtin_bswap32(value); }

template <typename Number>
Number load_be(const std::uint8_t* at) {
  Number value;
  std::memcpy(&value, at, sizeof value);
  return std::endian::native == std::endian::little ? swapped(value) : value;
}
inline std::uint16_t be16(const std::uint8_t* at) { return load_be<std::uint16_t>(at); }
inline std::uint32_t be32(const std::uint8_t* at) { return load_be<std::uint32_t>(at); }

template <typename Number>
void store_be(std::uint8_t* at, Number value) {
  const Number ordered = std::endian::native == std::endian::little ? swapped(value) : value;
  std::memcpy(at, &ordered, sizeof ordered);
}

}  // namespace wireproof::packet
