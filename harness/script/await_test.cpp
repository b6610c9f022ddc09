// The kernel's states awaited by scripts, read from the kernel of this namespace.
#include <gmock/gmock.h>
#include <sys/socket.h>

#include <future>

#include "script/fake_stage.h"

namespace wireproof::script {
namespace {

using namespace std::chrono_literals;
using scenario::Family;
using scenario::Transport;
using scenario::step::AwaitState;
using tcp::State;
using Kind = scenario::step::Expect::Kind;

std::string miss_of(const Result& result) {
  return result.findings.empty() ? ""
                                 : result.findings[0].rule + ": " + result.findings[0].observed;
}

class Await : public testing::TestWithParam<Family> {};

TEST_P(Await, BothEndsThroughAnOrderlyClose) {
  FakeStage stage;
  {
    const FakeServer chosen(SOCK_STREAM, loopback(GetParam()), [](int) {});
    stage.server = target_of(chosen.address());
  }
  scenario::step::Listen listen;
  listen.socket = "l";
  const auto await = [](Side side, std::string socket, State state) {
    return step(AwaitState{side, std::move(socket), {state}, 1});
  };
  auto one = make_case(
      Transport::tcp, GetParam(),
      {step(listen), await(Side::server, "l", State::listen), step(connect("c")),
       step(scenario::step::Accept{"l", "s"}), await(Side::client, "c", State::established),
       await(Side::server, "s", State::established), await(Side::server, "c", State::established),
       step(scenario::step::Shutdown{"c", {}}), await(Side::client, "c", State::fin_wait_2),
       await(Side::server, "s", State::close_wait), await(Side::server, "", State::close_wait),
       step(scenario::step::Close{"s"}), step(expect("c", Kind::end)),
       step(scenario::step::Close{"c"}),
       // Of a socket that is closed its addresses are still known.
       await(Side::client, "c", State::time_wait), await(Side::client, "", State::time_wait)});
  one.server.reset();
  const std::int64_t before = realtime_ns();
  const Result result = run(one, stage);
  ASSERT_EQ(miss_of(result), "");

  // The last step takes any of the port, those of earlier tests too.
  ASSERT_GE(result.readings.size(), 9u);
  for (const KernelReading& one_reading : result.readings) {
    EXPECT_GE(one_reading.asked_ns, before);
    EXPECT_GE(one_reading.socket.read_ns, one_reading.asked_ns);
  }
  EXPECT_EQ(result.readings[0].socket.state, State::listen);
  EXPECT_EQ(result.readings[0].step, "step 2, test.json:2:5");
  EXPECT_EQ(result.readings[1].side, Side::client);
  EXPECT_EQ(result.readings[1].socket.remote.port, *stage.server.port);
  EXPECT_TRUE(result.readings[1].socket.info.has_value());
  EXPECT_EQ(result.readings[3].side, Side::server);
  EXPECT_EQ(result.readings[3].socket.local.port, *stage.server.port);
  EXPECT_EQ(result.readings[8].socket.state, State::time_wait);
}

INSTANTIATE_TEST_SUITE_P(Of, Await, testing::Values(Family::ipv4, Family::ipv6),
                         [](const auto& one) { return std::string(scenario::name(one.param)); });

TEST(AwaitState, CountsAndWaits) {
  // Three connections; the server closes them only after a while.
  const auto closes_later = [](int fd) {
    std::this_thread::sleep_for(20ms);
    ::shutdown(fd, SHUT_WR);
    read_to_end(fd);
  };
  std::vector<scenario::Step> steps;
  for (const auto* name : {"a", "b", "d"}) {
    steps.push_back(step(connect(name)));
    steps.push_back(step(scenario::step::Shutdown{name, {}}));
  }
  steps.push_back(step(AwaitState{Side::client, "", {State::time_wait}, 3}, 20'000ms));
  const Result result = run_against(closes_later, steps);
  ASSERT_EQ(miss_of(result), "");
  EXPECT_EQ(result.readings.size(), 3u);
}

// CLOSED is the absence of a socket: begun in SYN_SENT or read at rest, gone after a reset.
TEST(AwaitState, ClosedIsASocketThatIsGone) {
  scenario::step::Connect begun = connect("c");
  begun.begin = true;
  const auto await = [](State state, milliseconds within) {
    return step(AwaitState{Side::client, "c", {state}, 1}, within);
  };
  const std::vector<scenario::Step> steps{step(begun), await(State::established, 5000ms),
                                          step(scenario::step::Abort{"c"}),
                                          await(State::closed, 5000ms)};
  const Result result = run_against(read_to_end, steps);
  EXPECT_EQ(miss_of(result), "");
  EXPECT_EQ(result.readings.size(), 1u);

  const Result open = run_against(read_to_end, {step(connect("c")), await(State::closed, 50ms)});
  ASSERT_EQ(open.findings.size(), 1u);
  EXPECT_EQ(open.findings[0].rule, "script.await-state");
}

TEST(AwaitState, AServerOfBothFamiliesIsSeenAsTheWireShowsIt) {
  // Its end of an IPv4 connection has an IPv4-mapped address (RFC 4291 2.5.5.2).
  packet::Address any;
  any.family = packet::Family::ipv6;
  FakeServer server(SOCK_STREAM, SocketAddress::internet(any, 0), read_to_end);
  FakeStage stage;
  stage.server.address = "127.0.0.1";
  stage.server.port = server.address().endpoint().port;
  const Result result = run(
      make_case(Transport::tcp, Family::ipv4,
                {step(connect("c")), step(AwaitState{Side::server, "c", {State::established}, 1})}),
      stage);
  EXPECT_EQ(miss_of(result), "");
}

}  // namespace
}  // namespace wireproof::script
