#include "check/where.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "packet/build.h"

namespace wireproof::check {
namespace {

using ::testing::HasSubstr;

report::ConnectionReport reset_connection() {
  report::ConnectionReport one;
  one.connection.opening = tcp::Opening::three_way;
  one.connection.closing = tcp::Closing::reset;
  one.connection.closed_first = tcp::ClosedFirst::server;
  one.connection.handshake_ns = 2'500'000;
  one.connection.packets = 12;
  one.connection.ends[0].endpoint = packet::build::endpoint("10.0.0.1", 40000);
  one.connection.ends[1].endpoint = packet::build::endpoint("10.0.0.2", 80);
  one.connection.ends[1].payload_bytes = 1000;
  one.judgement.verdict = Verdict::failed;
  Finding finding;
  finding.rule = "tcp.reset.sequence";
  finding.severity = Severity::must;
  one.judgement.findings.push_back(finding);
  return one;
}

bool matches(std::string_view expression) {
  const auto where = Where::parse(expression);
  EXPECT_TRUE(where) << expression << ": " << where.error();
  return where && where->matches(reset_connection());
}

TEST(Where, EachKeyCanHoldAndFail) {
  for (const std::string_view yes :
       {"closing=reset",       "close=reset",      "opening=three-way", "open!=refused",
        "closed_first=server", "half_close=false", "verdict=failed",    "rule=tcp.reset.sequence",
        "rule=tcp.reset.*",    "rule=*.sequence",  "rule!=tcp.close.*", "severity=must",
        "client=10.0.0.1",     "host=10.0.0.2",    "server=10.*",       "port=80",
        "client_port>30000",   "packets>=12",      "packets<=12",       "bytes=1000",
        "handshake_ms=2.5",    "handshake_ms<3",   "close_ms!=1",       "closing=reset|four-way"}) {
    EXPECT_TRUE(matches(yes)) << yes;
  }
  for (const std::string_view no :
       {"closing=four-way", "opening!=three-way", "closed_first=client", "half_close=true",
        "verdict=passed|inconclusive", "rule=tcp.reset", "rule=tcp.close.*", "severity=note",
        "client=10.0.0.2", "host=10.0.0.3", "port=8080", "packets>12", "packets<12", "bytes!=1000",
        "handshake_ms>2.5", "close_ms<5", "close_ms>=0"}) {
    EXPECT_FALSE(matches(no)) << no;
  }
}

TEST(Where, AndBindsTighterThanOrAndParenthesesTighterThanBoth) {
  EXPECT_TRUE(matches("closing=reset and rule=tcp.reset.*"));
  EXPECT_FALSE(matches("closing=reset and port=81"));
  EXPECT_TRUE(matches("port=81 or closing=reset"));
  EXPECT_TRUE(matches("port=80 or port=81 and port=82"));
  EXPECT_FALSE(matches("(port=80 or port=81) and port=82"));
  EXPECT_TRUE(matches("not port=81"));
  EXPECT_FALSE(matches("not (port=81 or port=80)"));
  EXPECT_TRUE(matches("not not closing = reset"));
}

TEST(Where, WhatIsWrongIsSaidWithItsPlaceAndWhatWouldBeRight) {
  const struct {
    std::string_view expression, words;
  } cases[] = {
      {"", "a term is missing"},
      {"closing", "closing needs one of"},
      {"closing=", "closing needs a value"},
      {"closing=rest", "did you mean reset?"},
      {"clossing=reset", "did you mean closing?"},
      {"closing<reset", "no number"},
      {"packets=many", "is none"},
      {"closing=reset and", "at character 18: a term is missing"},
      {"(closing=reset", "closing parenthesis"},
      {"closing=reset closing=reset", "at character 15"},
      {"closing=reset)", "does not belong there"},
  };
  for (const auto& each : cases) {
    const auto where = Where::parse(each.expression);
    ASSERT_FALSE(where) << each.expression;
    EXPECT_THAT(where.error(), HasSubstr(each.words));
  }
  EXPECT_FALSE(Where::parse(std::string(100'000, '(')));
  std::string nots;
  for (int i = 0; i < 10'000; ++i) nots += "not ";
  EXPECT_FALSE(Where::parse(nots + "port=1"));
}

}  // namespace
}  // namespace wireproof::check
