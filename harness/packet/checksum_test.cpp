#include "packet/checksum.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace wireproof::packet {
namespace {

// RFC 1071 1, word for word, to check the fast one against.
std::uint16_t textbook(const std::vector<std::uint8_t>& bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    sum += static_cast<std::uint32_t>(bytes[i] << 8 | (i + 1 < bytes.size() ? bytes[i + 1] : 0));
    sum = (sum & 0xFFFF) + (sum >> 16);
  }
  return static_cast<std::uint16_t>(sum);
}

TEST(Checksum, TheExampleOfRfc1071) {
  const std::uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(checksum_fold(checksum_add(0, bytes)), 0xddf2);
}

TEST(Checksum, AgreesWithTheTextbookAtEveryLengthAndAlignment) {
  std::mt19937 random(7);
  std::vector<std::uint8_t> bytes(300);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  for (std::size_t start = 0; start < 4; ++start) {
    for (std::size_t length = 0; length + start <= bytes.size(); ++length) {
      const std::vector<std::uint8_t> part(
          bytes.begin() + static_cast<std::ptrdiff_t>(start),
          bytes.begin() + static_cast<std::ptrdiff_t>(start + length));
      ASSERT_EQ(checksum_fold(checksum_add(0, std::span(bytes).subspan(start, length))),
                textbook(part))
          << start << " " << length;
    }
  }
}

TEST(Checksum, CarriesOfManyOnesAreKept) {
  const std::vector<std::uint8_t> ones(1 << 20, 0xFF);
  EXPECT_EQ(checksum_fold(checksum_add(0, ones)), 0xFFFF);
}

TEST(PseudoHeader, CoversAddressesProtocolAndLength) {
  const Address a = *parse_address("192.0.2.1"), b = *parse_address("192.0.2.2");
  // c000+0201 + c000+0202 + 0006 + 0014
  EXPECT_EQ(checksum_fold(pseudo_header_sum(a, b, 6, 20)), 0x841e);
  EXPECT_NE(checksum_fold(pseudo_header_sum(a, b, 17, 20)), 0x841e);
  EXPECT_NE(checksum_fold(pseudo_header_sum(a, b, 6, 21)), 0x841e);
}

}  // namespace
}  // namespace wireproof::packet
