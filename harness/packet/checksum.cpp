#include "packet/checksum.h"

#include <cstring>

#include "packet/bytes.h"

namespace wireproof::packet {
namespace {

template <typename Word>
std::uint64_t load_word(const std::uint8_t* at) {  // as it lies in memory
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

}  // namespace

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
  // The rest by halves: headers are short, and a loop of 16-bit words is most of their cost.
  if ((left & 8) != 0) {
    sum += load_word<std::uint32_t>(at);
    sum += load_word<std::uint32_t>(at + 4);
    at += 8;
  }
  if ((left & 4) != 0) {
    sum += load_word<std::uint32_t>(at);
    at += 4;
  }
  if ((left & 2) != 0) {
    sum += load_word<std::uint16_t>(at);
    at += 2;
  }
  if ((left & 1) != 0) {
    const std::uint8_t padded[2] = {*at, 0};
    sum += load_word<std::uint16_t>(padded);
  }
  return sum;
}

std::uint64_t pseudo_header_sum(const Address& source, const Address& destination,
                                std::uint8_t protocol, std::uint32_t length) {
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at < (source.family == Family::ipv6 ? 16 : 4); at += 4) {
    sum += load_word<std::uint32_t>(source.bytes.data() + at);
    sum += load_word<std::uint32_t>(destination.bytes.data() + at);
  }
  std::uint8_t tail[8];
  store_be(tail, length);
  store_be(tail + 4, std::uint32_t{protocol});
  return sum + load_word<std::uint32_t>(tail) + load_word<std::uint32_t>(tail + 4);
}

std::uint16_t checksum_fold(std::uint64_t sum) {
  while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
  const auto folded = static_cast<std::uint16_t>(sum);
  return std::endian::native == std::endian::little ? swapped(folded) : folded;
}

}  // namespace wireproof::packet
