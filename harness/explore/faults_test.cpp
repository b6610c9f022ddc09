#include "explore/faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace wireproof::explore {
namespace {

using testing::ElementsAre;

const std::vector<Side> handshake = {Side::client, Side::server, Side::client};

TEST(Faults, FollowTheOrderOfPacketsAndThenTakeTurns) {
  EXPECT_THAT(places(handshake, 5),
              ElementsAre(Place{Side::client, 1}, Place{Side::server, 1}, Place{Side::client, 2},
                          Place{Side::client, 3}, Place{Side::server, 2}));
  EXPECT_THAT(places(handshake, 1), ElementsAre(Place{Side::client, 1}));
}

TEST(Faults, EveryCombinationOnceAndTheSmallerFirst) {
  const auto where = places(handshake, 3);
  const auto all = combinations(where, all_kinds, 2);
  std::set<std::string> names;
  std::size_t size = 0;
  for (const Faults& faults : all) {
    EXPECT_GE(faults.size(), size);
    size = faults.size();
    names.insert(name(faults));
  }
  EXPECT_EQ(all.size(), 1u + 9 + 27);
  EXPECT_EQ(names.size(), all.size());
  EXPECT_EQ(name(all.front()), "none");
  EXPECT_TRUE(names.contains("drop-client-1+swap-server-1"));
  EXPECT_FALSE(names.contains("drop-client-1+swap-client-1"));
}

TEST(Faults, AreCountedWithoutBeingMade) {
  for (std::size_t packets = 0; packets < 6; ++packets) {
    for (unsigned budget = 0; budget < 4; ++budget) {
      EXPECT_EQ(count_combinations(packets, 3, budget, 1'000'000),
                combinations(places(handshake, packets), all_kinds, budget).size());
    }
  }
  EXPECT_EQ(count_combinations(14, 3, 2, 1'000'000), 1u + 42 + 819);
  EXPECT_EQ(count_combinations(1000, 3, 4, 20'000), 20'000u);
}

TEST(Faults, AreToldInWords) {
  const Faults faults = {{{Side::client, 2}, Kind::drop}, {{Side::server, 11}, Kind::swap}};
  EXPECT_EQ(to_words(faults),
            "the client's 2nd packet dropped, the server's 11th packet put behind the next");
  EXPECT_EQ(name(faults), "drop-client-2+swap-server-11");
}

}  // namespace
}  // namespace wireproof::explore
