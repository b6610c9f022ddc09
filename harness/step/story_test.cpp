#include "step/story.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "step/story_for_test.h"

namespace wireproof::step {
namespace {

using packet::flag::ack;
using packet::flag::fin;
using packet::flag::psh;
using packet::flag::syn;
using tcp::State;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<unsigned> numbers(const Story& story) {
  std::vector<unsigned> all;
  for (const Row& row : story.rows()) all.push_back(row.number);
  return all;
}

TEST(Story, TellsWhatHappenedInPlainLines) {
  EXPECT_THAT(
      short_story().log(),
      ElementsAre("held 1 client SYN seq 0", "state client SYN_SENT", "passed 1",
                  "held 2 server SYN ACK seq 0 ack 1", "state server SYN_RECEIVED", "passed 2",
                  "held 3 client ACK seq 1 ack 1", "held 4 client PSH ACK seq 1 ack 1 length 3",
                  "state client ESTABLISHED", "dropped 3"));
}

TEST(Story, PutsAStateBesideThePacketThatBroughtIt) {
  const Story story = short_story();
  EXPECT_THAT(story.find(1)->of(Side::client), ElementsAre(State::syn_sent));
  EXPECT_THAT(story.find(1)->of(Side::server), IsEmpty());
  EXPECT_THAT(story.find(2)->of(Side::server), ElementsAre(State::syn_received));
  EXPECT_THAT(story.find(2)->of(Side::client), ElementsAre(State::established));
}

TEST(Story, HasRowsInTheOrderOfSettlingAndHeldOnesBelow) {
  Story story = short_story();
  story.arrive(held_packet(5, Side::client, fin | ack, 4, 1), false);
  EXPECT_THAT(numbers(story), ElementsAre(1, 2, 3, 4, 5));
  story.settle(5, Fate::passed);
  EXPECT_THAT(numbers(story), ElementsAre(1, 2, 3, 5, 4));
  EXPECT_EQ(story.oldest_held()->number, 4u);
  EXPECT_EQ(story.held(), 1u);
}

TEST(Story, AChangeWithoutAPacketHasARowOfItsOwn) {
  Story story = short_story();  // its last settled packet was dropped: it explains nothing
  for (int i = 0; i < 3; ++i) story.next_look();
  story.see(1, Side::server, State::closed);
  EXPECT_THAT(numbers(story), ElementsAre(1, 2, 3, 0, 4));
  EXPECT_THAT(story.rows()[3].of(Side::server), ElementsAre(State::closed));
}

TEST(Story, CountsCopiesOfWhatIsHeldUnlessTheyAreWanted) {
  Story story;
  story.arrive(held_packet(1, Side::client, syn, 0), false);
  EXPECT_TRUE(story.arrive(held_packet(2, Side::client, syn, 0, 0, 0, true), false));
  EXPECT_EQ(story.find(1)->copies, 1u);
  EXPECT_EQ(story.held(), 1u);
  EXPECT_FALSE(story.arrive(held_packet(3, Side::client, syn, 0, 0, 0, true), true));
  EXPECT_EQ(story.held(), 2u);
  // Once the first is dropped, the next sending is a packet of its own.
  story.settle(1, Fate::dropped);
  story.settle(3, Fate::dropped);
  EXPECT_FALSE(story.arrive(held_packet(4, Side::client, syn, 0, 0, 0, true), false));
}

TEST(Story, ASecondAcknowledgementAlikeIsNoCopy) {
  Story story;
  story.arrive(held_packet(1, Side::client, ack, 4, 1), false);
  EXPECT_FALSE(story.arrive(held_packet(2, Side::client, ack, 4, 1), false));
  EXPECT_EQ(story.held(), 2u);
}

TEST(Story, SettlingTwiceOrTheUnknownDoesNothing) {
  Story story = short_story();
  const auto before = story.log();
  story.settle(1, Fate::dropped);
  story.settle(99, Fate::dropped);
  EXPECT_EQ(story.log(), before);
}

}  // namespace
}  // namespace wireproof::step
