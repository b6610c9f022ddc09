#include "tcp/outline.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "packet/build.h"
#include "tcp/capture_file.h"
#include "tcp/outline_tracker.h"
#include "tcp/trace_builder.h"

namespace wireproof::tcp::testing {
namespace {

std::vector<Outline> outlines_of(std::span<const packet::Packet> packets,
                                 std::size_t lingering = 1000) {
  std::vector<Outline> all;
  OutlineTracker tracker([&](const Outline& one) { all.push_back(one); }, lingering);
  for (const packet::Packet& packet : packets) tracker.add(packet);
  tracker.finish();
  return all;
}

OutlineJudgement judged(Trace& trace) {
  const std::vector<Outline> all = outlines_of(trace.packets());
  EXPECT_EQ(all.size(), 1u);
  return judge(all.empty() ? Outline{} : all.front());
}

void expect(Trace& trace, Opening opening, OutlineClosing closing, ClosedFirst first,
            bool handshake, bool close) {
  const OutlineJudgement one = judged(trace);
  EXPECT_EQ(name(one.opening), name(opening));
  EXPECT_EQ(name(one.closing), name(closing));
  EXPECT_EQ(name(one.closed_first), name(first));
  EXPECT_EQ(one.handshake_proven, handshake);
  EXPECT_EQ(one.close_proven, close);
  EXPECT_TRUE(one.findings.empty()) << one.findings.front().rule;
}

std::string broken(Trace& trace) {
  const OutlineJudgement one = judged(trace);
  EXPECT_FALSE(one.handshake_proven && one.close_proven);
  return one.findings.empty() ? "" : one.findings.front().rule;
}

// Numbers at the beginning, in mid-range and about to wrap within the connection.
class Outlines : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  Trace trace{GetParam(), GetParam() + 4000};
};
INSTANTIATE_TEST_SUITE_P(Isn, Outlines, ::testing::Values(0u, 1000u, 0x7ffffffeu, 0xfffffff8u));

TEST_P(Outlines, ACloseByTheClient) {
  trace.handshake().exchange().client_closes();
  expect(trace, Opening::three_way, OutlineClosing::orderly, ClosedFirst::client, true, true);
}

TEST_P(Outlines, ACloseByTheServer) {
  trace.handshake().exchange().server_closes();
  expect(trace, Opening::three_way, OutlineClosing::orderly, ClosedFirst::server, true, true);
}

TEST_P(Outlines, NothingButHandshakeAndClose) {
  trace.handshake().client(FIN | ACK).server(FIN | ACK).client(ACK);
  expect(trace, Opening::three_way, OutlineClosing::orderly, ClosedFirst::client, true, true);
}

TEST_P(Outlines, AFinWithData) {
  trace.handshake().client(FIN | PSH | ACK, "abc").server(FIN | ACK, "success").client(ACK);
  expect(trace, Opening::three_way, OutlineClosing::orderly, ClosedFirst::client, true, true);
}

TEST_P(Outlines, BothCloseAtOnce) {
  trace.handshake().exchange();
  trace.client(FIN | ACK).unheard().server(FIN | ACK).unheard();
  expect(trace, Opening::three_way, OutlineClosing::simultaneous, ClosedFirst::both, true, true);
}

TEST_P(Outlines, AResetByTheClient) {
  trace.handshake().exchange().client(RST | ACK);
  expect(trace, Opening::three_way, OutlineClosing::reset, ClosedFirst::client, true, true);
}

TEST_P(Outlines, AResetStraightAfterTheHandshake) {
  trace.handshake().client(RST | ACK);
  expect(trace, Opening::three_way, OutlineClosing::reset, ClosedFirst::client, true, true);
}

TEST_P(Outlines, AResetByTheServerAfterData) {
  trace.handshake().exchange().server(RST | ACK);
  expect(trace, Opening::three_way, OutlineClosing::reset, ClosedFirst::server, true, true);
}

// A FIN is a FIN and a RST is a RST, whatever came before.
TEST_P(Outlines, AResetInAnswerToAFin) {
  trace.handshake().exchange().client(FIN | ACK).server(RST | ACK);
  expect(trace, Opening::three_way, OutlineClosing::reset, ClosedFirst::client, true, true);
}

// Unfinished things are not proven: each of these must fail.
TEST_P(Outlines, AConnectionThatIsNotClosed) {
  trace.handshake().exchange();
  expect(trace, Opening::inconclusive, OutlineClosing::none, ClosedFirst::nobody, false, false);
}

TEST_P(Outlines, AnEndThatNeverCloses) {
  trace.handshake().exchange().client(FIN | ACK).server(ACK);
  expect(trace, Opening::three_way, OutlineClosing::unfinished, ClosedFirst::client, true, false);
}

TEST_P(Outlines, AFinThatIsSentAgainAndAgain) {
  trace.handshake().exchange().client(FIN | ACK).server(FIN | ACK);
  const std::size_t last = trace.packets().size();
  for (int i = 0; i < 6; ++i) trace.repeat(last);
  expect(trace, Opening::three_way, OutlineClosing::orderly, ClosedFirst::client, true, false);
}

TEST_P(Outlines, AHandshakeThatTheClientResets) {
  trace.client(SYN).server(SYN | ACK).client(RST).seq(1);
  expect(trace, Opening::inconclusive, OutlineClosing::reset, ClosedFirst::client, false, false);
}

// RFC 9293 3.10.5: what ABORT sends in SYN-RECEIVED looks like the answer to a first ACK.
TEST_P(Outlines, AResetThatMayHaveComeBeforeTheHandshakesAck) {
  trace.client(SYN).server(SYN | ACK).client(ACK).server(RST).seq(1);
  expect(trace, Opening::inconclusive, OutlineClosing::reset, ClosedFirst::server, false, false);
}

TEST_P(Outlines, ARefusal) {
  trace.client(SYN).server(RST | ACK);
  expect(trace, Opening::refused, OutlineClosing::refused, ClosedFirst::nobody, false, false);
}

TEST_P(Outlines, ARefusalByIcmp) {
  trace.client(SYN).icmp_error(3, 3);
  expect(trace, Opening::refused, OutlineClosing::refused, ClosedFirst::nobody, false, false);
}

TEST_P(Outlines, NoAnswer) {
  trace.client(SYN).repeat(1);
  expect(trace, Opening::unanswered, OutlineClosing::none, ClosedFirst::nobody, false, false);
}

TEST_P(Outlines, AnAnswerThatAcknowledgesAnotherSyn) {
  trace.client(SYN).server(SYN | ACK).ack(7).client(ACK).exchange().client_closes();
  EXPECT_EQ(broken(trace), "tcp.handshake.syn-ack-number");
}

TEST_P(Outlines, AFinThatMoves) {
  trace.handshake().exchange().client(FIN | ACK);
  trace.client(FIN | ACK).seq(20).server(FIN | ACK);
  EXPECT_EQ(broken(trace), "tcp.close.fin-moved");
}

TEST_P(Outlines, AFinThatAcknowledgesMoreThanThereWas) {
  trace.handshake().exchange().client(FIN | ACK).server(FIN | ACK).ack(40);
  EXPECT_EQ(broken(trace), "tcp.close.fin-ack-number");
}

TEST_P(Outlines, AResetPastTheFinResetsNothing) {
  trace.handshake().exchange().client(FIN | ACK).client(RST).seq(90);
  EXPECT_FALSE(judged(trace).close_proven);
}

TEST_P(Outlines, ANewLifeOfThePortsAndALateAnswerToTheOld) {
  trace.client(SYN);
  trace.isn(Side::client, GetParam() + 100'000).client(SYN);
  trace.server(SYN | ACK).raw_ack(GetParam() + 1);
  trace.server(SYN | ACK).client(ACK).exchange().client_closes();
  const std::vector<Outline> all = outlines_of(trace.packets());
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(judge(all[0]).opening, Opening::unanswered);
  EXPECT_TRUE(judge(all[1]).findings.empty());
}

// 3 GiB between SYN and FIN: numbers alone would say that it went backwards.
TEST(Outline, NumbersThatWentRoundAreNoFault) {
  Trace trace;
  trace.handshake().client(FIN | ACK).seq(1 + 3'000'000'000).after(2000).server(FIN | ACK);
  trace.packets().back().tcp.ack = trace.packets()[3].tcp.seq + 1;
  expect(trace, Opening::three_way, OutlineClosing::orderly, ClosedFirst::client, true, true);
  Trace reset;
  reset.handshake().server(RST | ACK).seq(1 + 3'000'000'000).after(2000);
  reset.client(RST | ACK).ack(1 + 3'000'000'000);
  EXPECT_TRUE(judged(reset).close_proven);
}

TEST(Outline, MemoryHoldsWhatIsOpenAndALittleMore) {
  std::uint64_t given = 0;
  OutlineTracker tracker([&](const Outline& one) { given += judge(one).close_proven ? 1 : 0; }, 10);
  for (std::uint16_t port = 2000; port < 3000; ++port) {
    Trace trace(port * 7u, port * 9u);
    trace.ports(port, 80).handshake().exchange().client_closes();
    for (const packet::Packet& packet : trace.packets()) tracker.add(packet);
    EXPECT_LE(tracker.tracked(), 11u);
  }
  EXPECT_EQ(tracker.tracked(), 10u);
  EXPECT_EQ(given, 990u);
  // A FIN again of what is forgotten: counted, and no connection.
  Trace late;
  late.ports(2000, 80).client(FIN | ACK);
  tracker.add(late.packets().front());
  EXPECT_EQ(tracker.strays(), 1u);
  tracker.finish();
  EXPECT_EQ(given, 1000u);
}

// On every real capture that the tests keep: what an outline proves, all packets prove too, and it
// never finds a fault that they do not show.
TEST(Outline, AgreesWithAllPacketsOnEveryCapture) {
  namespace fs = std::filesystem;
  std::uint64_t connections = 0, proven = 0;
  for (const char* folder : {"good", "situations"}) {
    for (const auto& entry : fs::directory_iterator(testdata(folder))) {
      if (entry.path().extension() != ".pcap" && entry.path().extension() != ".pcapng") continue;
      SCOPED_TRACE(entry.path().filename().string());
      const CaptureFile file(entry.path().string());
      Tracker tracker(kWhole);
      for (const packet::Packet& packet : file.packets) tracker.add(packet);
      const std::vector<Connection> whole = tracker.finish();
      for (const Outline& outline : outlines_of(file.packets)) {
        ++connections;
        const OutlineJudgement told = judge(outline);
        const auto of = std::find_if(whole.begin(), whole.end(), [&](const Connection& one) {
          return one.first_time_ns == outline.first_ns &&
                 one.end(Side::client).endpoint == outline.end(Side::client).endpoint;
        });
        if (of == whole.end()) {
          EXPECT_FALSE(told.handshake_proven);
          continue;
        }
        const Judgement all = judge(*of, kWhole);
        if (told.handshake_proven) {
          ++proven;
          EXPECT_EQ(name(of->opening), name(told.opening));
        }
        if (told.close_proven && told.closing == OutlineClosing::orderly) {
          EXPECT_TRUE(of->closing == Closing::four_way || of->closing == Closing::three_segment)
              << name(of->closing);
          EXPECT_EQ(name(of->closed_first), name(told.closed_first));
        }
        if (told.closing == OutlineClosing::reset && told.close_proven) {
          EXPECT_TRUE(of->closing == Closing::reset || of->has(Odd::reset_stray))
              << name(of->closing);
        }
        for (const Finding& finding : told.findings) EXPECT_TRUE(broke(all, finding.rule));
      }
    }
  }
  EXPECT_GT(connections, 30u);
  EXPECT_GT(proven, 20u);
}

}  // namespace
}  // namespace wireproof::tcp::testing
