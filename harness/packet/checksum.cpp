#include "packet/checksum.h"

#include <cstring>

#include "packet/bytes.h"

namespace wireproof::packet {

// The ones' complement sum does not mind byte order (RFC 1071 2 B): words are added as they lie in
// memory, and only the folded result is swapped.
std::uint64_t checksum_add(std::uint64_t sum, std::span<const std::uint8_t> bytes) {
  const std::uint8_t* at = bytes.data();
  std::size_t left = bytes.size();
  // Two independent sums keep both adders of the processor busy. 32-bit words in 64-bit sums: no
  // carry is lost before 2^32 words.
  std::uint64_t other = 0;
  for (; left >= 16; at += 16, left -= 16) {
    std::uint32_t words[4];
    std::memcpy(words, at, sizeof words);
    sum += std::uint64_t{words[0]} + words[1];
    other += std::uint64_t{words[2]} + words[3];
  }
  sum += other;
  for (; left >= 2; at += 2, left -= 2) {
    std::uint16_t word;
    std::memcpy(&word, at, sizeof word);
    sum += word;
  }
  if (left == 1) {
    const std::uint8_t padded[2] = {*at, 0};
    std::uint16_t word;
    std::memcpy(&word, padded, sizeof word);
    sum += word;
  }
  return sum;
}

std::uint64_t pseudo_header_sum(const Address& source, const Address& destination,
                                std::uint8_t protocol, std::uint32_t length) {
  const std::size_t size = source.family == Family::ipv6 ? 16 : 4;
  std::uint8_t tail[8] = {};
  store_be(tail, length);
  tail[7] = protocol;
  std::uint64_t sum = checksum_add(0, std::span(source.bytes).first(size));
  sum = checksum_add(sum, std::span(destination.bytes).first(size));
  return checksum_add(sum, tail);
}

std::uint16_t checksum_fold(std::uint64_t sum) {
  while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
  const auto folded = static_cast<std::uint16_t>(sum);
  return std::endian::native == std::endian::little ? swapped(folded) : folded;
}

}  // namespace wireproof::packet
