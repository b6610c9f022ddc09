#include "reports/ci_environment.h"

#include <string_view>
#include <vector>

namespace wireproof::report {
namespace {

// A service is known by a variable that only it sets. Of the others the first that is set counts;
// `run` may be joined of several, literal text among them.
struct Service {
  const char* name;
  const char* known_by;
  std::vector<const char*> commit, branch;
  std::vector<const char*> run;  // "$NAME" or text
};

const std::vector<Service>& services() {
  static const std::vector<Service> all = {
      {"GitHub Actions",
       "GITHUB_ACTIONS",
       {"GITHUB_SHA"},
       {"GITHUB_HEAD_REF", "GITHUB_REF_NAME"},  // the first is set for a pull request
       {"$GITHUB_SERVER_URL", "/", "$GITHUB_REPOSITORY", "/actions/runs/", "$GITHUB_RUN_ID"}},
      {"GitLab CI",
       "GITLAB_CI",
       {"CI_COMMIT_SHA"},
       {"CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_REF_NAME"},
       {"$CI_JOB_URL"}},
      {"Jenkins",
       "JENKINS_URL",
       {"GIT_COMMIT"},
       {"CHANGE_BRANCH", "BRANCH_NAME", "GIT_BRANCH"},
       {"$BUILD_URL"}},
      {"Buildkite",
       "BUILDKITE",
       {"BUILDKITE_COMMIT"},
       {"BUILDKITE_BRANCH"},
       {"$BUILDKITE_BUILD_URL"}},
      {"CircleCI", "CIRCLECI", {"CIRCLE_SHA1"}, {"CIRCLE_BRANCH"}, {"$CIRCLE_BUILD_URL"}},
      {"Azure Pipelines",
       "TF_BUILD",
       {"BUILD_SOURCEVERSION"},
       {"SYSTEM_PULLREQUEST_SOURCEBRANCH", "BUILD_SOURCEBRANCHNAME"},
       {"$SYSTEM_COLLECTIONURI", "$SYSTEM_TEAMPROJECT",
        "/_build/results?buildId=", "$BUILD_BUILDID"}},
      {"Travis CI",
       "TRAVIS",
       {"TRAVIS_PULL_REQUEST_SHA", "TRAVIS_COMMIT"},
       {"TRAVIS_PULL_REQUEST_BRANCH", "TRAVIS_BRANCH"},
       {"$TRAVIS_BUILD_WEB_URL"}},
      {"Woodpecker",
       "CI_PIPELINE_FORGE_URL",
       {"CI_COMMIT_SHA"},
       {"CI_COMMIT_SOURCE_BRANCH", "CI_COMMIT_BRANCH"},
       {"$CI_PIPELINE_URL"}},
  };
  return all;
}

std::string first_set(const std::vector<const char*>& names, const Environment& environment) {
  for (const char* name : names) {
    const auto value = environment(name);
    if (value && !value->empty()) return *value;
  }
  return {};
}

// Empty where one of its variables is not set: half an address leads nowhere.
std::string joined(const std::vector<const char*>& parts, const Environment& environment) {
  std::string text;
  for (const std::string_view part : parts) {
    if (!part.starts_with('$')) {
      text += part;
      continue;
    }
    const auto value = environment(std::string(part.substr(1)));
    if (!value || value->empty()) return {};
    text += *value;
  }
  return text;
}

}  // namespace

void read_ci(Context& context, const Environment& environment) {
  for (const Service& service : services()) {
    const auto found = environment(service.known_by);
    if (!found || found->empty() || *found == "false") continue;
    context.ci = service.name;
    context.commit = first_set(service.commit, environment);
    context.branch = first_set(service.branch, environment);
    context.ci_run = joined(service.run, environment);
    return;
  }
}

}  // namespace wireproof::report
