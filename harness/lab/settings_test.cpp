#include "lab/settings.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>

#include <algorithm>

#include "lab/case_testing.h"

namespace wireproof::lab {
namespace {

TEST(Sysctls, WhatDoesNotExistIsNoSetting) {
  const Sysctls sysctls;
  EXPECT_FALSE(sysctls.read("net.ipv4.no_such_setting").has_value());
  EXPECT_FALSE(sysctls.pin("", "net.ipv4.no_such_setting", "1").has_value());
}

TEST(Sysctls, ReadsOneLine) {
  const auto value = Sysctls().read("net.ipv4.tcp_rmem");
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(std::count(value->begin(), value->end(), ' '), 2);
  EXPECT_EQ(value->find_first_of("\t\n"), std::string::npos);
}

TEST(Sysctls, ARefusedPinIsRecordedAsItIs) {
  testing::in_child([] {
    testing::become_ordinary();
    const Sysctls sysctls;
    const auto before = sysctls.read("net.ipv4.tcp_fin_timeout");
    const auto setting = sysctls.pin("client", "net.ipv4.tcp_fin_timeout", "12345");
    ASSERT_TRUE(setting.has_value());
    EXPECT_EQ(setting->value, before);
    EXPECT_EQ(setting->host, "client");
    EXPECT_FALSE(setting->pinned);
  });
}

// A value that the kernel does not take is not said to be pinned.
TEST(Sysctls, AnImpossiblePinIsRecordedAsItIs) {
  testing::in_case({testing::Caller::ordinary, Isolation::user}, [](const RunIdentity& identity) {
    const Lab lab({Topology::loopback, identity});
    const auto setting = Sysctls().pin("", "net.ipv4.tcp_congestion_control", "no_such_algorithm");
    ASSERT_TRUE(setting.has_value());
    EXPECT_EQ(setting->value, "reno");
    EXPECT_FALSE(setting->pinned);
  });
}

// A container mounts /proc/sys read-only; a case's fresh /proc is not.
TEST(Sysctls, AReadOnlyProcSysDoesNotKeepRootFromPinning) {
  testing::in_child([] {
    if (::geteuid() != 0) return;
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
    ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    ASSERT_EQ(::mount("/proc/sys", "/proc/sys", nullptr, MS_BIND, nullptr), 0);
    ASSERT_EQ(::mount(nullptr, "/proc/sys", nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr), 0);
    const Lab lab({Topology::loopback, enter_isolation(Isolation::root)});
    const auto& settings = lab.settings();
    const auto reno = std::find_if(settings.begin(), settings.end(), [](const Setting& setting) {
      return setting.name == "net.ipv4.tcp_congestion_control";
    });
    ASSERT_NE(reno, settings.end());
    EXPECT_TRUE(reno->pinned);
  });
}

// The same for a user namespace, which may not mount a fresh /proc where part of it is covered: the
// case runs, and says what it could not pin.
TEST(Sysctls, AReadOnlyProcSysIsSaidToAnOrdinaryUser) {
  testing::in_child([] {
    if (::geteuid() != 0) return;
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
    ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    ASSERT_EQ(::mount("/proc/sys", "/proc/sys", nullptr, MS_BIND, nullptr), 0);
    ASSERT_EQ(::mount(nullptr, "/proc/sys", nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr), 0);
    testing::become_ordinary();
    const Lab lab({Topology::loopback, enter_isolation(Isolation::user)});
    for (const Setting& setting : lab.settings())
      EXPECT_FALSE(setting.pinned && setting.name.rfind("net.", 0) == 0) << setting.name;
  });
}

}  // namespace
}  // namespace wireproof::lab
