// For tests: runs a body as the process of a case would, in a forked child that has entered an
// isolation level as root or as an ordinary user without any privilege. Failures in it fail the
// test.
#pragma once

#include <grp.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <ostream>
#include <string>

#include "base/error.h"
#include "lab/lab.h"

namespace wireproof::lab::testing {

enum class Caller { root, ordinary };

struct Setup {
  Caller caller;
  Isolation level;
  friend std::ostream& operator<<(std::ostream& out, const Setup& setup) {
    return out << (setup.caller == Caller::root ? "root_" : "ordinary_") << name(setup.level);
  }
};
inline std::string setup_name(const ::testing::TestParamInfo<Setup>& info) {
  return (info.param.caller == Caller::root ? "root_" : "ordinary_") +
         std::string(name(info.param.level));
}

// An unprivileged user without groups; needs root, as does becoming one.
inline void become_ordinary() {
  constexpr unsigned nobody = 65534;
  if (::geteuid() != 0) return;
  if (::setgroups(0, nullptr) != 0 || ::setresgid(nobody, nobody, nobody) != 0 ||
      ::setresuid(nobody, nobody, nobody) != 0)
    throw_errno("become", "an ordinary user");
}

// Runs `body` in a child; its exceptions and failed assertions fail this test.
inline void in_child(const std::function<void()>& body) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  ASSERT_NE(child, -1);
  if (child == 0) {
    try {
      body();
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
    std::fflush(nullptr);
    ::_exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(retry_eintr([&] { return ::waitpid(child, &status, 0); }), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "wait status " << status;
}

inline void in_case(const Setup& setup, const std::function<void(const RunIdentity&)>& body) {
  if (setup.caller == Caller::root && ::geteuid() != 0) GTEST_SKIP() << "needs root";
  in_child([&] {
    if (setup.caller == Caller::ordinary) become_ordinary();
    body(enter_isolation(setup.level));
  });
}

// Every setup with network namespaces of its own.
inline constexpr Setup namespaced[] = {{Caller::root, Isolation::user},
                                       {Caller::root, Isolation::root},
                                       {Caller::ordinary, Isolation::user}};

}  // namespace wireproof::lab::testing
