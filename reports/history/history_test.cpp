#include "reports/history/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "reports/compare/sample_runs.h"
#include "reports/history/course.h"
#include "reports/sample.h"
#include "reports/utf8.h"

namespace wireproof::history {
namespace {

using compare::RunDigest;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class HistoryTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/wireproof-history-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string file() const { return (folder_ / "sub" / "runs.db").string(); }
  History open(bool create = true) const {
    auto history = History::open(file(), create);
    EXPECT_TRUE(history) << history.error().message;
    return std::move(*history);
  }
  std::string refusal(bool create) const {
    const auto history = History::open(file(), create);
    return history ? "" : history.error().message;
  }
  void execute(const char* sql) const {
    sqlite3* database = nullptr;
    ::sqlite3_open(file().c_str(), &database);
    EXPECT_EQ(::sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    ::sqlite3_close(database);
  }

  std::filesystem::path folder_;
};

RunDigest digest(unsigned day, double factor = 1, const std::string& label = {}) {
  std::mt19937 random(day);
  RunDigest run = compare::sample::run(random, 2, factor, {0.03, 3});
  run.started_at =
      "2025-03-" + std::string(day < 10 ? "0" : "") + std::to_string(day) + "T05:06:07.000000000Z";
  run.label = label;
  run.commit = "c0ffee" + std::to_string(day);
  run.branch = "main";
  return run;
}

TEST_F(HistoryTest, KeepsARunAsItWas) {
  RunDigest run = compare::digest_of(report::sample::every_field(), "there");
  run.cases[0].values["duration"] = {1.0 / 3, 2e-9};
  run.cases[0].id = report::sample::hostile().substr(0, 40);
  History history = open();
  ASSERT_EQ(history.add(run), 1);
  RunDigest read = open(false).read(1);
  EXPECT_EQ(read.shown, "#1");
  read.shown = run.shown;
  EXPECT_EQ(read, run);
}

TEST_F(HistoryTest, ARunIsAddedOnce) {
  History history = open();
  EXPECT_EQ(history.add(digest(1)), 1);
  EXPECT_EQ(history.add(digest(1)), std::nullopt);
  EXPECT_EQ(history.add(digest(2)), 2);
  RunDigest shard = digest(2);
  shard.shard = "1/2";
  EXPECT_TRUE(history.add(shard));
  EXPECT_EQ(history.runs().size(), 3u);
}

TEST_F(HistoryTest, FindsByNumberLabelBranchAndCommit) {
  History history = open();
  history.add(digest(1, 1, "nightly"));
  history.add(digest(3, 1, "nightly"));
  history.add(digest(2, 1, "7"));
  EXPECT_EQ(history.find("#1"), 1);
  EXPECT_EQ(history.find("2"), 2);
  EXPECT_EQ(history.find("nightly"), 2) << "the latest";
  EXPECT_EQ(history.find("7"), 3);
  EXPECT_EQ(history.find("#7"), std::nullopt);
  EXPECT_EQ(history.find("main"), 2) << "the latest by its start";
  EXPECT_EQ(history.find("c0ffee1"), 1);
  EXPECT_EQ(history.find("c0f"), std::nullopt) << "too short to be meant";
  EXPECT_EQ(history.find("%"), std::nullopt);
  EXPECT_EQ(history.find(""), std::nullopt);
  EXPECT_THAT(history.names(), ElementsAre("7", "main", "nightly"));
  EXPECT_THROW((void)history.read(99), SystemError);
}

TEST_F(HistoryTest, RefusesWhatIsNoHistory) {
  EXPECT_THAT(refusal(false), HasSubstr("there is no history"));
  std::filesystem::create_directories(folder_ / "sub");
  std::ofstream(file()) << std::string(2000, 'x');
  EXPECT_THAT(refusal(true), HasSubstr("is not a history"));
  std::filesystem::remove(file());
  execute("CREATE TABLE theirs (a)");
  EXPECT_THAT(refusal(true), HasSubstr("no history of wireproof"));
  std::filesystem::remove(file());
  open();
  execute("PRAGMA user_version = 2");
  EXPECT_THAT(refusal(true), HasSubstr("schema version 2, newer than the 1 known here"));
}

TEST_F(HistoryTest, WritersOfSeveralProcessesDoNotLoseARun) {
  open();
  constexpr unsigned writers = 4, each = 5;
  std::vector<pid_t> children;
  for (unsigned writer = 0; writer < writers; ++writer) {
    const pid_t child = ::fork();
    if (child == 0) {
      int lost = 0;
      for (unsigned i = 0; i < each; ++i) {
        lost += open(false).add(digest(1 + writer * each + i)) ? 0 : 1;
      }
      ::_exit(lost);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(open(false).runs().size(), writers * each);
}

TEST_F(HistoryTest, AFullDiskNamesTheFileAndKeepsWhatWasThere) {
  open().add(digest(1));
  History history = open(false);
  const pid_t child = ::fork();
  if (child == 0) {
    // No file of this process may grow: what a full disk is to SQLite.
    rlimit none{4096, 4096};
    ::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &none);
    try {
      open(false).add(digest(2));
      ::_exit(1);
    } catch (const SystemError& error) {
      ::_exit(std::string(error.what()).find("runs.db") != std::string::npos ? 0 : 2);
    }
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(open(false).runs().size(), 1u);
}

TEST_F(HistoryTest, AFullDiskLeavesNoEmptyHistory) {
  const pid_t child = ::fork();
  if (child == 0) {
    rlimit none{0, 0};
    ::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &none);
    try {
      open();
      ::_exit(1);
    } catch (const SystemError&) {
      ::_exit(0);
    }
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "runs.db"));
}

std::vector<Course> stepped(const History& history) {
  CourseRequest request;
  request.case_part = "case-1";
  request.figure = compare::find_figure("duration");
  return courses(history, request);
}

TEST_F(HistoryTest, ACourseHasItsChange) {
  History history = open();
  for (unsigned day = 1; day <= 24; ++day) {
    history.add(digest(day, day < 13 ? 1 : 1.4, day == 13 ? "<b>new</b>" : ""));
  }
  const std::vector<Course> found = stepped(history);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].points.size(), 24u);
  ASSERT_EQ(found[0].changes.size(), 1u);
  EXPECT_EQ(found[0].points[found[0].changes[0].at].run, 13);

  report::TextOptions options;
  options.width = 60;
  const std::vector<RunEntry> runs = history.runs();
  for (const std::string& text :
       {course_text(found[0], runs, options), changes_text(found, runs, options),
        runs_text(runs, 5, options)}) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(report::display_width(line), 60u) << line;
    }
  }
  EXPECT_THAT(course_text(found[0], runs, options), HasSubstr("#13 2025-03-13 05:06"));
  EXPECT_THAT(changes_text(found, runs, options), HasSubstr("1 of 1 figure changed"));
  EXPECT_THAT(runs_text(runs, 5, options), HasSubstr("(19 runs before these"));

  const auto json = nlohmann::json::parse(to_json(found, runs));
  EXPECT_EQ(json["courses"][0]["changes"][0]["run"], 13);
  EXPECT_EQ(json["runs"].size(), 24u);
  const std::string page = to_html(found, runs);
  EXPECT_THAT(page, HasSubstr("&lt;b&gt;new&lt;/b&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<b>new")));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("http://")));
  EXPECT_THAT(page, HasSubstr("<main>"));
  EXPECT_THAT(page,
              HasSubstr("<span>#1 2025-03-01 05:06 c0ffee1, main</span><span>#24 2025-03-24"));
  EXPECT_THAT(
      page,
      HasSubstr(
          "<td class=\"name\">#13 2025-03-13 05:06 &lt;b&gt;new&lt;/b&gt;, c0ffee13, main</td>"));
  EXPECT_THAT(page, Not(HasSubstr("no change</summary>")));
  std::vector<Course> calm = found;
  calm[0].changes.clear();
  EXPECT_THAT(to_html(calm, runs), HasSubstr("1 figure, no change</summary>"));
}

TEST_F(HistoryTest, NoRunsAreNoTrouble) {
  const History history = open();
  EXPECT_TRUE(courses(history, {}).empty());
  EXPECT_EQ(runs_text({}, 5, {}), "0 runs\n");
  EXPECT_THAT(to_html({}, {}), HasSubstr("</html>"));
}

}  // namespace
}  // namespace wireproof::history
