// Addresses, words and patterns: the parts that steps are made of.
#include <gmock/gmock.h>

#include <chrono>
#include <stdexcept>

#include "script/address.h"
#include "script/pattern.h"
#include "script/wording.h"

namespace wireproof::script {
namespace {

using namespace std::chrono_literals;

TEST(SocketAddress, SaysWhatItIs) {
  EXPECT_EQ(to_string(SocketAddress::internet(*packet::parse_address("192.0.2.1"), 80)),
            "192.0.2.1:80");
  EXPECT_EQ(to_string(SocketAddress::internet(*packet::parse_address("2001:db8::1"), 80)),
            "[2001:db8::1]:80");
  EXPECT_EQ(to_string(SocketAddress::unix_name("/tmp/s")), "/tmp/s");
  EXPECT_EQ(to_string(SocketAddress::unix_name("@s")), "@s");
  EXPECT_EQ(to_string(SocketAddress::unix_name("/tmp/\x1b[2J")), "/tmp/\\x1b[2J");
  EXPECT_EQ(to_string(SocketAddress()), "an unnamed socket");
}

TEST(SocketAddress, LengthsAreAsUnix7HasThem) {
  EXPECT_EQ(SocketAddress::unix_name("@s").length(), 4u);  // family, zero byte, name
  EXPECT_EQ(SocketAddress::unix_name("/s").length(), 5u);  // family, path, zero byte
  EXPECT_EQ(SocketAddress::unix_name(std::string(108, 'x')).length(), 110u);
  EXPECT_EQ(SocketAddress::unix_name(std::string(109, 'x')).length(), 111u);
  EXPECT_EQ(SocketAddress::unix_name(std::string(108, 'x')).unix_text(), std::string(108, 'x'));
}

TEST(SocketAddress, ComparesAsTheWireDoes) {
  const auto ipv4 = SocketAddress::internet(*packet::parse_address("192.0.2.1"), 80);
  const auto mapped = SocketAddress::internet(*packet::parse_address("::ffff:192.0.2.1"), 80);
  EXPECT_EQ(ipv4, mapped);
  EXPECT_FALSE(ipv4 == SocketAddress::internet(*packet::parse_address("192.0.2.1"), 81));
  EXPECT_FALSE(ipv4 == SocketAddress::unix_name("@s"));
  EXPECT_EQ(SocketAddress::unix_name("@s"), SocketAddress::unix_name("@s"));
  EXPECT_FALSE(SocketAddress::unix_name("@s") == SocketAddress::unix_name("s"));
}

TEST(Words, OfBytes) {
  EXPECT_EQ(bytes_text(""), "0 bytes");
  EXPECT_EQ(bytes_text("x"), "1 byte \"x\"");
  EXPECT_EQ(bytes_text(std::string("\0\n\"", 3)), "3 bytes \"\\x00\\n\\\"\"");
  EXPECT_EQ(bytes_text(std::string(201, 'x')),
            "201 bytes \"" + std::string(200, 'x') + "\"... 1 more bytes");
  EXPECT_EQ(bytes_text("ab", 1000), "1000 bytes \"ab\"... 998 more bytes");
}

TEST(Words, OfDifferences) {
  EXPECT_EQ(difference_text("success", "succeed"),
            "from offset 5 on wanted 73 73 \"ss\", came 65 64 \"ed\"");
  EXPECT_EQ(difference_text("same", "same"), "");
  EXPECT_EQ(difference_text("same", "sam"), "");
  EXPECT_EQ(difference_text(std::string(30, 'a'), "b"),
            "from offset 0 on wanted 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 "
            "\"aaaaaaaaaaaaaaaa\" and 14 more, came 62 \"b\"");
}

TEST(Words, OfTimesAndErrors) {
  EXPECT_EQ(ms_text(1'340us), "1.3 ms");
  EXPECT_EQ(ms_text(1203ms), "1203 ms");
  EXPECT_EQ(errno_text(ECONNREFUSED), "ECONNREFUSED (Connection refused)");
  EXPECT_TRUE(is_errno("EWOULDBLOCK", EAGAIN));
  EXPECT_TRUE(is_errno("ENOTSUP", EOPNOTSUPP));
  EXPECT_TRUE(is_errno("EOPNOTSUPP", EOPNOTSUPP));
  EXPECT_FALSE(is_errno("ECONNRESET", ECONNREFUSED));
  EXPECT_FALSE(is_errno("", 0));
}

TEST(Pattern, FindsTheEndOfTheFirstMatch) {
  EXPECT_EQ(Pattern("b+").find("abbc"), 3u);
  EXPECT_EQ(Pattern("^b").find("ab"), std::nullopt);
  EXPECT_EQ(Pattern("").find(""), 0u);
  EXPECT_EQ(Pattern("\xc3\xa4").find("\xc3\xa4"), 2u);
  EXPECT_EQ(Pattern("b").find(std::string(Pattern::limit, 'a') + "b"), std::nullopt);
}

TEST(Pattern, RefusesWhatItCannotBound) {
  EXPECT_THROW(Pattern("("), std::invalid_argument);
  EXPECT_THROW(Pattern("(a)\\1"), std::invalid_argument);
}

// Exponential, and a stack overflow, in a matcher that backtracks.
TEST(Pattern, TakesBoundedTimeOnHostileInput) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(Pattern("^(a*)*b").find(std::string(Pattern::limit, 'a')), std::nullopt);
  EXPECT_EQ(Pattern("^(.|x)*y").find(std::string(1'000'000, 'x')), std::nullopt);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 60s);
}

}  // namespace
}  // namespace wireproof::script
