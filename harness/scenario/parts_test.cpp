// The smaller parts: payload encodings, names, filters, commands, the starter.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "scenario/command.h"
#include "scenario/load.h"
#include "scenario/names.h"
#include "scenario/payload.h"
#include "scenario/socket_options.h"
#include "scenario/starter.h"

namespace wireproof::scenario {
namespace {

using testing::ElementsAre;

TEST(Payload, HexTakesBlanksBetweenBytesOnly) {
  EXPECT_EQ(decode_hex("0aFF 00").value(), std::string("\n\xFF\0", 3));
  EXPECT_EQ(decode_hex("").value(), "");
  EXPECT_EQ(decode_hex("0 a").error().at, 1u);
  EXPECT_EQ(decode_hex("0a1").error().at, 2u);
}

TEST(Payload, Base64IsRfc4648) {
  // The vectors of RFC 4648, section 10.
  EXPECT_EQ(decode_base64("").value(), "");
  EXPECT_EQ(decode_base64("Zg==").value(), "f");
  EXPECT_EQ(decode_base64("Zm8=").value(), "fo");
  EXPECT_EQ(decode_base64("Zm9v").value(), "foo");
  EXPECT_EQ(decode_base64("Zm9vYg==").value(), "foob");
  EXPECT_EQ(decode_base64("Zm9vYmE=").value(), "fooba");
  EXPECT_EQ(decode_base64("Zm9vYmFy").value(), "foobar");
  EXPECT_EQ(decode_base64("+/8=").value(), "\xFB\xFF");
  EXPECT_FALSE(decode_base64("Zg=").has_value());
  EXPECT_FALSE(decode_base64("Zg").has_value());
  EXPECT_FALSE(decode_base64("=").has_value());
  EXPECT_FALSE(decode_base64("Z===").has_value());
  EXPECT_FALSE(decode_base64("Zh==").has_value());  // bits after the last byte
  EXPECT_FALSE(decode_base64("Zg==Zg==").has_value());
  EXPECT_EQ(decode_base64("Zm-v").error().at, 2u);
}

TEST(Payload, PatternRunsThroughTheAlphabet) {
  EXPECT_EQ(pattern(0), "");
  EXPECT_EQ(pattern(3), "abc");
  const std::string bytes = pattern(1000);
  ASSERT_EQ(bytes.size(), 1000u);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    ASSERT_EQ(bytes[i], static_cast<char>('a' + i % 26));
}

TEST(Names, TransportAndFamilyAreTheFilesWords) {
  EXPECT_EQ(name(Transport::unix_seqpacket), "unix-seqpacket");
  EXPECT_EQ(name(Family::unix_abstract), "unix-abstract");
  EXPECT_EQ(to_string(Position{"f", 3, 4}), "f:3:4");
  EXPECT_EQ(to_string(Position{"f", 0, 0}), "f");
}

// The words for connections are those of the reports.
TEST(Names, AgreeWithTheTcpModule) {
  for (const auto& entry : openings) EXPECT_EQ(tcp::name(entry.value), entry.name);
  for (const auto& entry : closings) EXPECT_EQ(tcp::name(entry.value), entry.name);
  for (const auto& entry : states) EXPECT_EQ(tcp::name(entry.value), entry.name);
  for (const auto& entry : first_closers) {
    if (entry.value == tcp::ClosedFirst::nobody) continue;  // "-" in reports
    EXPECT_EQ(tcp::name(entry.value), entry.name);
  }
}

TEST(Names, ListTheTargetsThatAreBuilt) {
  std::ifstream stream(std::string(WIREPROOF_SOURCE_DIR) + "/targets/CMakeLists.txt");
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  const std::regex list("set\\((?:good|bad)_programs([^)]*)\\)"), word("[a-z][a-z0-9-]*");
  std::set<std::string> built, listed;
  for (std::sregex_iterator at(text.begin(), text.end(), list), end; at != end; ++at) {
    const std::string names = (*at)[1];
    for (std::sregex_iterator name_at(names.begin(), names.end(), word); name_at != end;
         ++name_at) {
      built.insert(name_at->str());
    }
  }
  for (const ShippedTarget& target : shipped_targets) {
    listed.emplace(target.name);
    EXPECT_EQ(target.bad, target.name.starts_with("bad-")) << target.name;
  }
  EXPECT_EQ(listed, built);
}

TEST(Names, SocketOptionsAreFoundByName) {
  ASSERT_NE(find_socket_option("TCP_NODELAY"), nullptr);
  EXPECT_EQ(find_socket_option("TCP_NODELAY")->level, IPPROTO_TCP);
  EXPECT_EQ(find_socket_option("SO_LINGER")->kind, SocketOption::Kind::linger);
  EXPECT_EQ(find_socket_option("SO_NONSENSE"), nullptr);
}

class Filter : public testing::Test {
 protected:
  Filter() {
    one.id = "tcp/close/half-close-data@ipv6,four-way";
    one.tags = {"tcp", "slow"};
    one.parameters = {{"family", "ipv6"}, {"close", "four-way"}};
    one.family = Family::ipv6;
  }
  Case one;
};

TEST_F(Filter, MatchesPartsOfIds) {
  for (const char* filter :
       {"", "tcp", "close", "tcp/close", "half-close", "data", "ipv6", "four-way",
        "tcp/close/half-close-data@ipv6,four-way", "*half*", "tcp/*", "d*a"}) {
    EXPECT_TRUE(matches(one, filter)) << filter;
  }
  for (const char* filter : {"clos", "udp", "tcp/half", "ipv4", "lose", "four-ways", "x*"}) {
    EXPECT_FALSE(matches(one, filter)) << filter;
  }
}

TEST_F(Filter, MatchesTagsAndParameters) {
  EXPECT_TRUE(matches(one, "slow"));
  EXPECT_TRUE(matches(one, "family=ipv6"));
  EXPECT_TRUE(matches(one, "close=four*"));
  EXPECT_TRUE(matches(one, "transport=tcp"));
  EXPECT_TRUE(matches(one, "topology=loopback"));
  EXPECT_FALSE(matches(one, "family=ipv4"));
  EXPECT_FALSE(matches(one, "topology=veth"));
  EXPECT_FALSE(matches(one, "colour=red"));
  one.parameters.clear();
  EXPECT_TRUE(matches(one, "family=ipv6"));
}

TEST_F(Filter, CombinesWords) {
  EXPECT_TRUE(matches(one, "udp,tcp"));
  EXPECT_FALSE(matches(one, "udp tcp"));
  EXPECT_TRUE(matches(one, "tcp ipv6"));
  EXPECT_FALSE(matches(one, "tcp !slow"));
  EXPECT_FALSE(matches(one, "tcp,!slow"));
  EXPECT_FALSE(matches(one, "!slow"));
  EXPECT_TRUE(matches(one, "!fast"));
  EXPECT_TRUE(matches(one, "  tcp  ,  "));
  EXPECT_FALSE(matches(one, "!family=ipv6"));
}

TEST(Command, IsSplitAsAShellDoes) {
  EXPECT_THAT(split_command("srv {address} {port}").value(),
              ElementsAre("srv", "{address}", "{port}"));
  EXPECT_THAT(split_command("  a  'b c'\t\"d \\\" e\" f\\ g h'i'\"j\" '' ").value(),
              ElementsAre("a", "b c", "d \" e", "f g", "hij", ""));
  EXPECT_THAT(split_command("a \"\\n\" '\\' $HOME *").value(),
              ElementsAre("a", "\\n", "\\", "$HOME", "*"));
  EXPECT_EQ(split_command("a 'b").error(), "a ' that is not closed");
  EXPECT_EQ(split_command("a \"b").error(), "a \" that is not closed");
  EXPECT_EQ(split_command("a \\").error(), "a backslash at the end");
  EXPECT_EQ(split_command("  ").error(), "an empty command");
  EXPECT_EQ(split_command("'' a").error(), "an empty program name");
  EXPECT_EQ(split_command(std::string_view("a\0b", 3)).error(), "a NUL character");
}

Case loaded_case(const std::string& text) {
  auto loaded = load_text(text, "f", "p");
  EXPECT_TRUE(loaded.has_value());
  return loaded ? std::move((*loaded)[0]) : Case{};
}

TEST(Command, ReplacesAProgramAndWhatWasExpectedOfIt) {
  Case one =
      loaded_case(R"({"title": "t", "server": {"target": "bad-tcp-resets", "ready_within_ms": 77,
      "expect": {"exit": 3, "output": "x"}}, "client": {"target": "tcp-client"},
      "expected_failures": [{"rule": "tcp.a", "why": "w"}]})");
  ASSERT_TRUE(replace_program(one, Side::server, {"/opt/srv", "{port}"}).has_value());
  EXPECT_EQ(one.server->name, "srv");
  EXPECT_THAT(one.server->command, ElementsAre("/opt/srv", "{port}"));
  EXPECT_EQ(one.server->ready_within, milliseconds(77));
  EXPECT_FALSE(one.server->expect_exit.has_value());
  EXPECT_FALSE(one.server->expect_output.has_value());
  EXPECT_TRUE(one.server->may_be_killed);
  EXPECT_TRUE(one.expected_failures.empty());
  EXPECT_EQ(one.client->name, "tcp-client");
}

TEST(Command, KeepsTheKnownFaultsOfTheProgramThatIsLeft) {
  Case one = loaded_case(R"({"title": "t", "server": {"target": "bad-tcp-resets"},
      "client": {"target": "tcp-client"}, "expected_failures": [{"rule": "tcp.a", "why": "w"}]})");
  ASSERT_TRUE(replace_program(one, Side::client, {"mine"}).has_value());
  EXPECT_EQ(one.expected_failures.size(), 1u);
  EXPECT_FALSE(one.client->may_be_killed);
}

TEST(Command, DoesNotReplaceTheScript) {
  Case one = loaded_case(R"({"title": "t", "server": {"target": "tcp-server"}})");
  EXPECT_EQ(replace_program(one, Side::client, {"x"}).error(),
            "the script plays the client in this scenario");
  EXPECT_FALSE(replace_program(one, Side::server, {}).has_value());
}

TEST(Starter, LoadsAndIsShort) {
  for (const auto& entry : transports) {
    const std::string text =
        starter_scenario({"my server", "--say=\"hi\" ${HOME}", "\xFF"}, entry.value);
    const auto loaded = load_text(text, "f", "p");
    ASSERT_TRUE(loaded.has_value()) << to_string(loaded.error()[0]) << text;
    EXPECT_EQ((*loaded)[0].transport, entry.value);
    EXPECT_EQ((*loaded)[0].server->command[0], "my server");
    EXPECT_EQ((*loaded)[0].server->command[1], "--say=\"hi\" ${HOME}");
    EXPECT_EQ((*loaded)[0].server->command.back(), is_unix(entry.value) ? "{path}" : "{port}");
    EXPECT_LT(std::ranges::count(text, '\n'), 30);
  }
  const auto placed = load_text(starter_scenario({"srv", "-p", "{port}", "-v"}), "f", "p");
  ASSERT_TRUE(placed.has_value());
  EXPECT_THAT((*placed)[0].server->command, ElementsAre("srv", "-p", "{port}", "-v"));
  EXPECT_EQ(placed->size(), 2u);
}

}  // namespace
}  // namespace wireproof::scenario
