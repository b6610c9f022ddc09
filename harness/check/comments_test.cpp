#include "check/comments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wireproof::check {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Comments, AreTakenByPacketInTheOrderTheyWereAddedWhereverTheyWaited) {
  for (const std::size_t most : {std::size_t{1} << 20, std::size_t{300}, std::size_t{1}}) {
    Comments comments(most);
    for (int round = 0; round < 3; ++round) {
      for (const std::uint64_t packet : {9, 2, 5}) {
        comments.add(packet, std::to_string(packet) + "." + std::to_string(round));
      }
    }
    EXPECT_EQ(comments.files() > 0, most < 1000) << most;
    for (int pass = 0; pass < 2; ++pass) {  // annotating, then splitting
      comments.rewind();
      EXPECT_THAT(comments.take(1), IsEmpty());
      EXPECT_THAT(comments.take(2), ElementsAre("2.0", "2.1", "2.2"));
      EXPECT_THAT(comments.take(8), IsEmpty());  // 5 was not asked for
      EXPECT_THAT(comments.take(9), ElementsAre("9.0", "9.1", "9.2"));
      EXPECT_THAT(comments.take(10), IsEmpty());
    }
    comments.clear();
    comments.rewind();
    EXPECT_THAT(comments.take(2), IsEmpty());
    EXPECT_EQ(comments.files(), 0u);
  }
}

TEST(Comments, AFindingIsSaidAtEachOfItsPackets) {
  Finding finding;
  finding.rule = "tcp.close.data-after-fin";
  finding.packets = {3, 4};
  finding.expected = "nothing";
  finding.observed = "more";
  Comments comments;
  comments.add(finding);
  comments.rewind();
  EXPECT_THAT(comments.take(3), ElementsAre(comment_text(finding)));
  EXPECT_THAT(comments.take(4), ElementsAre(comment_text(finding)));
}

}  // namespace
}  // namespace wireproof::check
