// "wire" and the steps about it, as files write them, in the types of wire/model.h.
#include <gtest/gtest.h>

#include "scenario/load.h"

namespace wireproof::scenario {
namespace {

using namespace std::chrono_literals;

Case case_of(const std::string& wire, const std::string& steps = R"({"listen": "l"})") {
  auto loaded = load_text(
      R"({"title": "t", "topology": "wire", "wire": )" + wire + R"(, "steps": [)" + steps + "]}",
      "f", "p");
  if (!loaded) {
    for (const Error& error : loaded.error()) ADD_FAILURE() << to_string(error);
    return {};
  }
  return std::move((*loaded)[0]);
}

wire::Rule rule_of(const std::string& on, const std::string& action) {
  const Case one = case_of(R"({"rules": [{"name": "h", "on": {}, "do": {"hold": "held"}},
      {"name": "r", "on": )" +
                           on + R"(, "do": )" + action + "}]}");
  if (!one.wire || one.wire->rules.size() != 2) return {};
  return one.wire->rules[1];
}

template <typename Action>
Action action_of(const std::string& action, const std::string& on = "{}") {
  const wire::Rule rule = rule_of(on, action);
  const auto* found = std::get_if<Action>(&rule.action);
  if (!found) ADD_FAILURE() << action << " is another";
  return found ? *found : Action{};
}

TEST(Wire, ConditionsOfEachDirection) {
  const Case one = case_of(R"({"seed": 7,
      "client_to_server": {"delay_ms": 1.5, "jitter": {"kind": "normal", "spread_us": 20, "may_reorder": true},
                           "loss": 0.25, "duplication": 0.5, "corruption": 0.125, "mtu": 1400},
      "server_to_client": {"delay_us": 3, "loss": {"to_bad": 0.1, "to_good": 0.2},
                           "duplication": {"probability": 0.5, "copies": 3},
                           "reordering": {"probability": 0.5, "behind": 2, "at_most_ms": 5},
                           "rate": {"bits_per_second": 1000000, "queue_packets": 4},
                           "mtu": {"bytes": 1300, "black_hole": true}}})");
  ASSERT_TRUE(one.wire);
  EXPECT_EQ(one.wire->seed, 7u);
  wire::Conditions there;
  there.delay = 1500us;
  there.jitter = {wire::Jitter::Kind::normal, 20us, 3, true};
  there.loss = wire::IndependentLoss{0.25};
  there.duplication = {0.5, 1};
  there.corruption = {0.125};
  there.mtu = wire::Mtu{1400, false};
  EXPECT_EQ(one.wire->client_to_server, there);
  wire::Conditions back;
  back.delay = 3us;
  back.loss = wire::GilbertElliott{0.1, 0.2, 0, 1};
  back.duplication = {0.5, 3};
  back.reordering = {0.5, 2, 5ms};
  back.rate = wire::RateLimit{1'000'000, std::nullopt, 4};
  back.mtu = wire::Mtu{1300, true};
  EXPECT_EQ(one.wire->server_to_client, back);
}

TEST(Wire, BothIsEachDirection) {
  const Case one = case_of(R"({"both": {"loss": 0.25}})");
  ASSERT_TRUE(one.wire);
  EXPECT_EQ(one.wire->client_to_server.loss, wire::Loss(wire::IndependentLoss{0.25}));
  EXPECT_EQ(one.wire->client_to_server, one.wire->server_to_client);
}

TEST(Wire, WhatARuleMatches) {
  const wire::Rule rule = rule_of(
      R"({"from": "server", "protocol": "tcp", "flags": "FIN ACK", "without": "RST",
          "sending": "retransmission", "payload_length": {"from": 1}, "payload_prefix": "ab",
          "payload_contains": {"hex": "ff"}, "sequence": {"from": 2, "to": 3}, "acknowledgement": 4,
          "acknowledges_fin": true, "connection": 2, "client_port": 5, "server_port": 6, "nth": 1})",
      "\"drop\"");
  const wire::Match& on = rule.on;
  EXPECT_EQ(on.direction, wire::Direction::server_to_client);
  EXPECT_EQ(on.protocol, wire::Protocol::tcp);
  EXPECT_EQ(on.flags_all_of, packet::flag::fin | packet::flag::ack);
  EXPECT_EQ(on.flags_none_of, packet::flag::rst);
  EXPECT_EQ(on.sending, wire::Sending::retransmission);
  EXPECT_EQ(on.payload_length, (wire::Range{1}));
  EXPECT_EQ(on.payload_prefix, (wire::Bytes{'a', 'b'}));
  EXPECT_EQ(on.payload_contains, (wire::Bytes{0xFF}));
  EXPECT_EQ(on.sequence, (wire::Range{2, 3}));
  EXPECT_EQ(on.acknowledgement, (wire::Range{4, 4}));
  EXPECT_TRUE(on.acknowledges_fin);
  EXPECT_EQ(on.connection, 2u);
  EXPECT_EQ(on.client_port, 5);
  EXPECT_EQ(on.server_port, 6);
  EXPECT_EQ(on.nth, (wire::Range{1, 1}));
  EXPECT_TRUE(std::holds_alternative<wire::Drop>(rule.action));
  EXPECT_EQ(rule_of("{}", "\"drop\"").on.nth, (wire::Range{1}));  // without "nth": each
}

TEST(Wire, WhatARuleDoes) {
  EXPECT_EQ(action_of<wire::Hold>(R"({"hold": "x", "until_after_ms": 2})").until_after, 2ms);
  EXPECT_EQ(action_of<wire::Hold>(R"({"hold": "x", "until_matches": 2})").until_matches, 2u);
  EXPECT_EQ(action_of<wire::Release>(R"({"release": "held"})").name, "held");
  EXPECT_EQ(action_of<wire::Duplicate>(R"({"duplicate": 2, "spacing_us": 5})").spacing, 5us);
  EXPECT_EQ(action_of<wire::Delay>(R"({"delay_ms": 0.5})").by, 500us);
  EXPECT_EQ(action_of<wire::ReorderBehind>(R"({"reorder_behind": 3})").packets, 3u);
  const auto corrupt =
      action_of<wire::Corrupt>(R"({"corrupt": "window", "mask": 16, "mend_checksum": true})");
  EXPECT_EQ(corrupt.part, wire::Corrupt::Part::window);
  EXPECT_EQ(corrupt.mask, 16u);
  EXPECT_TRUE(corrupt.mend_checksum);
  const auto set = action_of<wire::SetFields>(
      R"({"set": {"set_flags": "ECE", "clear_flags": "PSH", "window": 0, "sequence": {"add": -1},
                  "timestamps": {"value": 7}, "strip_options": [3], "ecn": 3, "ttl": 9}})");
  EXPECT_EQ(set.set_flags, packet::flag::ece);
  EXPECT_EQ(set.clear_flags, packet::flag::psh);
  EXPECT_EQ(set.window, 0);
  ASSERT_TRUE(set.sequence && set.timestamps);
  EXPECT_EQ(set.sequence->value, -1);
  EXPECT_EQ(set.timestamps->value, 7u);
  EXPECT_EQ(set.strip_options, (std::vector<std::uint8_t>{3}));
  EXPECT_EQ(set.ecn, 3);
  EXPECT_EQ(set.ttl, 9);
  EXPECT_FALSE(action_of<wire::Truncate>(R"({"truncate": 3, "mend": false})").mend);
  EXPECT_EQ(action_of<wire::AnswerRst>(R"({"rst": "both", "sequence_offset": 5})").to,
            wire::AnswerRst::To::both);
  EXPECT_EQ(action_of<wire::AnswerIcmp>(R"({"icmp": "packet-too-big", "mtu": 1300})").mtu, 1300u);
  EXPECT_EQ(action_of<wire::Split>(R"({"split": 3})").payload_bytes, 3u);
  EXPECT_EQ(action_of<wire::JoinNext>(R"({"join_next": true, "at_most_ms": 9})").at_most, 9ms);
}

TEST(Wire, Steps) {
  const Case one = case_of(
      R"({"rules": [{"name": "r", "on": {}, "do": {"hold": "fin"}, "may_miss": true}]})",
      R"({"await": {"held": "fin"}}, {"await": {"match": "r", "count": 2}}, {"release": "fin"},
         {"link": "down"}, {"conditions": {"direction": "server_to_client", "delay_ms": 1}})");
  ASSERT_EQ(one.steps.size(), 5u);
  EXPECT_TRUE(one.wire->rules[0].may_miss);
  EXPECT_EQ(std::get<step::AwaitHeld>(one.steps[0].action).count, 1u);
  EXPECT_EQ(std::get<step::AwaitMatch>(one.steps[1].action).count, 2u);
  EXPECT_EQ(std::get<step::ReleaseHeld>(one.steps[2].action).name, "fin");
  EXPECT_FALSE(std::get<step::SetLink>(one.steps[3].action).up);
  const auto& set = std::get<step::SetConditions>(one.steps[4].action);
  EXPECT_EQ(set.direction, wire::Direction::server_to_client);
  EXPECT_EQ(set.conditions.delay, 1ms);
  EXPECT_EQ(one.steps[0].shown, "await 1 packet held as fin");
  EXPECT_EQ(one.steps[1].shown, "await 2 matches of rule r");
}

}  // namespace
}  // namespace wireproof::scenario
