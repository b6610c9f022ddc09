#include "step/wish.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "step/story_for_test.h"

namespace wireproof::step {
namespace {

using testing::HasSubstr;

tl::expected<Wish, std::string> parsed(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return wish_of(words);
}

// The numbers of the rows that fit, as text.
std::string fitting(const std::string& text) {
  const Story story = short_story();
  const auto wish = parsed(text);
  if (!wish) return wish.error();
  std::string numbers;
  for (const Row& row : story.rows())
    if (wish->fits(row)) numbers += std::to_string(row.number);
  return numbers;
}

TEST(Wish, NamesPackets) {
  EXPECT_EQ(fitting(""), "1234");
  EXPECT_EQ(fitting("3"), "3");
  EXPECT_EQ(fitting("SYN"), "12");
  EXPECT_EQ(fitting("syn-ack"), "2");
  EXPECT_EQ(fitting("SYN ACK"), "2");
  EXPECT_EQ(fitting("client"), "134");
  EXPECT_EQ(fitting("client ACK"), "34");
  EXPECT_EQ(fitting("data"), "4");
  EXPECT_EQ(fitting("server data"), "");
  EXPECT_EQ(fitting("RST"), "");
}

TEST(Wish, NamesStates) {
  const Story story = short_story();
  EXPECT_TRUE(parsed("ESTABLISHED")->holds(story));
  EXPECT_TRUE(parsed("client established")->holds(story));
  EXPECT_FALSE(parsed("server ESTABLISHED")->holds(story));
  EXPECT_TRUE(parsed("server SYN_RECEIVED")->holds(story));
  EXPECT_FALSE(parsed("FIN_WAIT_1")->holds(story));
  EXPECT_FALSE(parsed("ESTABLISHED")->is_packet());
}

TEST(Wish, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(parsed("FIM").error(), HasSubstr("did you mean FIN?"));
  EXPECT_THAT(parsed("clinet SYN").error(), HasSubstr("did you mean client?"));
  EXPECT_THAT(parsed("FIN_WAIT_3").error(), HasSubstr("did you mean FIN_WAIT_"));
  EXPECT_THAT(parsed("SYN ESTABLISHED").error(), HasSubstr("not both"));
  EXPECT_THAT(parsed("end 3").error(), HasSubstr("at a time"));
  EXPECT_THAT(parsed("client end").error(), HasSubstr("at a time"));
  EXPECT_FALSE(parsed("0"));
  EXPECT_FALSE(parsed("SYN-"));
}

TEST(Wish, TellsItselfInWords) {
  for (const std::string text : {"the end", "a packet"}) SUCCEED() << text;
  EXPECT_EQ(to_string(*parsed("end")), "the end");
  EXPECT_EQ(to_string(*parsed("")), "a packet");
  EXPECT_EQ(to_string(*parsed("client syn-ack")), "client SYN ACK");
  EXPECT_EQ(to_string(*parsed("server fin_wait_1")), "server FIN_WAIT_1");
}

}  // namespace
}  // namespace wireproof::step
