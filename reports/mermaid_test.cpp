#include "reports/mermaid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/golden.h"
#include "reports/sample.h"

namespace wireproof::report {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Mermaid, GoldenFile) { golden("connection.mmd", to_mermaid(sample::failed_case(), 1)); }
TEST(Mermaid, GoldenFileOfDatagrams) { golden("exchange.mmd", to_mermaid(sample::udp_case(), 1)); }

TEST(Mermaid, GoldenFileOfAWire) { golden("wire.mmd", to_mermaid(sample::lossy_case(), 1)); }

TEST(Mermaid, WhatTheWireDidStandsWhereItHappened) {
  const std::string text = to_mermaid(sample::lossy_case(), 1);
  const auto at = [&](const char* words) {
    const std::size_t place = text.find(words);
    EXPECT_NE(place, std::string::npos) << words << "\n" << text;
    return place;
  };
  EXPECT_LT(at("C-xS: 1 SYN seq 0\n"), at("wire#58; dropped by rule #34;lose-syn#34;"));
  EXPECT_LT(at("lose-syn"), at("wire#58; held by rule #34;slow#34;, 20 ms<br/>SYN ACK seq 0"));
  EXPECT_LT(at("held by"), at("S->>C: 2 SYN ACK"));
  EXPECT_LT(at("wire#58; link down by script #34;cut#34;"), at("C->>S: 4 PSH ACK"));
  EXPECT_LT(at("C->>S: 4 PSH ACK"), at("wire#58; doubled by rule #34;twice#34;"));
  EXPECT_LT(at("S-xC: ACK seq 1 length 0\n"), at("wire#58; dropped by rule #34;lose-ack#34;"));
  EXPECT_THAT(text, Not(HasSubstr("other"))) << "that was another connection's";
}

TEST(Mermaid, ShowsWhatDidNotPassFirst) {
  const RunReport run = sample::run();
  const auto choice = choose_for_mermaid(run);
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->one, &run.cases[1]);
  EXPECT_EQ(choice->connection, 1u);

  CaseReport one = sample::passed_case();
  one.connections.push_back(sample::failed_case().connections[0]);
  one.connections[1].connection.index = 2;
  EXPECT_EQ(choose_for_mermaid(one)->connection, 2u);
  EXPECT_FALSE(choose_for_mermaid(sample::skipped_case()));
  EXPECT_EQ(to_mermaid(one, 3), "");
}

TEST(Mermaid, LongConnectionsAreCutInTheMiddle) {
  CaseReport one = sample::passed_case();
  auto& segments = one.connections[0].connection.segments;
  segments.resize(100, segments.back());
  one.connections[0].segments_left_out = 7;
  const std::string text = to_mermaid(one, 1);
  EXPECT_THAT(text, HasSubstr("Note over C,S: 27 packets left out\n"));
  std::size_t messages = 0;
  for (std::size_t at = text.find(">>"); at != std::string::npos; at = text.find(">>", at + 1)) {
    ++messages;
  }
  EXPECT_EQ(messages, 80u);
}

TEST(Mermaid, HostileTextStaysText) {
  EXPECT_EQ(mermaid_text("a;b:c#d<e>%%{init}"), "a#59;b#58;c#35;d#60;e#62;#37;#37;#123;init#125;");
  EXPECT_EQ(mermaid_text("x\ny\x1b\xff"), "x#92;ny#92;x1b#92;xff");
  CaseReport one = sample::hostile_case();
  one.id = "x\nend\n  C->>S: forged";
  const std::string text = to_mermaid(one, 1);
  EXPECT_THAT(text, Not(HasSubstr("\nend")));
  EXPECT_THAT(text, Not(HasSubstr("S: forged")));
  EXPECT_THAT(text, Not(HasSubstr("<b>")));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace wireproof::report
