#include "run/kernel_account.h"

#include <gtest/gtest.h>

#include "run/rules.h"

namespace wireproof::run {
namespace {

using tcp::State;
using witness::KernelEvent;
using witness::KernelEventKind;

constexpr std::int64_t ms = 1'000'000;

packet::Endpoint endpoint(const char* address, std::uint16_t port) {
  return {*packet::parse_address(address), port};
}

// The client closes first and the server at once; each change is its own packet, at so many
// milliseconds.
report::ConnectionReport closed_connection() {
  report::ConnectionReport one;
  auto& connection = one.connection;
  connection.index = 1;
  connection.end(Side::client).endpoint = endpoint("192.0.2.1", 40000);
  connection.end(Side::server).endpoint = endpoint("192.0.2.2", 5555);
  connection.end(Side::client).state = State::time_wait;
  std::uint64_t packet = 0;
  const auto change = [&](Side side, State from, State to) {
    ++packet;
    const auto at = static_cast<std::int64_t>(packet) * 500 * ms;
    connection.transitions.push_back({side, from, to, packet, at});
    tcp::Segment segment;
    segment.packet = packet;
    segment.time_ns = at;
    segment.from = side;
    connection.segments.push_back(segment);
  };
  change(Side::client, State::closed, State::syn_sent);
  change(Side::server, State::listen, State::syn_received);
  change(Side::client, State::syn_sent, State::established);
  change(Side::server, State::syn_received, State::established);
  change(Side::client, State::established, State::fin_wait_1);
  change(Side::server, State::established, State::close_wait);
  change(Side::server, State::close_wait, State::last_ack);
  change(Side::client, State::fin_wait_1, State::time_wait);
  change(Side::server, State::last_ack, State::closed);
  return one;
}

class KernelAccount : public testing::Test {
 protected:
  KernelEvent event(Side side, KernelEventKind kind, std::int64_t at_ms) const {
    KernelEvent made;
    made.kind = kind;
    made.side = side;
    made.time_ns = at_ms * ms;
    made.local = all_[0].connection.end(side).endpoint;
    made.remote = all_[0].connection.end(other(side)).endpoint;
    return made;
  }
  void tell(Side side, State from, State to, std::int64_t at_ms) {
    KernelEvent made = event(side, KernelEventKind::state, at_ms);
    made.from = from;
    made.to = to;
    witness_.events.push_back(made);
  }
  // As Linux tells it: SYN_RECEIVED with the handshake's last ACK, FIN_WAIT_2 for a moment, and no
  // TIME_WAIT.
  void tell_all() {
    tell(Side::client, State::closed, State::syn_sent, 500);
    tell(Side::client, State::syn_sent, State::established, 1500);
    tell(Side::server, State::listen, State::syn_received, 1999);
    witness_.events.back().remote = {};  // not known yet
    tell(Side::server, State::syn_received, State::established, 2000);
    tell(Side::client, State::established, State::fin_wait_1, 2500);
    tell(Side::server, State::established, State::close_wait, 3000);
    tell(Side::server, State::close_wait, State::last_ack, 3500);
    tell(Side::client, State::fin_wait_1, State::fin_wait_2, 4000);
    tell(Side::client, State::fin_wait_2, State::closed, 4001);
    tell(Side::server, State::last_ack, State::closed, 4500);
  }
  std::vector<report::ConnectionReport> all_{closed_connection()};
  report::WitnessReport witness_;
};

TEST_F(KernelAccount, AgreesWithWhatThePacketsShowAndIsJoinedToThem) {
  tell_all();
  EXPECT_TRUE(compare_events(all_, all_, witness_).empty());
  EXPECT_EQ(witness_.compared, 2u);
  std::vector<std::uint64_t> packets;
  for (const KernelEvent& event : witness_.events) packets.push_back(event.packet);
  EXPECT_EQ(packets, (std::vector<std::uint64_t>{1, 3, 0, 4, 5, 6, 7, 8, 8, 9}));
  EXPECT_EQ(witness_.events[2].connection, 0u);
  EXPECT_EQ(witness_.events[3].connection, 1u);
}

TEST_F(KernelAccount, AStateThatTheKernelDoesNotTellIsADisagreement) {
  tell_all();
  witness_.events.erase(witness_.events.begin() + 5);         // CLOSE_WAIT
  EXPECT_TRUE(compare_events(all_, all_, witness_).empty());  // LAST_ACK from it: it was missed
  EXPECT_EQ(witness_.compared, 1u);
  witness_.compared = 0;
  witness_.events[5].from = State::established;
  const auto findings = compare_events(all_, all_, witness_);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].rule, rule::witness_transitions.id);
  EXPECT_EQ(findings[0].expected, "ESTABLISHED CLOSE_WAIT LAST_ACK (packets)");
  EXPECT_EQ(findings[0].observed, "ESTABLISHED LAST_ACK CLOSED (kernel's tracepoint)");
  EXPECT_EQ(witness_.disagreements, 1u);
}

TEST_F(KernelAccount, AnotherOrderIsADisagreement) {
  tell_all();
  std::swap(witness_.events[5].to, witness_.events[6].to);
  witness_.events[6].from = State::last_ack;
  witness_.events[9].from = State::close_wait;
  EXPECT_EQ(compare_events(all_, all_, witness_).size(), 1u);
}

TEST_F(KernelAccount, NothingIsProvenByEventsThatAreNotWhole) {
  EXPECT_TRUE(compare_events(all_, all_, witness_).empty());  // none at all
  tell_all();
  witness_.events.pop_back();
  witness_.events.erase(witness_.events.begin() + 5);
  witness_.not_heard = "tracepoints: 3 events were not recorded";
  EXPECT_TRUE(compare_events(all_, all_, witness_).empty());
  EXPECT_EQ(witness_.compared, 0u);
}

TEST_F(KernelAccount, OnOneHostTheEndpointsTellTheSide) {
  tell_all();
  for (KernelEvent& event : witness_.events) event.side = Side::client;
  EXPECT_TRUE(compare_events(all_, all_, witness_).empty());
  EXPECT_EQ(witness_.events[3].side, Side::server);
}

TEST_F(KernelAccount, RetransmissionsAndResetsFindTheirPackets) {
  auto& segments = all_[0].connection.segments;
  segments[6].marks = tcp::mark::retransmission;
  segments[7].flags = packet::flag::rst;  // from the client
  witness_.events = {event(Side::server, KernelEventKind::retransmit, 3510),
                     event(Side::client, KernelEventKind::send_reset, 3995),
                     event(Side::server, KernelEventKind::receive_reset, 4005),
                     event(Side::server, KernelEventKind::send_reset, 4005)};
  (void)compare_events(all_, all_, witness_);
  EXPECT_EQ(witness_.events[0].packet, 7u);
  EXPECT_EQ(witness_.events[1].packet, 8u);
  EXPECT_EQ(witness_.events[2].packet, 8u);
  EXPECT_EQ(witness_.events[3].packet, 0u);
}

}  // namespace
}  // namespace wireproof::run
