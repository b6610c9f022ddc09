#include "udp/ladder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "udp/trace_for_test.h"

namespace wireproof::udp {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::Not;

const Endpoint kOtherPort = build::endpoint("192.0.2.2", 9999);

std::vector<std::string> lines(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> all;
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

TEST(UdpLadder, AnExchangeAsDrawn) {
  const Exchange exchange = Trace()
                                .send(kClient, kServer, "hello")
                                .send(kServer, kClient, "success")
                                .send(kClient, kServer, "")
                                .icmp(kServer, 3, 3, 3)
                                .exchange();
  EXPECT_EQ(ladder(exchange, {}, {.width = 80, .unicode = false}),
            "client 192.0.2.1:40000                                        192.0.2.2:7 server\n"
            "          ms |                                         |\n"
            "  1    0.000 |----------- 5 bytes \"hello\" ------------>|\n"
            "  2    1.000 |<---------- 7 bytes \"success\" -----------| answers 1\n"
            "  3    2.000 |............... 0 bytes ................>| ICMP port unreachable\n");
}

TEST(UdpLadder, EveryLineFitsEveryWidth) {
  Trace trace;
  trace.send(kClient6, kServer6,
             "a line\nwith \"quotes\" and more of it than could ever fit in there");
  trace.send(kServer6, kClient6, std::string(3000, 'x'));
  const Exchange exchange = trace.exchange();
  for (int width = 40; width <= 140; ++width) {
    for (const std::string& line :
         lines(ladder(exchange, {}, {.width = width, .unicode = false}))) {
      EXPECT_LE(line.size(), static_cast<std::size_t>(width)) << line;
    }
  }
}

TEST(UdpLadder, HostileBytesAreDisarmed) {
  const Exchange exchange = Trace().send(kClient, kServer, "\x1b[2J\r\n\xff\u202E").exchange();
  const std::string drawn = ladder(exchange);
  EXPECT_EQ(drawn.find('\x1b'), std::string::npos);
  EXPECT_EQ(drawn.find('\r'), std::string::npos);
  EXPECT_EQ(drawn.find("\u202E"), std::string::npos);
  EXPECT_THAT(drawn, HasSubstr("\\x1b[2J\\r\\n\\xff"));
}

TEST(UdpLadder, WideCharactersKeepTheLinesStraight) {
  const Exchange wide = Trace().send(kClient, kServer, "你好").exchange();
  const Exchange narrow = Trace().send(kClient, kServer, "abcdef").exchange();  // 6 bytes as well
  // The wide one has two characters in four columns.
  const std::string a = lines(ladder(wide, {}, {.width = 80, .unicode = false}))[2];
  const std::string b = lines(ladder(narrow, {}, {.width = 80, .unicode = false}))[2];
  EXPECT_THAT(a, HasSubstr("\"你好\""));
  EXPECT_EQ(a.size() - 6 + 4, b.size());
}

TEST(UdpLadder, FindingsAreMarkedAndToldOnce) {
  const Trace trace = Trace().send(kClient, kServer, "a").send(kOtherPort, kClient, "success");
  const Judgement judgement = trace.judged();
  ASSERT_EQ(judgement.findings.size(), 1u);
  const std::string drawn = ladder(trace.exchange(), judgement.findings, {.unicode = false});
  const auto all = lines(drawn);
  EXPECT_THAT(drawn, HasSubstr("from port 9999"));
  EXPECT_TRUE(all[2].starts_with("!"));
  EXPECT_TRUE(all[3].starts_with("!"));
  EXPECT_EQ(std::count_if(all.begin(), all.end(),
                          [](const std::string& line) {
                            return line.find("udp.answer.other-port") != line.npos;
                          }),
            1);
}

TEST(UdpLadder, TheMiddleIsFoldedButItsFindingsAreTold) {
  Trace trace;
  for (int i = 0; i < 50; ++i) trace.send(kClient, kServer, "a").send(kServer, kClient, "b");
  Finding finding;
  finding.rule = "udp.of.the.middle";
  finding.packets = {50};
  const std::string drawn =
      ladder(trace.exchange(), {&finding, 1}, {.unicode = false, .limit = 10});
  EXPECT_THAT(drawn, HasSubstr("... 90 datagrams ..."));
  EXPECT_THAT(drawn, HasSubstr("udp.of.the.middle"));
  EXPECT_EQ(lines(drawn).size(), 2u + 10 + 1 + 3);
}

TEST(UdpLadder, ColourOnlyWhereAsked) {
  const Exchange exchange = Trace().send(kClient, kServer, "a").exchange();
  EXPECT_THAT(ladder(exchange, {}, {.colour = true}), HasSubstr("\x1b["));
  EXPECT_THAT(ladder(exchange), Not(HasSubstr("\x1b[")));
}

TEST(UdpLadder, AnEmptyExchangeIsDrawnToo) { EXPECT_EQ(lines(ladder(Exchange{})).size(), 2u); }

}  // namespace
}  // namespace wireproof::udp
