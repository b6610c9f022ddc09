#include "lab/probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <cstddef>
#include <fstream>

#include "lab/case_testing.h"

namespace wireproof::lab {
namespace {

using testing::Caller;
using ::testing::HasSubstr;
using testing::in_case;
using testing::in_child;

const Probe& of(const std::vector<Probe>& probes, Isolation level) {
  for (const Probe& probe : probes)
    if (probe.level == level) return probe;
  throw std::logic_error("not probed");
}

TEST(Probe, AsRootEveryLevelWorks) {
  in_child([] {
    if (::geteuid() != 0) return;
    for (const Probe& probe : probe_isolation())
      EXPECT_TRUE(probe.works) << name(probe.level) << ": " << probe.why;
    EXPECT_EQ(choose_isolation(), Isolation::user);
  });
}

TEST(Probe, AnOrdinaryUserHasUserOnly) {
  in_child([] {
    testing::become_ordinary();
    const auto probes = probe_isolation();
    ASSERT_EQ(probes.size(), 3u);
    EXPECT_TRUE(of(probes, Isolation::user).works) << of(probes, Isolation::user).why;
    const Probe& root = of(probes, Isolation::root);
    EXPECT_FALSE(root.works);
    EXPECT_THAT(root.why, HasSubstr("cannot make a network namespace: Operation not permitted"));
    EXPECT_EQ(root.remedy, "run with sudo");
    const Probe& none = of(probes, Isolation::none);
    EXPECT_FALSE(none.works);
    EXPECT_THAT(none.why, HasSubstr("cannot open a packet socket"));
    EXPECT_THAT(none.remedy, HasSubstr("NET_RAW"));
    EXPECT_EQ(choose_isolation(), Isolation::user);
  });
}

TEST(Probe, WithoutUserNamespacesNamesTheSysctl) {
  in_case({Caller::ordinary, Isolation::user}, [](const RunIdentity&) {
    std::ofstream("/proc/sys/user/max_user_namespaces") << 0;
    const Probe user = of(probe_isolation(), Isolation::user);
    EXPECT_FALSE(user.works);
    EXPECT_THAT(user.why, HasSubstr("cannot make a user namespace"));
    EXPECT_THAT(user.remedy, HasSubstr("user.max_user_namespaces is 0: sudo sysctl"));
    // The capabilities of this namespace are enough for the next level.
    EXPECT_EQ(choose_isolation(), Isolation::root);
  });
}

// What a container's default filter does: unshare(2) of namespaces is refused.
void refuse_namespaces() {
  const std::array program{sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
                           sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_unshare},
                           sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM},
                           sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
  const sock_fprog filter{program.size(), const_cast<sock_filter*>(program.data())};
  ASSERT_EQ(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), 0);
}

TEST(Probe, AContainersFilterIsNamed) {
  in_child([] {
    testing::become_ordinary();
    refuse_namespaces();
    const Probe user = of(probe_isolation(), Isolation::user);
    EXPECT_FALSE(user.works);
    EXPECT_THAT(user.remedy, HasSubstr("--security-opt seccomp=unconfined"));
  });
}

TEST(Probe, UnderAFilterRootFallsBackToNone) {
  in_child([] {
    if (::geteuid() != 0) return;
    refuse_namespaces();
    EXPECT_EQ(choose_isolation(), Isolation::none);
  });
}

TEST(Probe, WhereNothingWorksAllReasonsAreGiven) {
  in_child([] {
    testing::become_ordinary();
    refuse_namespaces();
    try {
      choose_isolation();
      ADD_FAILURE() << "chose something";
    } catch (const SystemError& error) {
      for (const char* part : {"user: cannot make a user namespace", "root: cannot make",
                               "none: cannot open a packet socket"})
        EXPECT_THAT(error.what(), HasSubstr(part));
    }
  });
}

// Machines that are not here.
TEST(Explain, NamesWhatForbidsUserNamespaces) {
  const Refusal refused{"cannot make a user namespace: Operation not permitted", EPERM};
  const auto remedy = [&](const MachineFacts& facts) {
    return explain(Isolation::user, refused, facts).remedy;
  };
  MachineFacts debian, ubuntu, container, plain;
  debian.unprivileged_userns_clone = 0;
  ubuntu.unprivileged_userns_clone = 1;
  ubuntu.apparmor_restricts_userns = 1;
  container.in_container = true;
  EXPECT_THAT(remedy(debian), HasSubstr("sysctl -w kernel.unprivileged_userns_clone=1"));
  EXPECT_THAT(remedy(ubuntu), HasSubstr("kernel.apparmor_restrict_unprivileged_userns is 1"));
  EXPECT_THAT(remedy(container), HasSubstr("seccomp=unconfined"));
  EXPECT_EQ(remedy(plain), "run with sudo (--isolation root)");
  EXPECT_THAT(explain(Isolation::user, {"", ENOSPC}, plain).remedy,
              HasSubstr("32 user namespaces"));
  EXPECT_THAT(explain(Isolation::user, {"", EINVAL}, plain).remedy, HasSubstr("CONFIG_USER_NS"));
}

TEST(Explain, AChrootHasARemedyOfItsOwn) {
  MachineFacts chroot;
  chroot.is_root = chroot.in_chroot = true;
  EXPECT_THAT(explain(Isolation::user, {"", EPERM}, chroot).remedy, HasSubstr("mount --bind"));
  EXPECT_THAT(explain(Isolation::root, {"", EINVAL}, chroot).remedy, HasSubstr("mount --bind"));
  EXPECT_THAT(explain(Isolation::root, {"", EPERM}, chroot).remedy, HasSubstr("CAP_SYS_ADMIN"));
}

TEST(Explain, RootAndNoneHaveTheirOwnRemedies) {
  MachineFacts container;
  container.is_root = container.in_container = true;
  EXPECT_THAT(explain(Isolation::root, {"", EPERM}, container).remedy, HasSubstr("--cap-add"));
  EXPECT_THAT(explain(Isolation::none, {"", EPERM}, container).remedy,
              HasSubstr("--cap-add NET_RAW"));
  container.in_container = false;
  EXPECT_THAT(explain(Isolation::root, {"", EPERM}, container).remedy, HasSubstr("CAP_SYS_ADMIN"));
}

}  // namespace
}  // namespace wireproof::lab
