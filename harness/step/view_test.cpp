#include "step/view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "step/story_for_test.h"
#include "step/words.h"
#include "tcp/ladder_row.h"

namespace wireproof::step {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

ViewOptions plain(unsigned width) { return {width, 24, false, false}; }

TEST(View, DrawsTheLadder) {
  EXPECT_THAT(
      ladder(short_story(), plain(80), 0, 4),
      ElementsAre("           CLOSED |                                              | LISTEN",
                  "   1     SYN_SENT |--- SYN seq 0 ------------------------------->|",
                  "   2  ESTABLISHED |<--- SYN ACK seq 0 ack 1 ---------------------| SYN_RECEIVED",
                  "   3              |--- ACK seq 1 ack 1 ---------------x          |",
                  ">  4              |--- PSH ACK seq 1 ack 1 len 3 -----#          |"));
}

TEST(View, NarrowWindowsGetTheWordsAboveTheArrow) {
  EXPECT_THAT(ladder(short_story(), plain(44), 0, 4),
              testing::Contains(">  4 PSH ACK seq 1 ack 1 len 3"));
}

class Width : public testing::TestWithParam<unsigned> {};

TEST_P(Width, NothingIsWiderThanTheWindowNorHigher) {
  Story story = short_story();
  story.settle(4, Fate::doubled);
  for (std::uint64_t i = 5; i < 60; ++i) {
    story.arrive(held_packet(i, Side::server, packet::flag::ack, 1, 4), false);
  }
  for (const unsigned height : {8u, 10u, 24u, 60u}) {
    for (const bool unicode : {false, true}) {
      const ViewOptions options{GetParam(), height, unicode, false};
      Frame frame{"a title that is much longer than a narrow window has columns", 5, "a notice",
                  "[space] let through  [d] drop  [2] double  [q] quit"};
      const auto lines = screen(story, frame, options);
      EXPECT_LE(lines.size(), height);
      for (const std::string& line : lines) {
        EXPECT_LE(tcp::columns(line), GetParam()) << line;
        EXPECT_THAT(line, Not(HasSubstr("\n")));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Columns, Width, testing::Values(40u, 60u, 71u, 72u, 80u, 132u, 200u));

TEST(View, ColourIsOnlyWhereItIsWanted) {
  ViewOptions options = plain(80);
  Frame frame{"title", 4, "notice", "keys"};
  EXPECT_THAT(screen(short_story(), frame, options), Each(Not(HasSubstr("\x1b"))));
  options.colour = true;
  EXPECT_THAT(screen(short_story(), frame, options), testing::Contains(HasSubstr("\x1b[")));
}

TEST(View, AStateWithoutAPacketHasNoArrow) {
  Story story = short_story();
  for (int i = 0; i < 3; ++i) story.next_look();
  story.see(1, Side::server, tcp::State::closed);
  EXPECT_THAT(ladder(story, plain(80)),
              testing::Contains(
                  "                  |                                              | CLOSED"));
}

TEST(Words, TellWhatASegmentIsFor) {
  const Story story = short_story();
  const auto headline = [&](unsigned number) {
    return in_words(*story.find(number), nullptr).headline;
  };
  EXPECT_EQ(headline(1), "SYN from the client: asks for a connection");
  EXPECT_EQ(headline(2),
            "SYN ACK from the server: agrees to the connection, and asks for its own direction");
  EXPECT_EQ(headline(3), "ACK from the client: an acknowledgement alone");
  EXPECT_EQ(headline(4), "PSH ACK from the client: data: 3 bytes");
}

TEST(Words, TellEachField) {
  const Story story = short_story();
  const Told told = in_words(*story.find(4), nullptr);
  ASSERT_THAT(told.fields, SizeIs(3));
  EXPECT_EQ(told.fields[0].name, "sequence");
  EXPECT_EQ(told.fields[0].meaning, "bytes 1 to 3 of its stream");
  EXPECT_EQ(told.fields[1].meaning, "it has the other's SYN, and wants byte 1");
  EXPECT_EQ(told.fields[2].name, "window");
}

TEST(Wrapped, PartsAtWordsAndAtKeys) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(wrapped("one two three", 8), (Lines{"one two", "three"}));
  EXPECT_EQ(wrapped("[q] quit  [?] help", 11, "  "), (Lines{"[q] quit", "[?] help"}));
  EXPECT_EQ(wrapped("a  table stays", 20), Lines{"a  table stays"});
  EXPECT_EQ(wrapped("", 5), Lines{""});
  EXPECT_EQ(wrapped("longerthanthat x", 5), (Lines{"longerthanthat", "x"}));
}

}  // namespace
}  // namespace wireproof::step
