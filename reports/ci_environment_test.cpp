#include "reports/ci_environment.h"

#include <gtest/gtest.h>

#include <map>

namespace wireproof::report {
namespace {

Context context_in(const std::map<std::string, std::string>& variables) {
  Context context;
  read_ci(context, [&](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
  });
  return context;
}

TEST(CiEnvironment, GitHubsPullRequestNamesItsBranch) {
  std::map<std::string, std::string> variables = {
      {"CI", "true"},          {"GITHUB_ACTIONS", "true"},
      {"GITHUB_SHA", "abc"},   {"GITHUB_REF_NAME", "7/merge"},
      {"GITHUB_HEAD_REF", ""}, {"GITHUB_SERVER_URL", "https://git.invalid"},
      {"GITHUB_RUN_ID", "42"}, {"GITHUB_REPOSITORY", "me/server"}};
  Context context = context_in(variables);
  EXPECT_EQ(context.ci, "GitHub Actions");
  EXPECT_EQ(context.commit, "abc");
  EXPECT_EQ(context.branch, "7/merge");
  EXPECT_EQ(context.ci_run, "https://git.invalid/me/server/actions/runs/42");
  variables["GITHUB_HEAD_REF"] = "faster";
  variables.erase("GITHUB_RUN_ID");
  context = context_in(variables);
  EXPECT_EQ(context.branch, "faster");
  EXPECT_EQ(context.ci_run, "") << "half an address leads nowhere";
}

TEST(CiEnvironment, OthersAreKnownByTheirOwnVariable) {
  const Context gitlab = context_in({{"GITLAB_CI", "true"},
                                     {"CI_COMMIT_SHA", "def"},
                                     {"CI_COMMIT_REF_NAME", "main"},
                                     {"CI_JOB_URL", "https://lab.invalid/1"}});
  EXPECT_EQ(gitlab.ci, "GitLab CI");
  EXPECT_EQ(gitlab.commit + gitlab.branch + gitlab.ci_run, "defmainhttps://lab.invalid/1");
  const Context jenkins = context_in(
      {{"JENKINS_URL", "http://j/"}, {"GIT_COMMIT", "123"}, {"GIT_BRANCH", "origin/main"}});
  EXPECT_EQ(jenkins.ci + jenkins.commit + jenkins.branch, "Jenkins123origin/main");
}

TEST(CiEnvironment, NothingIsMadeUp) {
  for (const auto& variables : {std::map<std::string, std::string>{},
                                {{"CI", "true"}, {"CI_COMMIT_SHA", "abc"}},
                                {{"GITHUB_ACTIONS", "false"}, {"GITHUB_SHA", "abc"}}}) {
    const Context context = context_in(variables);
    EXPECT_EQ(context.ci + context.commit + context.branch + context.ci_run, "");
  }
}

}  // namespace
}  // namespace wireproof::report
