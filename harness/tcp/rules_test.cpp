// Every rule has a trace that breaks it: no rule that cannot fail.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "tcp/trace_builder.h"

namespace wireproof::tcp::testing {
namespace {

using packet::Checksum;

struct Breach {
  Trace trace;
  Blame blame = Blame::none;
  Expectation expected = {};
  CaptureFacts facts = kWhole;
};

packet::TcpOptions sack(std::uint32_t left, std::uint32_t right) {
  packet::TcpOptions options;
  options.sack[0] = {left, right};
  options.sack_count = 1;
  return options;
}

Trace open() {
  Trace t;
  t.handshake();
  return t;
}

Trace stamped() {
  Trace t;
  t.use_timestamps().handshake().exchange();
  return t;
}

Expectation closing(Closing wanted) {
  Expectation expected;
  expected.closing = {wanted};
  return expected;
}

std::map<std::string_view, Breach> breaches() {
  std::map<std::string_view, Breach> all;
  const auto add = [&](std::string_view rule, const Trace& trace, Blame blame,
                       const Expectation& expected = {}, CaptureFacts facts = kWhole) {
    EXPECT_TRUE(all.emplace(rule, Breach{trace, blame, expected, facts}).second) << rule;
  };
  // Handshake
  add("tcp.handshake.syn-first", Trace().client(SYN).lost().server(SYN | ACK).client(ACK),
      Blame::server);
  add("tcp.handshake.syn-ack-missing", Trace().client(SYN).server(SYN | ACK).lost().client(ACK),
      Blame::client);
  add("tcp.handshake.syn-ack-number", Trace().client(SYN).server(SYN | ACK).ack(2), Blame::server);
  add("tcp.handshake.ack-number", Trace().client(SYN).server(SYN | ACK).client(ACK).ack(0),
      Blame::client);
  add("tcp.handshake.ack-sequence", Trace().client(SYN).server(SYN | ACK).client(ACK).seq(2),
      Blame::client);
  add("tcp.handshake.isn-changed",
      Trace().client(SYN).server(SYN | ACK).isn(Side::server, 9).server(SYN | ACK).ack(1),
      Blame::server);
  add("tcp.handshake.second-syn", Trace().client(SYN).isn(Side::client, 9).client(SYN),
      Blame::client);
  add("tcp.handshake.syn-in-connection", open().client(SYN).seq(5000), Blame::client);
  add("tcp.handshake.unanswered", Trace().client(SYN), Blame::none);
  add("tcp.handshake.never-completed", Trace().client(SYN).server(SYN | ACK), Blame::none);
  add("tcp.handshake.abandoned", Trace().client(SYN).server(SYN | ACK).client(RST), Blame::none);
  add("tcp.handshake.isn-repeated",
      open().client(RST | ACK).isn(Side::client, 1000).isn(Side::server, 7).client(SYN),
      Blame::client);
  add("tcp.handshake.group-source", Trace().addresses("224.0.0.1", "10.0.0.2").client(SYN),
      Blame::client);
  add("tcp.handshake.group-destination",
      Trace().addresses("10.0.0.1", "255.255.255.255").client(SYN), Blame::client);
  // Segments
  add("tcp.segment.malformed", open().client("x").malformed("TCP data offset 3 is below 5"),
      Blame::client);
  add("tcp.segment.checksum", open().client("x").checksum(Checksum::bad), Blame::client);
  add("tcp.segment.corrupted", open().client("w").client("x").checksum(Checksum::bad),
      Blame::client, {}, {});
  add("tcp.segment.bad-checksum-answered",
      open().client("w").client("x").checksum(Checksum::bad).server(ACK), Blame::server, {}, {});
  add("tcp.segment.flag-combination", open().client(SYN | FIN), Blame::client);
  add("tcp.segment.ack-flag", open().client(PSH, "x"), Blame::client);
  add("tcp.segment.ackless-acknowledged", open().client(PSH, "x").server(ACK), Blame::server);
  add("tcp.segment.urgent-pointer", open().client(URG | ACK, "x"), Blame::client);
  // The capture
  add("tcp.capture.checksum-offload",
      open()
          .client("x")
          .checksum(Checksum::bad)
          .server(ACK)
          .client("y")
          .checksum(Checksum::bad)
          .client("z")
          .checksum(Checksum::bad)
          .client("a")
          .checksum(Checksum::bad),
      Blame::none);
  add("tcp.capture.duplicates", open().client("x").again(), Blame::none);
  add("tcp.capture.frame-short",
      open().client("x").malformed("IPv4 total length exceeds the frame"), Blame::none);
  Trace cut = open();
  cut.client(ACK).cut();
  cut.packets().back().frame.wire_length = 1000;
  add("tcp.capture.header-cut", cut, Blame::none);
  add("tcp.capture.one-sided", Trace().client(SYN).server(SYN | ACK).lost().client(ACK),
      Blame::none, {}, {});
  add("tcp.capture.lost-packets", open().client("x").lost().client("y").server(ACK), Blame::none,
      {}, {});
  // Data
  add("tcp.data.ack-of-unsent", open().client("x").server(ACK).ack(9), Blame::server);
  add("tcp.data.ack-before-sent", open().client("x").server(ACK).swap(), Blame::server);
  add("tcp.data.ack-over-gap", open().client("x").lost().client("y").server(ACK), Blame::server);
  add("tcp.data.ack-withdrawn", open().client("xyz").server(ACK).server(ACK).ack(2), Blame::server);
  add("tcp.data.ack-mid-segment", open().client("xyz").server(ACK).ack(2), Blame::server);
  add("tcp.data.sequence-gap", open().client("x").seq(5), Blame::client);
  add("tcp.data.sequence-ahead", open().client(ACK).seq(5), Blame::client);
  add("tcp.data.sequence-behind", open().client("xyz").client(ACK).seq(1), Blame::client);
  add("tcp.data.out-of-order", open().client("x").client("y").swap(), Blame::none);
  add("tcp.data.retransmission-differs", open().client("xyz").client("xya").seq(1), Blame::client);
  add("tcp.data.beyond-window",
      Trace().client(SYN).server(SYN | ACK).window(10).client(ACK).client("0123456789+"),
      Blame::client);
  add("tcp.data.window-shrunk",
      open().client("x").server(ACK).window(9).client("y").server(ACK).window(5), Blame::server);
  add("tcp.data.late-ack", open().client("x").server(ACK).after(600), Blame::server);
  add("tcp.data.keep-alive-idle", open().exchange().client(ACK).seq(10), Blame::client);
  add("tcp.data.keep-alive-data", open().exchange().client(ACK, "g").seq(10).after(9000),
      Blame::client);
  add("tcp.data.offloaded", open().client("x").length(5000), Blame::none);
  // Close
  add("tcp.close.data-after-fin", open().client(FIN | ACK).client("x"), Blame::client);
  add("tcp.close.fin-moved", open().client(FIN | ACK).client(FIN | ACK), Blame::client);
  add("tcp.close.fin-ack-number", open().client(FIN | ACK).server(ACK).ack(3), Blame::server);
  add("tcp.close.unfinished", open().client(FIN | ACK), Blame::none);
  const Expectation four_way = closing(Closing::four_way);
  add("tcp.close.reset-instead-of-fin", open().client(RST | ACK), Blame::client, four_way);
  add("tcp.close.data-to-closed", open().client(FIN | ACK).server("x").client(RST), Blame::server,
      four_way);
  add("tcp.close.peer-never-closes", open().client(FIN | ACK).server(ACK), Blame::server, four_way);
  add("tcp.close.fin-unacknowledged", open().client(FIN | ACK), Blame::server, four_way);
  add("tcp.close.last-ack-missing", open().client(FIN | ACK).server(ACK).server(FIN | ACK),
      Blame::client, four_way);
  add("tcp.close.nobody-closes", open().exchange(), Blame::both, four_way);
  // Reset
  add("tcp.reset.answer-numbers", Trace().client(SYN).server(RST | ACK), Blame::server);
  add("tcp.reset.ack-number", open().client(RST | ACK).ack(9), Blame::client);
  add("tcp.reset.refusal-number", Trace().client(SYN).server(RST | ACK).ack(9), Blame::server);
  add("tcp.reset.outside-window", open().server(RST).seq(-5000), Blame::server);
  add("tcp.reset.not-exact", open().server(RST).seq(500), Blame::server);
  add("tcp.reset.ignored", open().server(RST).client("x").server(ACK), Blame::client);
  add("tcp.reset.after-close", open().client_closes().server(RST), Blame::server);
  add("tcp.reset.with-data", open().server(RST, "go away"), Blame::server);
  add("tcp.reset.unread-data", open().client("x").server(RST | ACK), Blame::server);
  add("tcp.reset.sender-goes-on", open().server(RST).server(ACK), Blame::server);
  // Options
  Trace t = open().client("x");
  t.its_options().malformed = "option 8 has length 0";
  add("tcp.options.malformed", t, Blame::client);
  t = open().client("x");
  t.its_options().mss = 1460;
  add("tcp.options.mss-on-syn-only", t, Blame::client);
  t = open().client("x");
  t.its_options().window_scale = 7;
  add("tcp.options.window-scale-on-syn-only", t, Blame::client);
  t = open().client("x");
  t.its_options().sack_permitted = true;
  add("tcp.options.sack-permitted-on-syn-only", t, Blame::client);
  t = Trace().client(SYN);
  t.its_options().window_scale.reset();
  add("tcp.options.window-scale-unoffered", t.server(SYN | ACK), Blame::server);
  t = Trace().client(SYN);
  t.its_options().window_scale = 15;
  add("tcp.options.window-scale-limit", t, Blame::client);
  t = Trace().client(SYN);
  t.its_options().sack_permitted = false;
  t.server(SYN | ACK).client(ACK).client("x").unheard().client("y").server(ACK).ack(1);
  add("tcp.options.sack-not-permitted", t.options(sack(1002, 1003)), Blame::server);
  t = open().client("x").unheard().client("y").server(ACK).ack(1).options(sack(1002, 1009));
  add("tcp.options.sack-range", t, Blame::server);
  t = stamped().client("x");
  t.its_options().timestamps.reset();
  add("tcp.options.timestamps-missing", t, Blame::client);
  t = open().client("x");
  t.its_options().timestamps = {1, 0};
  add("tcp.options.timestamps-unoffered", t, Blame::client);
  t = stamped().client("x");
  t.its_options().timestamps->echo_reply += 50;
  add("tcp.options.timestamp-echo", t, Blame::client);
  t = stamped().client("x");
  t.its_options().timestamps->echo_reply -= 1;
  add("tcp.options.timestamp-echo-backwards", t, Blame::client);
  t = stamped().client("x");
  t.its_options().timestamps->value -= 500;
  add("tcp.options.timestamp-backwards", t, Blame::client);
  add("tcp.options.ecn-setup", Trace().client(SYN).server(SYN | ACK | ECE), Blame::server);
  add("tcp.options.ecn-unnegotiated", open().client("x").ecn(2), Blame::client);
  t = Trace().client(SYN);
  t.its_options().fast_open = true;
  t.its_options().fast_open_cookie_length = 3;
  add("tcp.options.fast-open-cookie", t, Blame::client);
  t = open().client("x");
  t.its_options().fast_open = true;
  add("tcp.options.fast-open-on-syn-only", t, Blame::client);
  t = Trace().use_timestamps().client(SYN);
  t.its_options().timestamps->echo_reply = 5;
  add("tcp.options.timestamp-echo-on-syn", t, Blame::client);
  t = stamped().client("x");
  t.its_options().timestamps->value -= 500;
  add("tcp.options.paws", t.server(ACK), Blame::server);
  add("tcp.options.ecn-on-syn", Trace().client(SYN).ecn(2), Blame::client);
  // Timers, windows at the beginning, ICMP
  t = open().client("x").unheard();
  add("tcp.timer.back-off", t.repeat(4).repeat(4).repeat(4), Blame::client);
  t = open();
  for (int i = 0; i < 11; ++i) t.client(std::string(1460, 'x'));
  add("tcp.data.initial-window", t, Blame::client);
  add("tcp.data.silly-window", open().client("x").server(ACK).window(0).server(ACK).window(1),
      Blame::server);
  add("tcp.icmp.error", open().client("x").icmp_error(3, 1), Blame::none);
  add("tcp.icmp.source-quench", open().client("x").icmp_error(4, 0), Blame::none);
  // Expectations
  Expectation e;
  e.opening = {Opening::three_way};
  add("tcp.expect.opening", Trace().client(SYN).server(RST | ACK), Blame::server, e);
  add("tcp.expect.closing", open().client_closes(), Blame::both, closing(Closing::reset));
  e = {};
  e.closed_first = ClosedFirst::server;
  add("tcp.expect.closed-first", open().client_closes(), Blame::both, e);
  e = {};
  e.half_close = true;
  add("tcp.expect.half-close", open().client_closes(), Blame::both, e);
  e = {};
  e.server_states = {{State::syn_received, State::established}};
  add("tcp.expect.states", open().client_closes(), Blame::server, e);
  e = {};
  e.server_bytes = 8;
  add("tcp.expect.bytes", open().exchange(), Blame::server, e);
  e = {};
  e.max_retransmissions = 0;
  add("tcp.expect.retransmissions", open().client("x").unheard().repeat(4), Blame::both, e);
  e = {};
  e.max_handshake_ns = 1'000'000;
  add("tcp.expect.handshake-time", open(), Blame::both, e);
  e = {};
  e.max_close_ns = 1'000'000;
  add("tcp.expect.close-time", open().client_closes(), Blame::both, e);
  return all;
}

TEST(Rules, EachHasATraceThatBreaksIt) {
  auto all = breaches();
  for (const Rule& rule : rules()) {
    const auto it = all.find(rule.id);
    ASSERT_NE(it, all.end()) << rule.id << " has no trace that breaks it";
    Breach& breach = it->second;
    bool found = false;
    for (const Connection& c : breach.trace.connections(breach.facts)) {
      const Judgement j = judge(c, breach.facts, breach.expected);
      const Finding* finding = find(j, rule.id);
      if (finding == nullptr) continue;
      found = true;
      EXPECT_EQ(finding->severity, rule.severity) << rule.id;
      EXPECT_EQ(finding->source, rule.source);
      EXPECT_EQ(finding->blame, breach.blame) << rule.id;
      EXPECT_FALSE(finding->expected.empty() || finding->observed.empty()) << rule.id;
      if (rule.severity == Severity::must) {
        EXPECT_EQ(j.verdict, finding->inconclusive ? Verdict::inconclusive : Verdict::failed);
      }
    }
    EXPECT_TRUE(found) << rule.id << " is not broken by its trace";
    all.erase(it);
  }
  for (const auto& [id, breach] : all) ADD_FAILURE() << id << " is no rule";
}

// What only a whole capture proves is never firm in another one.
TEST(Rules, NothingIsFirmThatACaptureOfUnknownCompletenessCannotProve) {
  for (const std::string_view id :
       {"tcp.handshake.syn-first", "tcp.handshake.syn-ack-missing", "tcp.data.ack-of-unsent",
        "tcp.data.ack-over-gap", "tcp.data.sequence-gap", "tcp.data.beyond-window",
        "tcp.options.timestamp-echo", "tcp.options.sack-range", "tcp.segment.checksum",
        "tcp.handshake.ack-sequence", "tcp.close.peer-never-closes", "tcp.close.nobody-closes",
        "tcp.close.fin-unacknowledged", "tcp.close.last-ack-missing"}) {
    Breach breach = breaches().at(id);
    for (const Connection& c : breach.trace.connections()) {
      const Judgement j = judge(c, {}, breach.expected);
      EXPECT_NE(j.verdict, Verdict::failed) << id << ": " << rules_text(j);
    }
  }
}

TEST(Rules, ASequenceNumberLostOnALossyPathIsNoFault) {
  CaptureFacts lossy = kWhole;
  lossy.lossy_path = true;
  Trace t = open().client("x").lost().unheard().client("y").unheard().server(ACK).ack(1);
  EXPECT_EQ(t.judgement(lossy).verdict, Verdict::passed) << rules_text(t.judgement(lossy));
  EXPECT_EQ(t.judgement(kWhole).verdict, Verdict::failed);
}

TEST(Rules, StandInOrderAndSayWhatMustHold) {
  std::string_view before;
  for (const Rule& rule : rules()) {
    EXPECT_LT(before, rule.id);
    EXPECT_EQ(rule.id.substr(0, 4), "tcp.");
    EXPECT_FALSE(rule.source.empty());
    EXPECT_LE(rule.title.size(), 80u) << rule.id;
    before = rule.id;
  }
  EXPECT_GE(rules().size(), 80u);
}

// docs/rules-coverage.md names rules that there are, and each requirement that shows on the wire.
TEST(Rules, TheTableOfWhatIsCoveredIsTrue) {
  std::ifstream file(std::string(WIREPROOF_SOURCE_DIR) + "/docs/rules-coverage.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  ASSERT_FALSE(text.empty());
  const std::regex named("`(tcp\\.[a-z0-9.-]+)`");
  std::size_t count = 0;
  for (std::sregex_iterator it(text.begin(), text.end(), named), end; it != end; ++it, ++count) {
    const std::string id = (*it)[1];
    EXPECT_TRUE(std::any_of(rules().begin(), rules().end(), [&](const Rule& rule) {
      return rule.id == id;
    })) << id;
  }
  EXPECT_GT(count, 60u);
  // Those of RFC 9293 appendix B that are about an interface within one host are left out.
  const std::set<int> inner{9, 12, 21, 24, 25, 27, 28, 30, 31, 32, 33, 41, 42, 43, 46, 47, 51};
  for (int i = 1; i <= 69; ++i) {
    const bool there = text.find(fmt::format("| MUST-{} |", i)) != std::string::npos;
    EXPECT_EQ(there, !inner.contains(i)) << "MUST-" << i;
  }
}

TEST(Names, GoBothWays) {
  for (int i = 0; i <= static_cast<int>(State::unknown); ++i) {
    const auto state = static_cast<State>(i);
    EXPECT_EQ(state_from_name(name(state)), state);
  }
  EXPECT_EQ(state_from_name("fin-wait-1"), State::fin_wait_1);
  EXPECT_EQ(state_from_name("SYN-RECV"), State::syn_received);
  EXPECT_EQ(state_from_name("nowhere"), std::nullopt);
  for (int i = 0; i <= static_cast<int>(Opening::none); ++i)
    EXPECT_EQ(opening_from_name(name(static_cast<Opening>(i))), static_cast<Opening>(i));
  for (int i = 0; i <= static_cast<int>(Closing::inconclusive); ++i)
    EXPECT_EQ(closing_from_name(name(static_cast<Closing>(i))), static_cast<Closing>(i));
  EXPECT_EQ(closed_first_from_name("both"), ClosedFirst::both);
  EXPECT_EQ(closed_first_from_name("-"), ClosedFirst::nobody);
  EXPECT_EQ(marks_text(mark::retransmission | mark::spurious), "retransmission, spurious");
}

}  // namespace
}  // namespace wireproof::tcp::testing
