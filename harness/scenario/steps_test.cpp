// Steps as files write them, in the types of model.h.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "scenario/load.h"

namespace wireproof::scenario {
namespace {

using testing::ElementsAre;

std::vector<Step> steps_of(const std::string& steps, const std::string& more = "") {
  auto loaded = load_text("{\"title\": \"t\", " + more + "\"steps\": [" + steps + "]}", "f", "p");
  if (!loaded) {
    for (const Error& error : loaded.error()) ADD_FAILURE() << to_string(error);
    return {};
  }
  return std::move((*loaded)[0].steps);
}

const std::string server = "\"server\": {\"target\": \"tcp-server\"}, ";
const std::string udp = "\"transport\": \"udp\", ";

template <typename Action>
const Action& action_of(const std::vector<Step>& steps, std::size_t index) {
  static const Action none{};
  if (index >= steps.size() || !std::holds_alternative<Action>(steps[index].action)) {
    ADD_FAILURE() << "step " << index << " is another";
    return none;
  }
  return std::get<Action>(steps[index].action);
}

TEST(Steps, NamesAndSidesAreFilledIn) {
  const auto steps = steps_of(R"({"listen": {}}, {"connect": {}}, {"accept": {}},
      {"send": {"on": "c", "text": "1"}}, {"close": "c"}, {"expect": {"end": true}}, {"close": "s"}, {"close": {}})");
  EXPECT_EQ(action_of<step::Listen>(steps, 0).socket, "l");
  EXPECT_EQ(action_of<step::Listen>(steps, 0).side, Side::server);
  EXPECT_EQ(action_of<step::Connect>(steps, 1).socket, "c");
  EXPECT_EQ(action_of<step::Connect>(steps, 1).side, Side::client);
  EXPECT_EQ(action_of<step::Accept>(steps, 2).socket, "l");
  EXPECT_EQ(action_of<step::Accept>(steps, 2).as, "s");
  EXPECT_EQ(action_of<step::Expect>(steps, 5).socket, "s");  // the only one left
  EXPECT_EQ(action_of<step::Close>(steps, 7).socket, "l");
}

TEST(Steps, ShortFormsAreTheLongOnes) {
  const auto steps = steps_of(
      R"({"connect": "a"}, {"send": "1"}, {"expect": "2"}, {"shutdown": "a"}, {"close": "a"}, {"signal": "server"})",
      server);
  EXPECT_EQ(action_of<step::Connect>(steps, 0).socket, "a");
  EXPECT_EQ(action_of<step::Send>(steps, 1).data.bytes, "1");
  EXPECT_EQ(action_of<step::Expect>(steps, 2).data.bytes, "2");
  EXPECT_EQ(action_of<step::Shutdown>(steps, 3).how, step::Shutdown::How::write);
  EXPECT_EQ(action_of<step::Signal>(steps, 5).number, SIGTERM);
}

TEST(Steps, PayloadsAreDecoded) {
  const auto steps = steps_of(R"({"connect": "c"}, {"send": {"hex": "00 fF"}},
      {"send": {"base64": "YWI="}}, {"send": {"pattern": 28, "chunk": 5, "chunk_gap_ms": 7}},
      {"expect": {"length": 9}}, {"expect": {"regex": "a+"}}, {"expect": {"prefix": {"hex": "41"}}})",
                              server);
  EXPECT_EQ(action_of<step::Send>(steps, 1).data.bytes, std::string("\0\xFF", 2));
  EXPECT_EQ(action_of<step::Send>(steps, 2).data.bytes, "ab");
  EXPECT_EQ(action_of<step::Send>(steps, 3).data.bytes, "abcdefghijklmnopqrstuvwxyzab");
  EXPECT_EQ(action_of<step::Send>(steps, 3).chunk, 5u);
  EXPECT_EQ(action_of<step::Send>(steps, 3).chunk_gap, milliseconds(7));
  EXPECT_EQ(action_of<step::Expect>(steps, 4).kind, step::Expect::Kind::length);
  EXPECT_EQ(action_of<step::Expect>(steps, 4).length, 9u);
  EXPECT_EQ(action_of<step::Expect>(steps, 5).kind, step::Expect::Kind::regex);
  EXPECT_EQ(action_of<step::Expect>(steps, 5).data.bytes, "a+");
  EXPECT_EQ(action_of<step::Expect>(steps, 6).kind, step::Expect::Kind::prefix);
  EXPECT_EQ(action_of<step::Expect>(steps, 6).data.bytes, "A");
}

TEST(Steps, DeadlinesAndReasonsAreKept) {
  const auto steps = steps_of(
      R"({"connect": "c", "within_ms": 70, "why": "so"}, {"send": "1"}, {"expect": {"nothing_for_ms": 3000}})",
      server);
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(steps[0].within, milliseconds(70));
  EXPECT_EQ(steps[0].why, "so");
  EXPECT_EQ(steps[1].within, milliseconds(2000));
  EXPECT_EQ(steps[2].within, milliseconds(3000));  // silence is its own deadline
  EXPECT_EQ(steps[0].position.line, 1u);
}

TEST(Steps, OptionsMaySetUpASocketBeforeItIsOpen) {
  const auto steps = steps_of(
      R"({"set": {"on": "l", "option": "SO_REUSEADDR", "value": true}}, {"listen": "l"},
         {"set": {"on": "c", "option": "SO_LINGER", "value": [1, 3]}}, {"connect": "c"})");
  EXPECT_EQ(action_of<step::SetOption>(steps, 0).side, Side::server);
  EXPECT_EQ(action_of<step::SetOption>(steps, 0).value, 1);
  EXPECT_EQ(action_of<step::SetOption>(steps, 2).side, Side::client);
  EXPECT_EQ(action_of<step::SetOption>(steps, 2).value, 1);
  EXPECT_EQ(action_of<step::SetOption>(steps, 2).value2, 3);
}

TEST(Steps, WaitsAreRead) {
  const auto steps =
      steps_of(R"({"connect": "c"}, {"await": {"state": ["FIN_WAIT_1", "FIN_WAIT_2"], "on": "c"}},
      {"await": {"state": "TIME_WAIT", "side": "server", "count": 3}},
      {"await": {"packets": {"from": "server", "flags": "FIN ACK", "without": "RST", "count": 2}}},
      {"await": {"exit": "server"}}, {"pause_ms": 9})",
               server);
  EXPECT_THAT(action_of<step::AwaitState>(steps, 1).states,
              ElementsAre(tcp::State::fin_wait_1, tcp::State::fin_wait_2));
  EXPECT_EQ(action_of<step::AwaitState>(steps, 1).socket, "c");
  EXPECT_EQ(action_of<step::AwaitState>(steps, 1).side, Side::client);
  EXPECT_EQ(action_of<step::AwaitState>(steps, 2).side, Side::server);
  EXPECT_EQ(action_of<step::AwaitState>(steps, 2).count, 3u);
  const auto& packets = action_of<step::AwaitPackets>(steps, 3);
  EXPECT_EQ(packets.from, Side::server);
  EXPECT_EQ(packets.flags_all, packet::flag::fin | packet::flag::ack);
  EXPECT_EQ(packets.flags_none, packet::flag::rst);
  EXPECT_EQ(packets.count, 2u);
  EXPECT_EQ(action_of<step::AwaitExit>(steps, 4).who, Side::server);
  EXPECT_EQ(action_of<step::Pause>(steps, 5).span, milliseconds(9));
}

TEST(Steps, DatagramsHaveSendersAndSizes) {
  const auto steps = steps_of(R"({"bind": "s"}, {"bind": {"as": "c", "side": "client"}},
      {"send": {"on": "c", "text": ""}}, {"expect": {"on": "s", "text": "", "receive": 5, "truncated": false, "from": "c"}},
      {"send": {"on": "s", "text": "x", "to": "sender"}}, {"send": {"on": "c", "text": "x", "to": {"address": "127.0.0.1", "port": 9}}})",
                              udp);
  EXPECT_EQ(action_of<step::Bind>(steps, 0).side, Side::server);
  EXPECT_EQ(action_of<step::Bind>(steps, 1).side, Side::client);
  const auto& expect = action_of<step::Expect>(steps, 3);
  EXPECT_EQ(expect.receive, 5u);
  EXPECT_EQ(expect.truncated, false);
  EXPECT_EQ(expect.from, "c");
  EXPECT_EQ(action_of<step::Send>(steps, 4).to, "sender");
  EXPECT_EQ(action_of<step::Send>(steps, 5).to_address.address, "127.0.0.1");
  EXPECT_EQ(action_of<step::Send>(steps, 5).to_address.port, 9);
}

TEST(Steps, RepeatHasStepsOfItsOwn) {
  const auto steps = steps_of(
      R"({"repeat": {"times": 5, "steps": [{"connect": "c"}, {"repeat": {"times": 2, "steps": [{"send": "1"}]}}, {"close": "c"}]}})",
      server);
  const auto& repeat = action_of<RepeatStep>(steps, 0);
  EXPECT_EQ(repeat.times, 5u);
  ASSERT_EQ(repeat.steps.size(), 3u);
  EXPECT_EQ(action_of<RepeatStep>(repeat.steps, 1).times, 2u);
}

TEST(Steps, PathStepsDefaultToTheCasesPath) {
  const auto steps =
      steps_of(R"({"chmod": "0007"}, {"path_exists": false}, {"path_exists": "{scratch}/x"})",
               "\"transport\": \"unix-stream\", \"server\": {\"target\": \"unix-server\"}, ");
  EXPECT_EQ(action_of<step::Chmod>(steps, 0).path, "{path}");
  EXPECT_EQ(action_of<step::Chmod>(steps, 0).mode, 7u);
  EXPECT_EQ(action_of<step::PathExists>(steps, 1).path, "{path}");
  EXPECT_FALSE(action_of<step::PathExists>(steps, 1).exists);
  EXPECT_EQ(action_of<step::PathExists>(steps, 2).path, "{scratch}/x");
}

TEST(Steps, AreShownInOneLine) {
  const auto steps = steps_of(
      R"({"listen": {"as": "l", "backlog": 2}}, {"connect": {"as": "c", "to": {"port": 7}, "fails": "ECONNREFUSED"}},
      {"connect": "c"}, {"send": "1\n"}, {"expect": {"on": "c", "nothing_for_ms": 5}}, {"shutdown": {"on": "c", "how": "both"}},
      {"await": {"state": "LISTEN", "side": "server"}}, {"await": {"packets": {"from": "client", "flags": "SYN"}}}, {"repeat": {"times": 2, "steps": [{"pause_ms": 1}]}})");
  std::vector<std::string> shown;
  for (const Step& step : steps) shown.push_back(step.shown);
  EXPECT_THAT(
      shown, ElementsAre("listen on l, backlog 2", "connect c to port 7, failing with ECONNREFUSED",
                         "connect c", "send \"1\\n\" on c", "expect nothing for 5 ms on c",
                         "shutdown c (both)", "await server LISTEN",
                         "await 1 packet from the client with SYN", "repeat 1 step 2 times"));
}

}  // namespace
}  // namespace wireproof::scenario
