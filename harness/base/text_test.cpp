#include "base/text.h"

#include <gtest/gtest.h>

namespace wireproof {
namespace {

TEST(Printable, KeepsWellFormedTextAsItIs) { EXPECT_EQ(printable("success ✓ Ä"), "success ✓ Ä"); }

TEST(Printable, DisarmsControlsEscapesAndBrokenUtf8) {
  EXPECT_EQ(printable("\x1b[31mred\x07\n"), "\\x1b[31mred\\x07\\n");
  EXPECT_EQ(printable("a\xff\xc3(\xed\xa0\x80"), "a\\xff\\xc3(\\xed\\xa0\\x80");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");
}

TEST(Printable, DisarmsWhatReordersOrBreaksLines) {
  EXPECT_EQ(printable("a\u202Eb"), "a\\xe2\\x80\\xaeb");
  EXPECT_EQ(printable("a\u2028b\u0085"), "a\\xe2\\x80\\xa8b\\xc2\\x85");
}

TEST(Printable, SaysWhatItLeavesOut) { EXPECT_EQ(printable("abcdef", 4), "abcd... 2 more bytes"); }

TEST(Quoted, EscapesQuotesAndBackslashes) { EXPECT_EQ(quoted("a\"b\\"), "\"a\\\"b\\\\\""); }

TEST(Hex, LimitsAndCounts) {
  const std::uint8_t bytes[] = {1, 0xab, 3};
  EXPECT_EQ(hex(bytes, 2), "01 ab ... 1 more bytes");
}

TEST(Nearest, FindsTheMeantNameOnly) {
  const std::vector<std::string> names = {"connect", "accept", "expect"};
  EXPECT_EQ(nearest("conect", names), "connect");
  EXPECT_EQ(nearest("exspect", names), "expect");
  EXPECT_EQ(nearest("launch", names), "");
  EXPECT_EQ(nearest("rnu", {"run", "list"}), "run");  // swapped neighbours are one slip
}

}  // namespace
TEST(FitsPattern, StarsStandForAnything) {
  for (const auto& [pattern, text, wanted] : {std::tuple{"", "", true},
                                              {"a", "a", true},
                                              {"a", "ab", false},
                                              {"*", "", true},
                                              {"a*", "abc", true},
                                              {"*c", "abc", true},
                                              {"a*c", "ac", true},
                                              {"a*b*c", "aXbYbZc", true},
                                              {"a*bc", "abcbc", true},
                                              {"*ab*ab*", "ab", false},
                                              {"a*a", "a", false},
                                              {"**", "x", true},
                                              {"*b", "abc", false}}) {
    EXPECT_EQ(fits_pattern(pattern, text), wanted) << pattern << " " << text;
  }
}

TEST(FitsPattern, ManyStarsTakeNoLongerThanTheirLengthsTogether) {
  std::string stars;
  for (int i = 0; i < 1'000; ++i) stars += "*a";
  EXPECT_FALSE(fits_pattern(stars + "b", std::string(2'000, 'a')));
}

}  // namespace wireproof
