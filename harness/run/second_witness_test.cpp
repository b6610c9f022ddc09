#include "run/second_witness.h"

#include <gtest/gtest.h>

#include "run/rules.h"

namespace wireproof::run {
namespace {

using tcp::State;

packet::Endpoint endpoint(const char* address, std::uint16_t port) {
  return {*packet::parse_address(address), port};
}

// A connection whose client closed first and rests in TIME_WAIT; times are milliseconds.
report::ConnectionReport closed_connection() {
  report::ConnectionReport one;
  auto& connection = one.connection;
  connection.index = 1;
  connection.opening = tcp::Opening::three_way;
  connection.closing = tcp::Closing::four_way;
  auto& client = connection.end(Side::client);
  auto& server = connection.end(Side::server);
  client.endpoint = endpoint("127.0.0.1", 40000);
  server.endpoint = endpoint("127.0.0.1", 5555);
  client.state = State::time_wait;
  server.state = State::closed;
  client.payload_bytes = 3;
  server.payload_bytes = 7;
  client.fin_seq = 4;
  server.fin_seq = 8;
  const auto change = [&](Side side, State from, State to, std::int64_t ms) {
    connection.transitions.push_back({side, from, to, 1, ms * 1'000'000});
  };
  change(Side::client, State::closed, State::syn_sent, 1000);
  change(Side::client, State::syn_sent, State::established, 1001);
  change(Side::client, State::established, State::fin_wait_1, 2000);
  change(Side::client, State::fin_wait_1, State::fin_wait_2, 3000);
  change(Side::client, State::fin_wait_2, State::time_wait, 4000);
  return one;
}

witness::TcpSocket socket_of(const report::ConnectionReport& one, Side side, State state,
                             std::int64_t ms) {
  witness::TcpSocket socket;
  socket.local = one.connection.end(side).endpoint;
  socket.remote = one.connection.end(other(side)).endpoint;
  socket.state = state;
  socket.read_ns = ms * 1'000'000;
  return socket;
}

script::KernelReading reading(const report::ConnectionReport& one, State state, std::int64_t ms) {
  script::KernelReading reading;
  reading.side = Side::client;
  reading.socket = socket_of(one, Side::client, state, ms);
  reading.asked_ns = reading.socket.read_ns;
  return reading;
}

class SecondWitness : public testing::Test {
 protected:
  std::vector<Finding> compared(bool quiet = true) {
    return compare_witnesses({one_}, witness_, quiet);
  }
  void rests_as_it_should() {
    witness_.final_sockets = {socket_of(one_, Side::client, State::time_wait, 4100)};
  }
  report::ConnectionReport one_ = closed_connection();
  report::WitnessReport witness_;
};

TEST_F(SecondWitness, TimeWaitEndsWithoutAPacket) {
  EXPECT_EQ(compared().size(), 1u);  // it is gone, and nothing says why
  one_.connection.end(Side::client).reset_in_time_wait = true;
  EXPECT_TRUE(compared().empty());
  one_.connection.end(Side::client).reset_in_time_wait = false;
  one_.connection.last_time_ns = 4'000'000'000;
  witness_.final_read_ns = one_.connection.last_time_ns + 59'000'000'000;
  EXPECT_EQ(compared().size(), 1u);
  witness_.final_read_ns += 1'000'000'000;
  EXPECT_TRUE(compared().empty());
}

TEST_F(SecondWitness, AgreesWhereStatesAreTheSame) {
  rests_as_it_should();
  witness_.readings = {reading(one_, State::fin_wait_2, 3500)};
  EXPECT_TRUE(compared().empty());
  EXPECT_EQ(witness_.compared, 3u);
  EXPECT_EQ(witness_.disagreements, 0u);
}

TEST_F(SecondWitness, AllowsForTheMomentBetweenAStateAndItsPacket) {
  rests_as_it_should();
  witness_.readings = {reading(one_, State::fin_wait_1, 1960),
                       reading(one_, State::fin_wait_1, 3050)};
  EXPECT_TRUE(compared().empty());
}

TEST_F(SecondWitness, ReportsAStateThatThePacketsDoNotShowAtThatTime) {
  rests_as_it_should();
  witness_.readings = {reading(one_, State::fin_wait_1, 3500)};
  const auto findings = compared();
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].rule, rule::witness_state.id);
  EXPECT_EQ(findings[0].expected, "FIN_WAIT_2 (packets)");
  EXPECT_EQ(witness_.disagreements, 1u);
}

TEST_F(SecondWitness, ReportsAFinalStateThatDiffers) {
  witness_.final_sockets = {socket_of(one_, Side::client, State::fin_wait_2, 4100)};
  const auto findings = compared();
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].rule, rule::witness_final.id);
  EXPECT_EQ(findings[0].observed, "FIN_WAIT_2 (kernel)");
}

TEST_F(SecondWitness, ReportsASocketThatIsMissingOrLeftOver) {
  EXPECT_EQ(compared().size(), 1u);  // no TIME_WAIT at the client
  witness_.final_sockets = {socket_of(one_, Side::client, State::time_wait, 4100),
                            socket_of(one_, Side::server, State::last_ack, 4100)};
  EXPECT_EQ(compared().size(), 1u);
  EXPECT_TRUE(compared(false).empty()) << "states still moving prove nothing";
}

TEST_F(SecondWitness, ReportsCountsThatDiffer) {
  rests_as_it_should();
  auto socket = socket_of(one_, Side::client, State::closed, 4100);
  socket.info = witness::TcpInfo{};
  socket.info->segments_in = 4;
  socket.info->bytes_received = 8;  // 7, and the FIN
  witness_.destroyed = {socket};
  EXPECT_TRUE(compared().empty());

  witness_.destroyed[0].info->bytes_received = 6;
  witness_.destroyed[0].info->total_retransmissions = 1;
  const auto findings = compared();
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].rule, rule::witness_bytes.id);
  EXPECT_EQ(findings[1].rule, rule::witness_retransmissions.id);
}

// A connect(2) that was given up, and another of the same ports: one connection to the packets.
TEST_F(SecondWitness, TakesTheCountsOfTheSocketThatGotFurther) {
  rests_as_it_should();
  auto given_up = socket_of(one_, Side::client, State::closed, 4100);
  given_up.info = witness::TcpInfo{};
  given_up.info->segments_out = 1;
  given_up.info->total_retransmissions = 1;
  auto opened = given_up;
  opened.info->segments_in = opened.info->segments_out = 4;
  opened.info->bytes_received = 8;
  opened.info->total_retransmissions = 0;
  witness_.destroyed = {given_up, opened};
  EXPECT_TRUE(compared().empty());
  witness_.destroyed = {given_up};  // of the other nothing was heard in time
  EXPECT_TRUE(compared().empty());
  witness_.destroyed[0].info->segments_in = 1;
  EXPECT_FALSE(compared().empty());
}

TEST_F(SecondWitness, JudgesTheStatesThatAScenarioWants) {
  rests_as_it_should();
  const scenario::FinalState wanted{Side::client, State::time_wait, 1};
  EXPECT_TRUE(judge_final_states({wanted}, witness_.final_sockets, 5555, {}).empty());
  const auto findings = judge_final_states({wanted}, {}, 5555, {one_});
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].rule, rule::final_state.id);
  EXPECT_FALSE(findings[0].inconclusive);

  one_.connection.end(Side::client).reset_in_time_wait = true;
  const auto ended = judge_final_states({wanted}, {}, 5555, {one_});
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_TRUE(ended[0].inconclusive);
  const scenario::FinalState two{Side::client, State::time_wait, 2};
  EXPECT_FALSE(judge_final_states({two}, {}, 5555, {one_})[0].inconclusive)
      << "one RST, two missing";
}

}  // namespace
}  // namespace wireproof::run
