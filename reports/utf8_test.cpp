#include "reports/utf8.h"

#include <gtest/gtest.h>

namespace wireproof::report {
namespace {

TEST(Utf8, WellFormedSequencesOnly) {
  EXPECT_EQ(utf8_length("a", 0), 1u);
  EXPECT_EQ(utf8_length("\xc3\xa9", 0), 2u);
  EXPECT_EQ(utf8_length("\xe4\xb8\xad", 0), 3u);
  EXPECT_EQ(utf8_length("\xf0\x9f\x98\x80", 0), 4u);
  for (const char* bad : {"\x80", "\xc0\x80", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xe4\xb8",
                          "\xf4\x90\x80\x80", "\xf0\x80\x80\x80", "\xff"}) {
    EXPECT_EQ(utf8_length(bad, 0), 0u);
  }
  EXPECT_EQ(utf8_code_point("\xe4\xb8\xad"), U'中');
  EXPECT_EQ(utf8_code_point("\xf0\x9f\x98\x80"), U'\U0001F600');
}

TEST(Utf8, ControlsAndOverridesAreNotShown) {
  for (const char32_t point : {0x00u, 0x1Bu, 0x7Fu, 0x9Bu, 0x200Eu, 0x2028u, 0x202Eu, 0x2066u}) {
    EXPECT_TRUE(is_display_control(point)) << static_cast<unsigned>(point);
  }
  for (const char32_t point : {U'a', U'é', U'中', U'–'}) EXPECT_FALSE(is_display_control(point));
}

TEST(DisplayWidth, WideCombiningAndColour) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("中文"), 4u);
  EXPECT_EQ(display_width("e\xcc\x81"), 1u);
  EXPECT_EQ(display_width("\x1b[31mred\x1b[0m"), 3u);
}

TEST(Shortened, NeverCutsACharacterNorExceedsTheWidth) {
  EXPECT_EQ(shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(shortened("abcdefg", 6), "abcde…");
  EXPECT_EQ(shortened("abcdefg", 6, false), "abc...");
  EXPECT_EQ(shortened("中文中文", 4), "中…");
  for (std::size_t columns = 0; columns < 10; ++columns) {
    EXPECT_LE(display_width(shortened("中a文b中c文", columns)), columns);
    EXPECT_LE(display_width(shortened("中a文b中c文", columns, false)), columns);
  }
}

}  // namespace
}  // namespace wireproof::report
