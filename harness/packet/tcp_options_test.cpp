#include "packet/tcp_options.h"

#include <gtest/gtest.h>

#include "packet/build.h"

namespace wireproof::packet {
namespace {

using build::Bytes;

TcpOptions read(const Bytes& bytes) { return decode_tcp_options(bytes, true); }

TEST(TcpOptions, AllOfASyn) {
  const TcpOptions options =
      read(build::join({build::option_mss(1460), build::option_sack_permitted(),
                        build::option_timestamps(7, 9), Bytes{1}, build::option_window_scale(10)}));
  EXPECT_EQ(options.mss, 1460);
  EXPECT_TRUE(options.sack_permitted);
  ASSERT_TRUE(options.timestamps);
  EXPECT_EQ(options.timestamps->value, 7u);
  EXPECT_EQ(options.timestamps->echo_reply, 9u);
  EXPECT_EQ(options.window_scale, 10);
  EXPECT_EQ(options.malformed, "");
}

TEST(TcpOptions, SackBlocks) {
  const TcpOptions options =
      read(build::option_sack({{1, 2}, {3, 4}, {5, 6}, {0xFFFFFFFF, 0x80000000}}));
  ASSERT_EQ(options.sack_count, 4);
  EXPECT_EQ(options.sack[3].left, 0xFFFFFFFF);
  EXPECT_EQ(options.sack[3].right, 0x80000000);
}

TEST(TcpOptions, FastOpenOfBothKinds) {
  EXPECT_TRUE(read({34, 2}).fast_open);
  EXPECT_EQ(read({34, 10, 1, 2, 3, 4, 5, 6, 7, 8}).fast_open_cookie_length, 8);
  const TcpOptions experimental = read({254, 8, 0xF9, 0x89, 1, 2, 3, 4});
  EXPECT_TRUE(experimental.fast_open);
  EXPECT_EQ(experimental.fast_open_cookie_length, 4);
  EXPECT_FALSE(read({254, 4, 0xAB, 0xCD}).fast_open);
}

TEST(TcpOptions, TheRarerOnes) {
  EXPECT_TRUE(read(Bytes{30, 4, 0, 1}).mptcp);
  EXPECT_TRUE(read({19, 18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}).md5_or_ao);
  EXPECT_TRUE(read({29, 4, 1, 1}).md5_or_ao);
  EXPECT_EQ(read({28, 4, 0x80, 0x05}).user_timeout, 0x8005);
  EXPECT_EQ(read({77, 4, 1, 2, 78, 2}).unknown_count, 2);
}

TEST(TcpOptions, ParsingStopsAtTheEndOption) { EXPECT_FALSE(read({0, 2, 4, 5, 0xB4}).mss); }

TEST(TcpOptions, MalformedLengthsAreNamedAndWhatCameBeforeIsKept) {
  struct Case {
    Bytes bytes;
    const char* malformed;
  };
  for (const Case& each : {
           Case{{8, 0}, "option 8 has length 0"},
           Case{{253, 1, 0, 0}, "option 253 has length 1"},
           Case{{8, 10, 1, 2}, "option 8 ends past the header"},
           Case{{77}, "option 77 has no length"},
           Case{{2, 3, 1}, "option 2 has a length not its own"},
           Case{{3, 4, 1, 1}, "option 3 has a length not its own"},
           Case{{4, 3, 1}, "option 4 has a length not its own"},
           Case{{5, 6, 1, 1, 1, 1}, "option 5 has a length not its own"},
           Case{{5, 2}, "option 5 has a length not its own"},
           Case{{8, 6, 1, 1, 1, 1}, "option 8 has a length not its own"},
           Case{{19, 4, 1, 1}, "option 19 has a length not its own"},
           Case{{28, 3, 1}, "option 28 has a length not its own"},
           Case{{29, 3, 1}, "option 29 has a length not its own"},
           Case{{30, 2}, "option 30 has a length not its own"},
           Case{{34, 4, 1, 1}, "option 34 has a length not its own"},
       }) {
    const TcpOptions options = read(build::join({build::option_mss(9), each.bytes}));
    EXPECT_EQ(options.malformed, each.malformed);
    EXPECT_EQ(options.mss, 9);
  }
}

TEST(TcpOptions, CutByTheCaptureIsNotMalformed) {
  const Bytes bytes = build::option_timestamps(1, 2);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_EQ(decode_tcp_options(build::View(bytes).first(length), false).malformed, "");
  }
}

}  // namespace
}  // namespace wireproof::packet
