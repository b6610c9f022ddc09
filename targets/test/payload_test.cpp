#include "common/payload.h"

#include <gtest/gtest.h>

#include "common/address.h"
#include "common/error.h"
#include "common/output.h"

namespace targets {
namespace {

TEST(Payload, PatternHasItsBytesAtEveryOffset) {
  const Payload pattern = Payload::pattern(1'000'000);
  std::size_t offset = 0;
  while (offset < pattern.size()) {
    const std::string_view piece = pattern.at(offset).substr(0, 70'001);
    ASSERT_FALSE(piece.empty());
    for (std::size_t i = 0; i < piece.size(); ++i) {
      ASSERT_EQ(piece[i], static_cast<char>('!' + (offset + i) % 89)) << offset + i;
    }
    offset += piece.size();
  }
  EXPECT_EQ(offset, 1'000'000u);
  EXPECT_TRUE(pattern.at(offset).empty());
}

TEST(Payload, TextEndsWhereItEnds) {
  EXPECT_EQ(Payload::text("success").at(3), "cess");
  EXPECT_TRUE(Payload::text("").at(0).empty());
  EXPECT_EQ(Payload::pattern(3).at(1), "\"#");
}

TEST(Printable, ShowsNoControlBytes) {
  EXPECT_EQ(printable("a\\b\x1b[31m\n\xff"), "a\\\\b\\x1b[31m\\x0a\\xff");
  EXPECT_EQ(printable(std::string(2000, 'x')), std::string(1024, 'x') + "... (2000 bytes)");
}

TEST(Address, ReadsAndShowsEveryFamily) {
  EXPECT_EQ(Address::inet("127.0.0.1", 80).text(), "127.0.0.1:80");
  EXPECT_EQ(Address::inet("::1", 80).text(), "[::1]:80");
  EXPECT_EQ(Address::inet("fe80::1%lo", 80).text(), "[fe80::1%lo]:80");
  EXPECT_EQ(Address::unix_name("/tmp/x").text(), "/tmp/x");
  EXPECT_EQ(Address::unix_name("@x").text(), "@x");
  EXPECT_EQ(Address::unix_autobind().text(), "unnamed");
  for (const char* const wrong : {"", "localhost", "1.2.3", "1.2.3.4.5", "::1%nowhere", "[::1]"}) {
    EXPECT_THROW(Address::inet(wrong, 1), UsageError) << wrong;
  }
  EXPECT_THROW(Address::unix_name(""), UsageError);
  EXPECT_THROW(Address::unix_name("@"), UsageError);
  EXPECT_NO_THROW(Address::unix_name(std::string(107, 'x')));
  EXPECT_THROW(Address::unix_name(std::string(108, 'x')), UsageError);
  EXPECT_NO_THROW(Address::unix_name("@" + std::string(107, 'x')));
}

TEST(Address, ReadsBindArguments) {
  EXPECT_EQ(Address::bind_argument("127.0.0.2").text(), "127.0.0.2:0");
  EXPECT_EQ(Address::bind_argument("127.0.0.2:7").text(), "127.0.0.2:7");
  EXPECT_EQ(Address::bind_argument("::1").text(), "[::1]:0");
  EXPECT_EQ(Address::bind_argument("[::1]").text(), "[::1]:0");
  EXPECT_EQ(Address::bind_argument("[::1]:7").text(), "[::1]:7");
  for (const char* const wrong : {"[::1", "[::1]7", "[::1]:", "127.0.0.1:x", "127.0.0.1:65536"}) {
    EXPECT_THROW(Address::bind_argument(wrong), UsageError) << wrong;
  }
}

}  // namespace
}  // namespace targets
