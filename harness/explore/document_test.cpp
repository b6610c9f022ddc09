#include "explore/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "scenario/load.h"

namespace wireproof::explore {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

std::string shipped(const std::string& file) {
  std::ifstream stream(WIREPROOF_SOURCE_DIR "/scenarios/" + file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

scenario::Case loaded(const std::string& text, std::size_t at = 0) {
  auto cases = scenario::load_text(text, "file.json", "file");
  if (!cases) throw std::runtime_error(scenario::to_string(cases.error().front()));
  return cases->at(at);
}

const Faults two = {{{Side::client, 1}, Kind::drop}, {{Side::server, 2}, Kind::swap}};

TEST(Document, OfAShippedScenarioIsAScenarioOfOneCase) {
  const std::string source = shipped("tcp/exchange.json");
  for (std::size_t at = 0; at < 4; ++at) {
    const scenario::Case one = loaded(source, at);
    const auto text = document(source, one, two, {});
    ASSERT_TRUE(text) << text.error();
    const auto made = scenario::load_text(*text, "made.json", "made");
    ASSERT_TRUE(made) << scenario::to_string(made.error().front()) << *text;
    ASSERT_THAT(*made, SizeIs(1));
    const scenario::Case& run = made->front();
    EXPECT_EQ(run.family, one.family);
    EXPECT_EQ(run.topology, lab::Topology::wire);
    ASSERT_TRUE(run.wire);
    ASSERT_THAT(run.wire->rules, SizeIs(2));
    EXPECT_EQ(run.wire->rules[0].name, "drop-client-1");
    EXPECT_TRUE(std::holds_alternative<wire::Drop>(run.wire->rules[0].action));
    EXPECT_TRUE(run.wire->rules[0].may_miss);
    EXPECT_EQ(run.wire->rules[1].on.direction, wire::Direction::server_to_client);
    EXPECT_EQ(run.wire->rules[1].on.nth.from, 2u);
    EXPECT_TRUE(std::holds_alternative<wire::ReorderBehind>(run.wire->rules[1].action));
    // What faults may change is not expected; that the ends come to rest, and the bytes, are.
    EXPECT_TRUE(run.expected.connections.all.opening.empty());
    EXPECT_FALSE(run.expected.connections.all.max_retransmissions);
    EXPECT_EQ(run.expected.connections.all.server_bytes, 7u);
    EXPECT_THAT(run.expected.kernel, SizeIs(16));
    EXPECT_EQ(run.client->expect_output, "success");
  }
}

TEST(Document, HasTheProgramsThatArePutIn) {
  const std::string source = shipped("tcp/exchange.json");
  const scenario::Case one = loaded(source);
  const auto text = document(source, one, {}, {{{"my-server", "{port}"}}, {}});
  ASSERT_TRUE(text);
  const scenario::Case run = loaded(*text);
  EXPECT_THAT(run.server->command, testing::ElementsAre("my-server", "{port}"));
  EXPECT_TRUE(run.server->may_be_killed);
  EXPECT_EQ(run.client->command[0], one.client->command[0]);
}

TEST(Document, GivesScriptsTimeForWhatIsSentAgain) {
  const std::string source = R"({"title": "t", "time_limit_ms": 70000, "steps": [
    {"listen": "l"}, {"connect": "c"}, {"accept": "s", "within_ms": 60000}, {"send": {"on": "c", "text": "1"}},
    {"repeat": {"times": 1, "steps": [{"expect": {"on": "s", "text": "1"}}]}},
    {"close": "c"}, {"close": "s"}]})";
  const auto text = document(source, loaded(source), two, {});
  ASSERT_TRUE(text);
  const scenario::Case run = loaded(*text);
  EXPECT_GE(run.steps[1].within.count(), 10'000);
  EXPECT_EQ(run.steps[2].within.count(), 60'000);
  const auto& repeat = std::get<scenario::RepeatStep>(run.steps[4].action);
  EXPECT_GE(repeat.steps[0].within.count(), 10'000);
}

TEST(Document, KeepsTheChosenValueOfAMatrix) {
  const std::string source = R"({"title": "t", "matrix": {
      "family": ["ipv4", "ipv6"],
      "close": [{"name": "slow", "ms": 120}, {"name": "fast", "ms": 0}],
      "exclude": [{"family": "ipv6", "close": "fast"}]},
    "family": "${family}",
    "server": {"target": "tcp-server", "args": ["--close-wait-ms", "${close.ms}"]},
    "client": {"target": "tcp-client"}})";
  for (std::size_t at = 0; at < 3; ++at) {
    const scenario::Case one = loaded(source, at);
    const auto text = document(source, one, {}, {});
    ASSERT_TRUE(text);
    const scenario::Case run = loaded(*text);
    EXPECT_EQ(run.family, one.family);
    EXPECT_EQ(run.server->command, one.server->command);
    EXPECT_THAT(scenario::load_text(*text, "f", "f").value(), SizeIs(1));
  }
}

TEST(Document, RefusesWhatHasNoWire) {
  const std::string source = R"({"title": "t", "transport": "unix-stream",
    "server": {"target": "unix-server"}, "client": {"target": "unix-client"}})";
  const auto text = document(source, loaded(source), {}, {});
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error(), HasSubstr("no packets"));
  const std::string scripted = R"({"title": "t", "client": {"target": "tcp-client"}, "steps": [
    {"listen": "l"}, {"accept": "s"}, {"close": "s"}]})";
  const auto replaced = document(scripted, loaded(scripted), {}, {{{"srv"}}, {}});
  ASSERT_FALSE(replaced);
  EXPECT_THAT(replaced.error(), HasSubstr("the script plays the server"));
}

}  // namespace
}  // namespace wireproof::explore
