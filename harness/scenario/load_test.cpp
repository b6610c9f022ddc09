#include "scenario/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace wireproof::scenario {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
namespace fs = std::filesystem;

std::vector<Case> cases_of(std::string_view text) {
  auto loaded = load_text(text, "f", "p");
  if (!loaded) {
    ADD_FAILURE() << to_string(loaded.error()[0]);
    return {};
  }
  return std::move(*loaded);
}

Case case_of(std::string_view text) {
  auto cases = cases_of(text);
  EXPECT_EQ(cases.size(), 1u);
  return cases.empty() ? Case{} : std::move(cases[0]);
}

std::vector<Error> errors_of(std::string_view text, const Vocabulary& vocabulary = {}) {
  auto loaded = load_text(text, "f", "p", vocabulary);
  return loaded ? std::vector<Error>{} : std::move(loaded.error());
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string form = (fs::temp_directory_path() / "wireproof-load-XXXXXX").string();
    if (!::mkdtemp(form.data())) throw std::runtime_error("mkdtemp");
    path = form;
  }
  ~TemporaryFolder() { fs::remove_all(path); }
  void write(const char* name, std::string_view text) const {
    fs::create_directories((path / name).parent_path());
    std::ofstream(path / name) << text;
  }
  fs::path path;
};

constexpr std::string_view smallest = R"({"title": "t", "server": {"target": "tcp-server"}})";

TEST(Load, FillsInDefaults) {
  const Case one = case_of(smallest);
  EXPECT_EQ(one.id, "p");
  EXPECT_EQ(one.topology, lab::Topology::loopback);
  EXPECT_EQ(one.transport, Transport::tcp);
  EXPECT_EQ(one.family, Family::ipv4);
  EXPECT_EQ(one.time_limit, milliseconds(10000));
  EXPECT_TRUE(one.retry_inconclusive);
  EXPECT_FALSE(one.client.has_value());
  ASSERT_TRUE(one.server.has_value());
  EXPECT_EQ(one.server->name, "tcp-server");
  EXPECT_THAT(one.server->command, ElementsAre("{targets}/tcp-server", "{address}", "{port}"));
  EXPECT_EQ(one.server->position.line, 1u);
  EXPECT_EQ(one.server->position.column, 26u);
}

TEST(Load, GivesUnixTargetsPathAndType) {
  const Case one = case_of(
      R"({"title": "t", "transport": "unix-seqpacket", "server": {"target": "unix-server", "args": ["-x"]}})");
  EXPECT_EQ(one.family, Family::unix_path);
  EXPECT_THAT(one.server->command,
              ElementsAre("{targets}/unix-server", "{path}", "--type", "seqpacket", "-x"));
}

TEST(Load, ReadsPrograms) {
  const Case one = case_of(R"({"title": "t", "server": {
      "command": ["/usr/bin/srv", "{address}:{port}", 7, "awk {print}"], "environment": {"A": "b", "N": 1},
      "ready_within_ms": 77, "may_be_killed": true, "expect": {"exit": 3, "output_contains": "x"}},
      "client": {"target": "tcp-client", "name": "mine", "expect": {"output": "y"}}})");
  EXPECT_EQ(one.server->name, "srv");
  EXPECT_THAT(one.server->command,
              ElementsAre("/usr/bin/srv", "{address}:{port}", "7", "awk {print}"));
  EXPECT_THAT(one.server->environment, ElementsAre(Pair("A", "b"), Pair("N", "1")));
  EXPECT_EQ(one.server->ready_within, milliseconds(77));
  EXPECT_TRUE(one.server->may_be_killed);
  EXPECT_EQ(one.server->expect_exit, 3);
  EXPECT_EQ(one.server->expect_output_contains, "x");
  EXPECT_EQ(one.client->name, "mine");
  EXPECT_EQ(one.client->expect_output, "y");
  EXPECT_FALSE(one.client->expect_exit.has_value());
}

TEST(Load, ReadsExpectations) {
  const Case one = case_of(R"({"title": "t", "server": {"target": "tcp-server"}, "expect": {
      "connections": {"count": 2, "opening": "three-way", "closing": ["four-way", "reset"],
        "closed_first": "both", "half_close": false, "states": {"client": ["SYN_SENT", "ESTABLISHED"]},
        "bytes": {"client": 3, "server": 7}, "limits": {"retransmissions": 0, "handshake_ms": 1.5, "close_ms": 2},
        "each": [{"opening": "refused"}]},
      "kernel": [{"side": "client", "state": "TIME_WAIT", "count": 4}],
      "allow": [{"rule": "tcp.a.b", "why": "known"}]},
      "expected_failures": [{"rule": "program.exit", "why": "always"}]})");
  const ConnectionsExpected& wanted = one.expected.connections;
  EXPECT_EQ(wanted.count, 2u);
  EXPECT_THAT(wanted.all.opening, ElementsAre(tcp::Opening::three_way));
  EXPECT_THAT(wanted.all.closing, ElementsAre(tcp::Closing::four_way, tcp::Closing::reset));
  EXPECT_EQ(wanted.all.closed_first, tcp::ClosedFirst::both);
  EXPECT_EQ(wanted.all.half_close, false);
  EXPECT_THAT(*wanted.all.client_states,
              ElementsAre(tcp::State::syn_sent, tcp::State::established));
  EXPECT_FALSE(wanted.all.server_states.has_value());
  EXPECT_EQ(wanted.all.client_bytes, 3u);
  EXPECT_EQ(wanted.all.server_bytes, 7u);
  EXPECT_EQ(wanted.all.max_retransmissions, 0u);
  EXPECT_EQ(wanted.all.max_handshake_ns, 1'500'000);
  EXPECT_EQ(wanted.all.max_close_ns, 2'000'000);
  ASSERT_EQ(wanted.each.size(), 1u);
  EXPECT_THAT(wanted.each[0].opening, ElementsAre(tcp::Opening::refused));
  ASSERT_EQ(one.expected.kernel.size(), 1u);
  EXPECT_EQ(one.expected.kernel[0].side, Side::client);
  EXPECT_EQ(one.expected.kernel[0].state, tcp::State::time_wait);
  EXPECT_EQ(one.expected.kernel[0].count, 4u);
  EXPECT_THAT(one.expected.allowed, ElementsAre("tcp.a.b"));
  EXPECT_THAT(one.expected.allowed_why, ElementsAre(Pair("tcp.a.b", "known")));
  ASSERT_EQ(one.expected_failures.size(), 1u);
  EXPECT_EQ(one.expected_failures[0].rule, "program.exit");
  EXPECT_EQ(one.expected_failures[0].position.line, 8u);
}

TEST(Load, ExpandsTheMatrixInOrder) {
  const auto cases = cases_of(R"({"title": "${close}", "matrix": {"family": ["ipv4", "ipv6"],
      "close": [{"name": "slow", "wait": 120}, {"name": "fast", "wait": 0}],
      "exclude": [{"family": "ipv6", "close": "fast"}]},
      "family": "${family}", "settle_ms": "${close.wait}",
      "server": {"target": "tcp-server", "args": ["--close-wait-ms=${close.wait}"]}})");
  ASSERT_EQ(cases.size(), 3u);
  EXPECT_EQ(cases[0].id, "p@ipv4,slow");
  EXPECT_EQ(cases[1].id, "p@ipv4,fast");
  EXPECT_EQ(cases[2].id, "p@ipv6,slow");
  EXPECT_EQ(cases[2].family, Family::ipv6);
  EXPECT_EQ(cases[2].title, "slow");
  EXPECT_EQ(cases[0].settle, milliseconds(120));
  EXPECT_EQ(cases[1].server->command.back(), "--close-wait-ms=0");
  EXPECT_THAT(cases[2].parameters, ElementsAre(Pair("close", "slow"), Pair("family", "ipv6")));
}

TEST(Load, TakesANumberOfTheMatrixAsText) {
  const auto cases = cases_of(R"({"title": "${n}", "matrix": {"n": [7, true]},
      "server": {"target": "tcp-server"}, "steps": [{"connect": "c"}, {"send": {"text": "${n}"}}]})");
  ASSERT_EQ(cases.size(), 2u);
  EXPECT_EQ(cases[0].title, "7");
  EXPECT_EQ(std::get<step::Send>(cases[1].steps[1].action).data.bytes, "true");
}

TEST(Load, KeepsEntriesWhoseConditionHolds) {
  const auto cases = cases_of(R"({"title": "t", "matrix": {"family": ["ipv4", "ipv6"]},
      "family": "${family}", "server": {"target": "tcp-server"},
      "steps": [{"pause_ms": 1, "when": {"family": ["ipv4", "ipv6"]}}, {"pause_ms": 2, "when": {"family": "ipv6"}}],
      "expected_failures": [{"rule": "tcp.a", "why": "w", "when": {"family": "ipv4"}}]})");
  ASSERT_EQ(cases.size(), 2u);
  EXPECT_EQ(cases[0].steps.size(), 1u);
  EXPECT_EQ(cases[0].expected_failures.size(), 1u);
  EXPECT_EQ(cases[1].steps.size(), 2u);
  EXPECT_EQ(cases[1].expected_failures.size(), 0u);
}

TEST(Load, TakesALiteralDollarBrace) {
  EXPECT_EQ(case_of(R"({"title": "$${x} costs $5", "server": {"target": "tcp-server"}})").title,
            "${x} costs $5");
}

TEST(Load, ChecksRulesAgainstTheVocabulary) {
  constexpr std::string_view text = R"({"title": "t", "server": {"target": "tcp-server"},
      "expected_failures": [{"rule": "tcp.close.fin-aked", "why": "w"}]})";
  EXPECT_TRUE(errors_of(text).empty());
  const auto errors = errors_of(text, {.rules = {"tcp.close.fin-acked", "tcp.open"}});
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].message, "unknown rule \"tcp.close.fin-aked\"");
  EXPECT_EQ(errors[0].hint, "did you mean \"tcp.close.fin-acked\"?");
  EXPECT_TRUE(errors_of(text, {.rules = {"tcp.close.fin-aked"}}).empty());
}

TEST(Load, TellsAllErrorsOfAFileInOrder) {
  const auto errors = errors_of(
      "{\"title\": 1,\n \"tpology\": \"loopback\",\n \"steps\": [{\"cnnect\": \"c\"}, "
      "{\"pause_ms\": \"1\"}]}");
  ASSERT_EQ(errors.size(), 4u);
  EXPECT_EQ(to_string(errors[0].position), "f:1:11");
  EXPECT_EQ(to_string(errors[1].position), "f:2:2");
  EXPECT_EQ(to_string(errors[2].position), "f:3:13");
  EXPECT_EQ(to_string(errors[3].position), "f:3:42");
}

TEST(Load, TellsAnErrorOfAMatrixOnce) {
  EXPECT_EQ(errors_of(R"({"title": "t", "matrix": {"family": ["ipv4", "ipv6"]},
      "family": "${family}", "server": {"target": "tcp-sever"}})")
                .size(),
            1u);
}

TEST(Load, RefusesWhatIsTooLarge) {
  const std::string large(5u << 20, ' ');
  const auto errors = errors_of(large);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_THAT(errors[0].message, HasSubstr("5242880 bytes"));
  std::string values = "0";
  for (int i = 1; i < 100; ++i) values += "," + std::to_string(i);
  const auto carried = errors_of(R"({"title": "n is ${n}", "matrix": {"n": [)" + values +
                                 R"(]}, "server": {"target": "tcp-server"},
      "steps": [{"connect": "c"}, {"send": {"pattern": 16000000}}]})");
  ASSERT_EQ(carried.size(), 1u);
  EXPECT_THAT(carried[0].message, HasSubstr("send and expect over"));
}

TEST(Load, TakesWindowsFilesAndByteOrderMarks) {
  EXPECT_EQ(case_of("\xEF\xBB\xBF{\r\n  \"title\": \"t\",\r\n  \"server\": {\"target\": "
                    "\"tcp-server\"}\r\n}\r\n")
                .title,
            "t");
  const auto errors = errors_of("\xEF\xBB\xBF{\"title\": 1,\r\n \"x\": 2}\r\n");
  ASSERT_GE(errors.size(), 2u);
  EXPECT_EQ(to_string(errors[0].position), "f:1:1");  // nothing happens
  EXPECT_EQ(to_string(errors[1].position), "f:1:11");
  EXPECT_EQ(errors[1].line, "{\"title\": 1,");
  EXPECT_THAT(errors_of("\xFF\xFE{")[0].message, HasSubstr("UTF-16"));
}

TEST(Load, ReadsFoldersSortedAndTellsAllTheirErrors) {
  const TemporaryFolder folder;
  folder.write("tcp/b.json", smallest);
  folder.write("tcp/a.json", smallest);
  folder.write("udp.json", smallest);
  folder.write("schema/s.schema.json", "{}");
  folder.write("notes.txt", "not a scenario");
  folder.write(".hidden.json", "{");
  const auto loaded = load(folder.path);
  ASSERT_TRUE(loaded.has_value()) << to_string(loaded.error()[0]);
  std::vector<std::string> ids;
  for (const Case& one : *loaded) ids.push_back(one.id);
  EXPECT_THAT(ids, ElementsAre("tcp/a", "tcp/b", "udp"));

  folder.write("x.json", "{");
  folder.write("y.json", "}");
  const auto refused = load(folder.path);
  ASSERT_FALSE(refused.has_value());
  ASSERT_EQ(refused.error().size(), 2u);
  EXPECT_EQ(refused.error()[0].position.file, (folder.path / "x.json").string());
}

TEST(Load, ReadsOneFile) {
  const TemporaryFolder folder;
  folder.write("mine.json", smallest);
  const auto loaded = load(folder.path / "mine.json");
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ((*loaded)[0].id, "mine");
  EXPECT_EQ((*loaded)[0].position.file, (folder.path / "mine.json").string());
}

TEST(Load, TellsWhatCannotBeRead) {
  const TemporaryFolder folder;
  const auto missing = load(folder.path / "none.json");
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(to_string(missing.error()[0]), HasSubstr("none.json: cannot be read: No such file"));
  const auto empty = load(folder.path);
  ASSERT_FALSE(empty.has_value());
  EXPECT_THAT(to_string(empty.error()[0]), HasSubstr("holds no scenario"));
}

TEST(ErrorText, ShowsPlaceLineCaretAndHint) {
  const Error error{{"f.json", 3, 5}, "unknown key \"x\"", "did you mean \"y\"?", "\tä \"x\": 1,"};
  EXPECT_EQ(to_string(error),
            "f.json:3:5: unknown key \"x\"\n"
            "   ä \"x\": 1,\n"
            "      ^\n"
            "  hint: did you mean \"y\"?");
}

TEST(ErrorText, ShortensLongLinesAndDisarmsHostileOnes) {
  Error error{{"f", 1, 501}, "m", "", std::string(500, 'a') + "X" + std::string(500, 'b')};
  const std::string text = to_string(error);
  const std::size_t caret = text.rfind('^') - text.rfind('\n');
  const std::size_t shown = text.find('X') - text.find('\n');
  EXPECT_EQ(caret, shown);
  EXPECT_LT(text.size(), 300u);
  error.line = "\x1b[2J\x07";
  error.position.column = 1;
  EXPECT_THAT(to_string(error), HasSubstr("\\x1b[2J\\x07"));
}

}  // namespace
}  // namespace wireproof::scenario
