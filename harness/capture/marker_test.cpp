#include "capture/marker.h"

#include <gtest/gtest.h>

#include "packet/build.h"

namespace wireproof::capture {
namespace {

TEST(Marker, OrdinaryAndForeignFramesAreNone) {
  const auto bytes = packet::build::udp_frame(packet::build::endpoint("192.0.2.1", 1),
                                              packet::build::endpoint("192.0.2.2", 2),
                                              packet::build::text("wireproof marker"));
  EXPECT_FALSE(read_marker(bytes));
  std::vector<std::uint8_t> marker(60);
  marker[12] = 0x88;
  marker[13] = 0xB5;
  EXPECT_FALSE(read_marker(marker));  // another experiment with the same type
  const std::string_view magic = "wireproof marker";
  std::copy(magic.begin(), magic.end(), marker.begin() + 14);
  marker[30] = 7;
  marker[38] = 9;
  ASSERT_TRUE(read_marker(marker));
  EXPECT_EQ(read_marker(marker)->capture, 7u);
  EXPECT_EQ(read_marker(marker)->sequence, 9u);
  for (std::size_t length = 0; length < 46; ++length) {
    EXPECT_FALSE(read_marker(std::span(marker).first(length)));
  }
}

}  // namespace
}  // namespace wireproof::capture
