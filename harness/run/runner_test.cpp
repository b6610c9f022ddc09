// Whole cases through the scheduler, in real labs: what a case's report says, and that the run
// stands whatever a case does.
#include "run/runner.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "run/rules.h"
#include "scenario/load.h"

namespace wireproof::run {
namespace {

using report::CaseReport;
using report::Status;

constexpr const char* exchange = R"({
  "title": "exchange", "matrix": {"family": ["ipv4", "ipv6"]},
  "transport": "tcp", "family": "${family}",
  "steps": [
    {"listen": "l"}, {"connect": "c"}, {"accept": {"on": "l", "as": "s"}},
    {"send": {"on": "c", "text": "123"}}, {"expect": {"on": "s", "text": "123"}},
    {"await": {"state": "ESTABLISHED", "side": "client", "on": "c"}},
    {"close": "c"}, {"expect": {"on": "s", "end": true}}, {"close": "s"}
  ],
  "expect": {"connections": {"count": 1, "opening": "three-way", "bytes": {"client": 3}},
             "kernel": [{"side": "client", "state": "TIME_WAIT"}]}
})";

std::vector<scenario::Case> cases_of(const std::string& text) {
  auto cases = scenario::load_text(text, "test.json", "test");
  if (!cases) {
    ADD_FAILURE() << scenario::to_string(cases.error().front());
    return {};
  }
  return *cases;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

class Runner : public testing::Test {
 protected:
  static void SetUpTestSuite() { identity_ = lab::enter_isolation(lab::choose_isolation()); }
  void SetUp() override {
    char name[] = "/tmp/wireproof-runner-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    options_.settings.results_folder = name;
    options_.settings.identity = identity_;
    options_.settings.targets_folder = std::filesystem::path(WIREPROOF_BINARY_DIR) / "targets";
    options_.settings.run_again_prefix = "wireproof run";
  }
  void TearDown() override { std::filesystem::remove_all(options_.settings.results_folder); }

  report::RunReport ran(const std::vector<scenario::Case>& cases) {
    return run(cases, options_, progress_);
  }
  CaseReport ran_one(const std::string& text) {
    const auto cases = cases_of(text);
    auto report = ran({cases.front()});
    return report.cases.empty() ? CaseReport{} : std::move(report.cases.front());
  }
  static std::vector<std::string> failing(const CaseReport& report) {
    std::vector<std::string> rules;
    for (const Finding& finding : report.findings) {
      if (finding.severity == Severity::must && !finding.inconclusive)
        rules.push_back(finding.rule);
    }
    return rules;
  }

  static inline lab::RunIdentity identity_;
  RunOptions options_;
  Progress progress_;
};

TEST_F(Runner, ReportsWhatBothWitnessesSaw) {
  const auto run = ran(cases_of(exchange));
  ASSERT_EQ(run.cases.size(), 2u);
  EXPECT_EQ(run.cases[0].id, "test@ipv4");
  EXPECT_EQ(run.cases[1].id, "test@ipv6");
  for (const CaseReport& one : run.cases) {
    EXPECT_EQ(one.status, Status::passed) << one.id << ": " << one.reason;
    ASSERT_EQ(one.connections.size(), 1u);
    EXPECT_EQ(one.connections[0].connection.opening, tcp::Opening::three_way);
    EXPECT_EQ(one.witness.readings.size(), 1u);
    EXPECT_GE(one.witness.compared, 3u);  // a reading and two final states, at the least
    EXPECT_EQ(one.witness.disagreements, 0u);
    ASSERT_EQ(one.captures.size(), 1u);
    EXPECT_TRUE(std::filesystem::exists(options_.settings.results_folder / one.captures[0].file));
    EXPECT_TRUE(
        std::filesystem::exists(options_.settings.results_folder / one.folder / "case.json"));
    EXPECT_GT(one.cpu_ms, 0);
  }
}

TEST_F(Runner, ProvesChecksumsAcrossAVeth) {
  const auto report =
      ran_one(replaced(exchange, R"("transport")", R"("topology": "veth", "transport")"));
  EXPECT_EQ(report.status, Status::passed) << report.reason;
  ASSERT_EQ(report.captures.size(), 2u);
  EXPECT_TRUE(report.captures[0].checksums_valid);
}

TEST_F(Runner, FailsByEachExpectationThatIsNotMet) {
  const std::pair<const char*, const char*> changes[] = {
      {R"("count": 1)", R"("count": 2)"},
      {R"("opening": "three-way")", R"("opening": "refused")"},
      {R"("bytes": {"client": 3})", R"("bytes": {"client": 4})"},
      {R"("state": "TIME_WAIT")", R"("state": "LISTEN")"},
  };
  const char* rules[] = {"case.connections", "tcp.expect.opening", "tcp.expect.bytes",
                         "kernel.final-state"};
  for (std::size_t i = 0; i < std::size(changes); ++i) {
    const auto report = ran_one(replaced(exchange, changes[i].first, changes[i].second));
    EXPECT_EQ(report.status, Status::failed);
    EXPECT_EQ(failing(report), std::vector<std::string>{rules[i]});
  }
}

TEST_F(Runner, AfterAMissReportsTheMissAlone) {
  const auto report =
      ran_one(replaced(exchange, R"("on": "s", "text": "123")", R"("on": "s", "text": "124")"));
  EXPECT_EQ(report.status, Status::failed);
  ASSERT_EQ(failing(report).size(), 1u);
  EXPECT_TRUE(failing(report)[0].starts_with("script.")) << failing(report)[0];
}

TEST_F(Runner, AProgramThatIsMissingIsAnErrorOfItsCase) {
  const auto report = ran_one(R"({"title": "t", "transport": "tcp",
      "server": {"command": ["./no-such-program"]}, "steps": [{"connect": "c"}]})");
  EXPECT_EQ(report.status, Status::error);
  EXPECT_NE(report.reason.find("no-such-program"), std::string::npos);
  EXPECT_FALSE(report.hint.empty());
}

TEST_F(Runner, SkipsWhatCannotBeTriedAndSaysWhy) {
  auto report = ran_one(R"({"title": "t", "transport": "tcp", "requires": ["no-such-tool"],
      "steps": [{"listen": "l"}]})");
  EXPECT_EQ(report.status, Status::skipped);
  EXPECT_EQ(report.reason, "no-such-tool is not installed");
}

TEST_F(Runner, AFullDiskIsAnErrorThatNamesTheFile) {
  options_.settings.results_folder = "/proc/wireproof-cannot-write-here";
  const auto report = ran_one(exchange);
  EXPECT_EQ(report.status, Status::error);
  EXPECT_NE(report.reason.find("/proc/wireproof-cannot-write-here"), std::string::npos)
      << report.reason;
}

TEST_F(Runner, ACaseThatOverrunsItsTimeLimitIsEnded) {
  const auto report = ran_one(R"({"title": "t", "transport": "tcp", "time_limit_ms": 300,
      "client": {"command": ["/bin/sleep", "60"]},
      "steps": [{"listen": "l"}]})");
  EXPECT_EQ(report.status, Status::failed);
  EXPECT_EQ(failing(report), std::vector<std::string>{std::string(rule::program_ends.id)});
  EXPECT_LT(report.duration_ms, 10'000);
}

TEST_F(Runner, RepeatsAndStopsAtTheFirstFailure) {
  options_.repeat = 3;
  EXPECT_EQ(ran({cases_of(exchange).front()}).cases.size(), 3u);
  options_.until_fail = true;
  options_.repeat = 5;
  const auto failing_case = cases_of(replaced(exchange, R"("count": 1)", R"("count": 2)"));
  EXPECT_EQ(ran({failing_case.front()}).cases.size(), 1u);
}

TEST_F(Runner, AShardHasEveryNthCaseAndItsPlaceInTheWholeRun) {
  const std::vector<scenario::Case> cases = cases_of(exchange);
  options_.repeat = 2;
  options_.shard = {2, 2};
  std::size_t total = 0, ticks = 0;
  progress_.finished = [&](const CaseReport&, std::size_t, std::size_t all) { total = all; };
  progress_.tick = [&] { ++ticks; };
  const auto run = ran(cases);
  ASSERT_EQ(run.cases.size(), 2u);
  EXPECT_EQ(total, 2u);
  EXPECT_GT(ticks, 0u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(run.cases[i].id, cases[1].id);
    EXPECT_EQ(run.cases[i].order, 2 * i + 2);
  }
  EXPECT_EQ(planned_runs(5, options_), 4u);
  options_.until_fail = true;
  options_.repeat = 1;
  EXPECT_EQ(planned_runs(5, options_), 0u) << "nobody knows";
}

TEST_F(Runner, AnInterruptEndsTheRunWithAReportOfWhatRan) {
  std::vector<scenario::Case> cases = cases_of(exchange);
  const auto slow = cases_of(R"({"title": "t", "transport": "tcp",
      "steps": [{"listen": "l"}, {"pause_ms": 8000}]})");
  cases.insert(cases.end(), slow.begin(), slow.end());
  progress_.finished = [](const CaseReport&, std::size_t done, std::size_t) {
    if (done == 2) ::raise(SIGINT);
  };
  const auto run = ran(cases);
  EXPECT_TRUE(run.interrupted);
  EXPECT_EQ(run.cases.size(), 2u);
  EXPECT_EQ(report::exit_status(run, false), 130);
  EXPECT_LT(run.duration_ms, 8000);
}

}  // namespace
}  // namespace wireproof::run
