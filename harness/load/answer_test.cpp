#include "load/answer.h"

#include <gtest/gtest.h>

#include <set>

namespace wireproof::load {
namespace {

using scenario::Answer;
using scenario::Framing;
using scenario::Message;
using scenario::SizeKind;

std::optional<std::size_t> end_of(const Answer& plan, std::string_view have,
                                  std::string_view request = "") {
  std::size_t scanned = 0;
  return Answers(plan, false).end_of(have, request, scanned);
}

TEST(Answers, EndWhereTheirFramingSays) {
  Answer plan;
  EXPECT_EQ(end_of(plan, "ab"), 2u);
  EXPECT_EQ(end_of(plan, ""), std::nullopt);
  plan.framing = Framing::length;
  plan.length = 3;
  EXPECT_EQ(end_of(plan, "ab"), std::nullopt);
  EXPECT_EQ(end_of(plan, "abcd"), 3u);
  plan.framing = Framing::delimiter;
  plan.text = "\r\n";
  EXPECT_EQ(end_of(plan, "+PONG\r"), std::nullopt);
  EXPECT_EQ(end_of(plan, "+PONG\r\n+P"), 7u);
  plan.framing = Framing::regex;
  plan.text = "END|ERROR";
  EXPECT_EQ(end_of(plan, "VALUE 1"), std::nullopt);
  EXPECT_EQ(end_of(plan, "VALUE 1 END x"), 11u);
  plan.framing = Framing::echo;
  EXPECT_EQ(end_of(plan, "123", "1234"), std::nullopt);
  EXPECT_EQ(end_of(plan, "12345", "1234"), 4u);
  plan.framing = Framing::end_of_stream;
  EXPECT_EQ(end_of(plan, "anything"), std::nullopt);
}

TEST(Answers, ADelimiterThatComesInTwoPiecesIsFound) {
  Answer plan;
  plan.framing = Framing::delimiter;
  plan.text = "\r\n\r\n";
  const Answers answers(plan, false);
  std::size_t scanned = 0;
  EXPECT_FALSE(answers.end_of("abc\r\n\r", "", scanned));
  EXPECT_EQ(scanned, 3u);
  EXPECT_EQ(answers.end_of("abc\r\n\r\n", "", scanned), 7u);
}

TEST(Answers, ALengthPrefixMayCountItselfAndHaveEitherOrder) {
  using namespace std::string_view_literals;
  Answer plan;
  plan.framing = Framing::length_prefix;
  plan.prefix_bytes = 2;
  EXPECT_EQ(end_of(plan, "\0"sv), std::nullopt);
  EXPECT_EQ(end_of(plan, "\0\3ab"sv), std::nullopt);
  EXPECT_EQ(end_of(plan, "\0\3abcd"sv), 5u);
  plan.prefix_little_endian = true;
  EXPECT_EQ(end_of(plan, "\3\0abcd"sv), 5u);
  plan.prefix_counts_itself = true;
  EXPECT_EQ(end_of(plan, "\3\0abcd"sv), 3u);
  EXPECT_EQ(end_of(plan, "\0\0abcd"sv), 2u);  // less than the prefix itself: no endless answers
}

TEST(Answers, WrongOnesAreTold) {
  Answer plan;
  plan.framing = Framing::length;
  plan.length = 4;
  plan.expected = "good";
  EXPECT_TRUE(Answers(plan, false).right("good", ""));
  EXPECT_FALSE(Answers(plan, false).right("evil", ""));
  EXPECT_EQ(Answers(plan, false).difference("ev\x01l", ""),
            "4 bytes \"ev\\x01l\" instead of \"good\"");
  plan.expected.reset();
  // A datagram is an answer however long it is: its length is part of its rightness.
  EXPECT_TRUE(Answers(plan, true).right("1234", ""));
  EXPECT_FALSE(Answers(plan, true).right("123", ""));
  plan.framing = Framing::echo;
  EXPECT_TRUE(Answers(plan, false).right("same", "same"));
  EXPECT_FALSE(Answers(plan, false).right("sane", "same"));
}

TEST(Requests, CountersAndSizesAreMadeAgainFromTheirNumbers) {
  Message message;
  message.text = "no {counter}!";
  std::string scratch;
  const Requests counted(message, 1);
  EXPECT_FALSE(counted.constant());
  EXPECT_EQ(counted.bytes(42, scratch), "no 000000000042!");
  message = {};
  message.text = "abc";
  EXPECT_TRUE(Requests(message, 1).constant());
  message.sizes = SizeKind::uniform;
  message.least = 10;
  message.most = 20;
  const Requests sized(message, 1);
  std::set<std::size_t> seen;
  for (std::uint64_t i = 0; i < 500; ++i) {
    const std::string once(sized.bytes(i, scratch));
    EXPECT_EQ(once, sized.bytes(i, scratch));
    seen.insert(once.size());
  }
  EXPECT_EQ(seen.size(), 11u);
  EXPECT_EQ(*seen.begin(), 10u);
  EXPECT_EQ(*seen.rbegin(), 20u);
}

}  // namespace
}  // namespace wireproof::load
