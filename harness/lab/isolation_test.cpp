#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <fstream>
#include <sstream>

#include "lab/case_testing.h"

namespace wireproof::lab {
namespace {

using testing::Caller;
using ::testing::HasSubstr;
using testing::in_case;
using testing::in_child;

std::string words_of(const std::string& path) {
  std::ifstream file(path);
  std::string text, word;
  while (file >> word) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string refusal(Isolation level) {
  try {
    enter_isolation(level);
    return "entered";
  } catch (const SystemError& error) {
    return error.what();
  }
}

TEST(EnterIsolation, AnOrdinaryUserStaysItself) {
  in_case({Caller::ordinary, Isolation::user}, [](const RunIdentity& identity) {
    EXPECT_EQ(identity.isolation, Isolation::user);
    EXPECT_EQ(identity.target_uid, ::geteuid());
    EXPECT_EQ(identity.target_gid, ::getegid());
    EXPECT_NE(::geteuid(), 0u) << "mapped to itself, not to root";
    EXPECT_EQ(words_of("/proc/self/uid_map"), "65534 65534 1");
    EXPECT_EQ(words_of("/proc/self/gid_map"), "65534 65534 1");
    EXPECT_EQ(words_of("/proc/self/setgroups"), "deny");
  });
}

TEST(EnterIsolation, RootMapsTheTargetsUserAsWell) {
  in_child([] {
    if (::geteuid() != 0) return;
    ::unsetenv("SUDO_UID");
    ::unsetenv("SUDO_GID");
    // Every id to itself, as far as our own namespace knows ids.
    const std::string uids = words_of("/proc/self/uid_map"), gids = words_of("/proc/self/gid_map");
    const RunIdentity identity = enter_isolation(Isolation::user);
    EXPECT_EQ(identity.target_uid, 65534u);
    EXPECT_EQ(::geteuid(), 0u);
    EXPECT_EQ(words_of("/proc/self/uid_map"), uids);
    EXPECT_EQ(words_of("/proc/self/gid_map"), gids);
  });
}

TEST(EnterIsolation, UnderSudoTargetsRunAsTheUser) {
  const auto identity_with = [](const char* uid, const char* gid, uid_t expected_uid,
                                gid_t expected_gid) {
    in_child([=] {
      if (::geteuid() != 0) return;
      ::setenv("SUDO_UID", uid, 1);
      ::setenv("SUDO_GID", gid, 1);
      const RunIdentity identity = enter_isolation(Isolation::root);
      EXPECT_EQ(identity.target_uid, expected_uid) << uid;
      EXPECT_EQ(identity.target_gid, expected_gid) << gid;
    });
  };
  identity_with("1000", "1001", 1000, 1001);
  identity_with("0", "0", 65534, 65534);  // root called sudo
  identity_with("", "-5", 65534, 65534);
  identity_with("12x", "99999999999", 65534, 65534);
}

TEST(EnterIsolation, UserNamespacesForbiddenIsAnError) {
  in_case({Caller::ordinary, Isolation::user}, [](const RunIdentity&) {
    std::ofstream("/proc/sys/user/max_user_namespaces") << 0;
    EXPECT_THAT(refusal(Isolation::user), HasSubstr("cannot make a user namespace: No space left"));
  });
}

TEST(EnterIsolation, RootWithoutSetuidCannotMapTwoUsers) {
  in_child([] {
    if (::geteuid() != 0) return;
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2] = {};
    ASSERT_EQ(::syscall(SYS_capset, &header, data), 0);
    EXPECT_THAT(refusal(Isolation::user), HasSubstr("run as an ordinary user"));
    EXPECT_THAT(refusal(Isolation::root), HasSubstr("cannot make a network namespace"));
  });
}

// A user namespace in which only uid 0 exists: a rootless container, seen from inside.
TEST(EnterIsolation, AContainerThatMapsTooFewUidsSaysSo) {
  in_child([] {
    if (::geteuid() != 0) return;
    ASSERT_EQ(::unshare(CLONE_NEWUSER), 0);
    std::ofstream("/proc/self/setgroups") << "deny" << std::flush;
    std::ofstream("/proc/self/uid_map") << "0 0 1" << std::flush;
    std::ofstream("/proc/self/gid_map") << "0 0 1" << std::flush;
    EXPECT_THAT(refusal(Isolation::user), HasSubstr("this container maps too few uids"));
  });
}

TEST(EnterIsolation, NamesAreThoseOfTheCommandLine) {
  EXPECT_EQ(name(Isolation::user), "user");
  EXPECT_EQ(name(Isolation::root), "root");
  EXPECT_EQ(name(Isolation::none), "none");
  EXPECT_EQ(name(Topology::loopback), "loopback");
  EXPECT_EQ(name(Topology::veth), "veth");
  EXPECT_EQ(name(Topology::wire), "wire");
  EXPECT_EQ(name(Topology::remote), "remote");
}

}  // namespace
}  // namespace wireproof::lab
