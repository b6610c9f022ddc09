// Golden ladders in testdata/ladders/. WIREPROOF_UPDATE_GOLDEN=1 writes them anew: read the diff.
#include "tcp/ladder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tcp/capture_file.h"
#include "tcp/ladder_row.h"
#include "tcp/trace_builder.h"

namespace wireproof::tcp::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

void expect_golden(const std::string& name, const std::string& drawn) {
  const std::string path = testdata("ladders/" + name + ".txt");
  if (std::getenv("WIREPROOF_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << drawn;
  std::ifstream file(path);
  ASSERT_TRUE(file) << path;
  std::ostringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(drawn, golden.str()) << "drawn:\n" << drawn;
}

std::vector<std::string> lines(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> all;
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

Trace ordinary() {
  Trace t;
  t.handshake().exchange().client_closes();
  return t;
}

TEST(Ladder, OrdinaryExchange) {
  Trace t = ordinary();
  expect_golden("ordinary", ladder(t.connection()));
}

TEST(Ladder, Ascii) {
  Trace t = ordinary();
  const std::string drawn = ladder(t.connection(), {}, {.width = 90, .unicode = false});
  expect_golden("ascii", drawn);
  for (const char c : drawn) EXPECT_TRUE(c == '\n' || (c >= ' ' && c <= '~'));
}

TEST(Ladder, Narrow) {
  Trace t = ordinary();
  expect_golden("narrow", ladder(t.connection(), {}, {.width = 40}));
}

TEST(Ladder, Colour) {
  Trace t = ordinary();
  expect_golden("colour", ladder(t.connection(), {}, {.width = 80, .colour = true}));
}

TEST(Ladder, ThreeSegmentCloseShowsBothStates) {
  Trace t;
  t.handshake().exchange().client(FIN | ACK).server(FIN | ACK).client(ACK);
  expect_golden("three_segment", ladder(t.connection()));
}

TEST(Ladder, FindingsAreMarkedAndTold) {
  Trace t;
  t.handshake().exchange().client(FIN | ACK).server(ACK).client("more").server(RST | ACK);
  const Connection c = t.connection(kWhole);
  const Judgement j = judge(c, kWhole);
  ASSERT_FALSE(j.findings.empty());
  expect_golden("findings", ladder(c, j.findings));
}

TEST(Ladder, LongOnesAreFolded) {
  Trace t;
  t.handshake();
  for (int i = 0; i < 600; ++i) t.client("0123456789").server(ACK);
  t.client_closes();
  const Connection c = t.connection();
  const std::string drawn = ladder(c, {}, {.limit = 12});
  expect_golden("folded", drawn);
  EXPECT_THAT(drawn, HasSubstr("1,195 segments"));
  // A state's change in the middle is not folded away.
  Trace half_closed;
  half_closed.handshake().client(FIN | ACK).server(ACK);
  for (int i = 0; i < 100; ++i) half_closed.server("0123456789").client(ACK);
  half_closed.server(FIN | ACK).client(ACK);
  EXPECT_THAT(ladder(half_closed.connection(), {}, {.limit = 8}), HasSubstr("FIN_WAIT_2"));
}

TEST(Ladder, FitsEveryWidth) {
  Trace t;
  t.addresses("2001:db8:1111:2222:3333:4444:5555:6666", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff");
  t.handshake().exchange();
  t.client("1234567890").repeat(8).server(ACK).client(FIN | ACK).server(ACK).client("x");
  const Connection c = t.connection(kWhole);
  const Judgement j = judge(c, kWhole);
  for (const bool unicode : {true, false}) {
    for (int width = 40; width <= 200; ++width) {
      LadderOptions options;
      options.width = width;
      options.unicode = unicode;
      const std::string drawn = ladder(c, j.findings, options);
      for (const std::string& line : lines(drawn)) {
        EXPECT_LE(columns(line), static_cast<std::size_t>(width)) << line;
        EXPECT_FALSE(!line.empty() && line.back() == ' ') << line;
      }
    }
  }
}

// A link between the ends: its deeds under the segments, and what never came to this end.
TEST(Ladder, NotesOfALink) {
  Trace t = ordinary();
  const Connection c = t.connection();
  std::vector<LadderNote> notes(3);
  notes[0].packet = c.segments[0].packet;
  notes[0].text = "wire: dropped by rule \"a\"";
  notes[0].lost = true;
  notes[1].time_ns = c.segments[1].time_ns + 1;
  notes[1].from = Side::server;
  notes[1].segment = "ACK seq 1 ack 4";
  notes[1].text = "wire: dropped by rule \"b\"";
  notes[1].lost = true;
  notes[2].time_ns = c.last_time_ns + 1;
  notes[2].has_segment = false;
  notes[2].text = "wire: link down";
  LadderOptions options;
  options.notes = notes;
  expect_golden("notes", ladder(c, {}, options));
  for (const bool unicode : {true, false}) {
    for (options.width = 40, options.unicode = unicode; options.width <= 200; ++options.width) {
      for (const std::string& line : lines(ladder(c, {}, options)))
        EXPECT_LE(columns(line), static_cast<std::size_t>(options.width)) << line;
    }
  }
}

TEST(Ladder, AnEmptyConnectionIsDrawn) {
  EXPECT_THAT(ladder(Connection{}), HasSubstr("opening none"));
}

TEST(Row, PadsAndClips) {
  EXPECT_EQ(Row(false).put("a").to(3).put("b").line(), "a  b\n");
  EXPECT_EQ(Row(false).right("ab", 4).line(), "  ab\n");
  EXPECT_EQ(Row(false).put("a").to(9).line(), "a\n");
  EXPECT_EQ(Row(true).put("a", Ink::alarm).line(), "\x1b[1;31ma\x1b[0m\n");
  EXPECT_EQ(clipped("│abc", 3, "…"), "│a…");
  EXPECT_EQ(clipped("abc", 3, "~"), "abc");
  EXPECT_EQ(columns("─▶│"), 3u);
}

}  // namespace
}  // namespace wireproof::tcp::testing
