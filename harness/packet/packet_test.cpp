#include "packet/packet.h"

#include <gtest/gtest.h>

namespace wireproof::packet {
namespace {

TEST(AddressText, RoundTripsBothFamilies) {
  for (const char* text :
       {"0.0.0.0", "192.0.2.1", "::", "::1", "2001:db8::8:800:200c:417a", "::ffff:192.0.2.1"}) {
    const auto address = parse_address(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(to_string(*address), text);
  }
  EXPECT_EQ(parse_address("127.0.0.1")->family, Family::ipv4);
  EXPECT_EQ(parse_address("::1")->family, Family::ipv6);
}

TEST(AddressText, RefusesWhatIsNoAddress) {
  for (const std::string_view text :
       {"", "192.0.2", "192.0.2.256", "2001:db8:::1", "localhost", " 192.0.2.1", "::1%lo",
        "1234567890123456789012345678901234567890123456"}) {
    EXPECT_FALSE(parse_address(text)) << text;
  }
  EXPECT_FALSE(parse_address(std::string_view("::1\0x", 5)));
  EXPECT_EQ(to_string(Address{}), "-");
}

TEST(EndpointText, PutsIpv6InBrackets) {
  EXPECT_EQ(to_string(Endpoint{*parse_address("192.0.2.1"), 80}), "192.0.2.1:80");
  EXPECT_EQ(to_string(Endpoint{*parse_address("2001:db8::1"), 65535}), "[2001:db8::1]:65535");
}

TEST(FlagsText, NamesEachBit) {
  EXPECT_EQ(flags_text(0), "none");
  EXPECT_EQ(flags_text(flag::syn), "SYN");
  EXPECT_EQ(flags_text(flag::fin | flag::ack), "FIN ACK");
  EXPECT_EQ(flags_text(0x1FF), "FIN SYN RST PSH ACK URG ECE CWR AE");
}

}  // namespace
}  // namespace wireproof::packet
