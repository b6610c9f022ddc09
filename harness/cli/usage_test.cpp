// The command line as a user meets it: help, versions, wrong usage, exit statuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/folder_for_test.h"
#include "cli/program_for_test.h"
#include "reports/report.h"
#include "reports/sample.h"
#include "reports/utf8.h"

namespace wireproof::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

const ProgramForTest wireproof;

const std::vector<std::vector<std::string>> commands = {
    {},        {"run"},  {"check"},  {"watch"},   {"load"},    {"show"},  {"report"}, {"list"},
    {"rules"}, {"init"}, {"doctor"}, {"compare"}, {"history"}, {"merge"}, {"step"},   {"explore"}};

constexpr std::string_view scenario = R"({
  "title": "One exchange", "transport": "tcp", "family": "ipv4", "tags": ["mine"],
  "server": {"target": "tcp-server"},
  "steps": [{"connect": "c"}, {"send": "123"}, {"expect": "success"}, {"close": "c"}]
})";

TEST(Help, FitsAScreenAndEndsWithTwoExamples) {
  for (std::vector<std::string> command : commands) {
    command.emplace_back("--help");
    const Outcome outcome = wireproof(command);
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.err, "");
    const std::vector<std::string> lines = lines_of(outcome.out);
    ASSERT_GE(lines.size(), 5u);
    EXPECT_LE(lines.size(), 40u) << outcome.out;
    for (const std::string& line : lines) EXPECT_LE(report::display_width(line), 80u) << line;
    EXPECT_EQ(lines[lines.size() - 3], "Examples:") << outcome.out;
    for (std::size_t i = 1; i <= 2; ++i) {
      EXPECT_TRUE(lines[lines.size() - i].starts_with("  wireproof " +
                                                      (command.size() > 1 ? command[0] : "")))
          << lines[lines.size() - i];
    }
  }
}

TEST(Help, NamesEveryCommand) {
  const std::string help = wireproof({"--help"}).out;
  for (const auto& command : commands) {
    if (!command.empty()) {
      EXPECT_THAT(help, HasSubstr("  " + command[0] + " "));
    }
  }
  EXPECT_THAT(help, HasSubstr("130 interrupted"));
}

TEST(Version, IsTheProjects) {
  const Outcome outcome = wireproof({"--version"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, testing::MatchesRegex("wireproof [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST(Usage, WrongUsageIsExitStatus2AndSaysWhatIsRight) {
  FolderForTest folder;
  const std::string good = folder.write("good.json", scenario);
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {{}, "Usage"},
      {{"chekc"}, "unknown command \"chekc\"\n  did you mean `wireproof check`?"},
      {{"run", "--jbos", "3"}, "see `wireproof run --help`"},
      {{"run", "--jobs", "0", good}, "--jobs"},
      {{"run", "--jobs", "many", good}, "--jobs"},
      {{"run", "--isolation", "strong", good}, "--isolation"},
      {{"run", folder / "nowhere.json"}, "nowhere.json"},
      {{"run", good, "--filter", "nothing-like-it"}, "matches none of 1 cases"},
      {{"run", good, "--server", "'open"}, "--server: "},
      {{"run", good, "--client", "./mine"}, "the script plays the client"},
      {{"run", good, "--server", "srv {path}"}, "the command is for UNIX sockets"},
      {{"run", good, good}, "two cases have the id"},
      {{"run", good, "--color", "sometimes"}, "--color"},
      {{"list", folder / "nowhere"}, "nowhere"},
      {{"rules", "nothing-like-it"}, "no rule matches"},
      {{"rules", "tcp.close.four-wya"}, "see `wireproof rules`"},
      {{"show", folder / "nowhere"}, "cannot open"},
      {{"show", good}, "not a report"},
      {{"report", good}, "no form is asked for"},
      {{"report", good, "--text", "-"}, "not a report"},
      {{"report", good, "--text", "-", "--junit", "-"}, "standard output"},
      {{"report", good, "--text", "x", "--junit", "./x"}, "two forms"},
      {{"report", good, "--text", "-", "--case", "x"}, "add --mermaid"},
      {{"run", good, "--text", "x", "--junit", "x"}, "two forms"},
      {{"check"}, "FILE"},
      {{"check", good}, "good.json"},
      {{"check", good, "--expect", "opening=three-wya"}, "did you mean three-way?"},
      {{"check", good, "--where", "clossing=reset"}, "did you mean closing?"},
      {{"check", good, "--json", "-", "--csv", "-"}, "only one of"},
      {{"check", good, "--follow", "-"}, "--follow takes one file"},
      {{"watch"}, "INTERFACE"},
      {{"init", good}, "is there already"},
      {{"init", "--transport", "sctp"}, "--transport"},
  };
  for (const auto& [words, said] : wrong) {
    const Outcome outcome = wireproof(words);
    EXPECT_EQ(outcome.status, 2) << testing::PrintToString(words) << outcome.err;
    EXPECT_EQ(outcome.out, "") << testing::PrintToString(words);
    if (said != "see `wireproof rules`") {
      EXPECT_THAT(outcome.err, HasSubstr(said)) << testing::PrintToString(words);
    }
  }
}

TEST(Usage, EveryErrorOfEveryFileIsToldBeforeAnythingIsLaunched) {
  FolderForTest folder;
  folder.write("a.json", "{\"title\": 1}");
  folder.write("b.json", "{");
  folder.write("c.json", scenario);
  const Outcome outcome = wireproof({"run", folder.path().string(), "--out", folder / "results"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("a.json:1:"));
  EXPECT_THAT(outcome.err, HasSubstr("b.json:1:"));
  EXPECT_THAT(outcome.err, HasSubstr("nothing was launched"));
  EXPECT_FALSE(std::filesystem::exists(folder / "results"));
}

TEST(Run, DryRunListsAndLaunchesNothing) {
  FolderForTest folder;
  const std::string good = folder.write("good.json", scenario);
  const Outcome outcome = wireproof({"run", "--dry-run", good, "--out", folder / "results"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "good\n") << outcome.out;
  EXPECT_THAT(outcome.err, HasSubstr("nothing was launched"));
  EXPECT_FALSE(std::filesystem::exists(folder / "results"));
}

TEST(Run, AFolderOfSomebodyElsesIsNotWrittenTo) {
  FolderForTest folder;
  const std::string good = folder.write("good.json", scenario);
  const Outcome outcome = wireproof({"run", good, "--out", folder.path().string()});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("no report of an earlier run"));
}

TEST(Run, WhatCannotBeWrittenIsSaidBeforeAnythingRuns) {
  FolderForTest folder;
  const std::string good = folder.write("good.json", scenario);
  const Outcome outcome = wireproof({"run", good, "--out", "/proc/wireproof"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("/proc/wireproof"));
  EXPECT_EQ(wireproof({"run", good, "--out", folder / "r", "--junit", "/proc/x.xml"}).status, 3);
}

TEST(Init, WritesAScenarioThatLoadsAndSaysWhatToTypeNext) {
  FolderForTest folder;
  const std::string file = folder / "new/first.json";
  const Outcome outcome =
      wireproof({"init", file, "--no-run", "--server", "./my-server -p {port}"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("wireproof run " + file));
  const Outcome listed = wireproof({"list", file});
  EXPECT_EQ(listed.status, 0) << listed.err;
  EXPECT_THAT(listed.out, HasSubstr("2 cases"));
  EXPECT_EQ(wireproof({"init", file}).status, 2);
}

TEST(Init, EveryTransportWithoutACommandRunsTheReferenceServer) {
  for (const char* transport : {"tcp", "udp", "unix-stream", "unix-datagram", "unix-seqpacket"}) {
    FolderForTest folder;
    EXPECT_EQ(wireproof({"init", "--no-run", "--transport", transport, folder / "x.json"}).status,
              0);
    const Outcome listed = wireproof({"list", folder / "x.json"});
    EXPECT_EQ(listed.status, 0) << listed.err;
  }
}

TEST(Show, FindsACaseByItsIdOrByAPartThatOnlyItHas) {
  FolderForTest folder;
  report::write_report(folder.path(), report::sample::run());
  const std::string results = folder.path().string();
  EXPECT_THAT(wireproof({"show", results}).out, HasSubstr("5 passed"));
  for (const char* word : {"udp/exchange@ipv4", "udp"}) {
    const Outcome outcome = wireproof({"show", results, word});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_THAT(outcome.out, HasSubstr("A datagram and its answer"));
  }
  EXPECT_THAT(wireproof({"show", results, "client-first"}).err,
              HasSubstr("did you mean one of these?\n    tcp/close/client-first@ipv4\n    "
                        "tcp/close/client-first@ipv6\n"));
  EXPECT_THAT(wireproof({"show", results, "udp/exchagne@ipv4"}).err,
              HasSubstr("did you mean udp/exchange@ipv4?"));
  EXPECT_THAT(wireproof({"show", results, "udp", "--connection", "9"}).err,
              HasSubstr("no connection 9"));
  const Outcome json = wireproof({"show", results, "udp", "--json", "-"});
  EXPECT_EQ(json.out, report::to_json(report::sample::udp_case()));
}

TEST(List, HasColumnsAndJson) {
  FolderForTest folder;
  const std::string good = folder.write("good.json", scenario);
  EXPECT_EQ(wireproof({"list", good}).out, "good  One exchange  [mine]\n1 case\n");
  EXPECT_THAT(wireproof({"list", good, "--json", "-"}).out,
              HasSubstr("\"title\": \"One exchange\""));
}

// Ids take the folders that tell them apart.
TEST(List, FilesOfOneNameInDifferentFoldersAreTwo) {
  FolderForTest folder;
  for (const char* name : {"a/x/good.json", "b/x/good.json", "b/other.json"}) {
    std::filesystem::create_directories(std::filesystem::path(folder / name).parent_path());
    folder.write(name, scenario);
  }
  EXPECT_EQ(wireproof({"run", "--dry-run", folder / "a/x/good.json", folder / "b/x/good.json",
                       folder / "b/other.json"})
                .out,
            "a/x/good\nb/x/good\nother\n");
  const Outcome folders = wireproof({"run", "--dry-run", folder / "a", folder / "b"});
  EXPECT_EQ(folders.out, "a/x/good\nother\nb/x/good\n") << folders.err;
  EXPECT_THAT(wireproof({"run", "--dry-run", folder / "a", folder / "a/."}).err,
              HasSubstr("name each file once"));
}

TEST(Rules, AreListedAndFiltered) {
  const Outcome all = wireproof({"rules"});
  EXPECT_EQ(all.status, 0);
  for (const char* part : {"tcp.", "udp.", "script.", "program.", "RFC 9293"}) {
    EXPECT_THAT(all.out, HasSubstr(part));
  }
  const Outcome some = wireproof({"rules", "UDP.CHECKSUM", "must"});
  EXPECT_THAT(some.out, HasSubstr("udp.checksum.good"));
  EXPECT_THAT(some.out, Not(HasSubstr("tcp.")));
  EXPECT_THAT(wireproof({"rules", "--json", "-", "udp.checksum.good"}).out,
              HasSubstr("\"severity\": \"must\""));
}

}  // namespace
}  // namespace wireproof::cli
