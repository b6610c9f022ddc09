#include "process/process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <functional>

#include "lab/case_testing.h"
#include "lab/process_tree.h"
#include "process/testing.h"
#include "witness/socket_table.h"

namespace wireproof::process {
namespace {

using namespace std::chrono_literals;
using lab::testing::Caller;
using lab::testing::in_case;
using testing::eventually;
using ::testing::HasSubstr;

Deadline soon() { return Deadline::after(10s); }

LaunchSpec spec_of(std::vector<std::string> command) {
  LaunchSpec spec;
  spec.name = "program";
  spec.command = std::move(command);
  return spec;
}
LaunchSpec shell(const std::string& script) { return spec_of({"/bin/sh", "-c", script}); }

std::string output_of(const LaunchSpec& spec) {
  Process program = Process::start(spec);
  if (!program.wait(soon())) return "did not end";
  program.end(soon());
  return program.standard_output().text + program.standard_error().text;
}

std::string refusal(const LaunchSpec& spec) {
  try {
    Process::start(spec);
    return "started";
  } catch (const SystemError& error) {
    return error.what();
  }
}

// Alone, and in a lab of every kind: the same programs behave the same.
enum class Where { alone, root_user, root_root, root_none, ordinary_user, ordinary_none };

class ProcessTest : public ::testing::TestWithParam<Where> {
 protected:
  // `body` gets a function that puts a spec in its place.
  using Put = std::function<LaunchSpec(LaunchSpec)>;
  void run(const std::function<void(const Put&)>& body) {
    if (GetParam() == Where::alone)
      return lab::testing::in_child([&] { body([](LaunchSpec spec) { return spec; }); });
    in_case(setup(), [&](const lab::RunIdentity& identity) {
      const lab::Lab lab({lab::Topology::loopback, identity});
      body([&](LaunchSpec spec) {
        LaunchSpec placed = launch_in(lab, Side::server, spec.name, spec.command);
        placed.environment = spec.environment;
        placed.working_folder = spec.working_folder;
        placed.output_limit_bytes = spec.output_limit_bytes;
        return placed;
      });
      // What it left is reaped by init, which may be a moment later.
      EXPECT_TRUE(eventually([&] { return lab.processes().empty(); }))
          << "when its Process has ended";
    });
  }

 private:
  static lab::testing::Setup setup() {
    switch (GetParam()) {
      case Where::root_user:
        return {Caller::root, lab::Isolation::user};
      case Where::root_root:
        return {Caller::root, lab::Isolation::root};
      case Where::root_none:
        return {Caller::root, lab::Isolation::none};
      case Where::ordinary_none:
        return {Caller::ordinary, lab::Isolation::none};
      default:
        return {Caller::ordinary, lab::Isolation::user};
    }
  }
};
std::string where_name(const ::testing::TestParamInfo<Where>& info) {
  switch (info.param) {
    case Where::alone:
      return "alone";
    case Where::root_user:
      return "root_user";
    case Where::root_root:
      return "root_root";
    case Where::root_none:
      return "root_none";
    case Where::ordinary_user:
      return "ordinary_user";
    case Where::ordinary_none:
      return "ordinary_none";
  }
  return "";
}
INSTANTIATE_TEST_SUITE_P(Places, ProcessTest,
                         ::testing::Values(Where::alone, Where::root_user, Where::root_root,
                                           Where::root_none, Where::ordinary_user,
                                           Where::ordinary_none),
                         where_name);

TEST_P(ProcessTest, OutputAndExitStatus) {
  run([](const Put& put) {
    Process program = Process::start(put(shell("echo out; echo err >&2; exit 3")));
    EXPECT_EQ(program.name(), "program");
    const auto status = program.wait(soon());
    ASSERT_TRUE(status.has_value());
    EXPECT_EQ(to_string(*status), "exit status 3");
    EXPECT_TRUE(program.end(soon()));
    EXPECT_EQ(program.standard_output().text, "out\n");
    EXPECT_EQ(program.standard_error().text, "err\n");
  });
}

TEST_P(ProcessTest, EndBySignalIsTold) {
  run([](const Put& put) {
    Process program = Process::start(put(shell("kill -SEGV $$")));
    const auto status = program.wait(soon());
    ASSERT_TRUE(status.has_value());
    EXPECT_EQ(status->signal, SIGSEGV);
    EXPECT_THAT(to_string(*status), HasSubstr("killed by SIGSEGV"));
  });
}

TEST_P(ProcessTest, WaitGivesUpAndPidfdFires) {
  run([](const Put& put) {
    Process program = Process::start(put(spec_of({"sleep", "60"})));
    EXPECT_FALSE(program.exit_status().has_value());
    EXPECT_FALSE(program.wait(Deadline::after(20ms)).has_value());
    EXPECT_EQ(program.tree(), std::vector<pid_t>{program.pid()});
    program.signal(SIGUSR1);
    pollfd wait{program.pidfd(), POLLIN, 0};
    EXPECT_EQ(::poll(&wait, 1, 10'000), 1);
    const auto status = program.wait(soon());
    ASSERT_TRUE(status.has_value());
    EXPECT_EQ(to_string(*status), "killed by SIGUSR1");
    program.signal(SIGUSR1);  // no error
  });
}

TEST_P(ProcessTest, EndAsksFirstThenKills) {
  run([](const Put& put) {
    Process polite = Process::start(put(spec_of({"sleep", "60"})));
    EXPECT_TRUE(polite.end(soon()));
    EXPECT_EQ(to_string(*polite.exit_status()), "killed by SIGTERM");

    Process deaf = Process::start(put(spec_of({TEST_PROGRAM, "ignore-term", "pause"})));
    ASSERT_TRUE(eventually([&] {  // SigIgn's bit 14
      std::ifstream file("/proc/" + std::to_string(deaf.pid()) + "/status");
      for (std::string line; std::getline(file, line);)
        if (line == "SigIgn:\t0000000000004000") return true;
      return false;
    }));
    EXPECT_FALSE(deaf.end(Deadline::after(50ms)));
    EXPECT_EQ(to_string(*deaf.exit_status()), "killed by SIGKILL");
  });
}

TEST_P(ProcessTest, ItsGroupEndsWithIt) {
  run([](const Put& put) {
    Process program = Process::start(put(shell("sleep 60 & sleep 60 & echo up; wait")));
    ASSERT_TRUE(eventually([&] { return program.tree().size() == 3; }));
    EXPECT_TRUE(program.end(soon()));
    EXPECT_TRUE(eventually([&] { return program.tree().empty(); }));
  });
}

TEST_P(ProcessTest, NothingOfOursIsHandedOn) {
  run([](const Put& put) {
    const Fd leaky(::open("/dev/null", O_RDONLY));  // not close-on-exec
    const std::string listing = output_of(put(shell("ls /proc/self/fd | wc -l")));
    EXPECT_EQ(listing, "4\n") << "0, 1, 2 and ls's own";
    EXPECT_EQ(output_of(put(spec_of({"cat"}))), "") << "standard input is empty";
  });
}

TEST_P(ProcessTest, HoldsNoCapabilitiesAndHasItsOwnSession) {
  run([](const Put& put) {
    const std::string status = output_of(put(spec_of({"cat", "/proc/self/status"})));
    EXPECT_THAT(status, HasSubstr("CapEff:\t0000000000000000"));
    EXPECT_THAT(status, HasSubstr("CapPrm:\t0000000000000000"));
    EXPECT_THAT(status, HasSubstr("CapInh:\t0000000000000000"));
    EXPECT_THAT(status, HasSubstr("CapAmb:\t0000000000000000"));
    EXPECT_THAT(status, HasSubstr("SigBlk:\t0000000000000000"));
    EXPECT_THAT(status, HasSubstr("SigIgn:\t0000000000000000"));
    EXPECT_EQ(output_of(put(shell("test $(cut -d' ' -f6 /proc/self/stat) != 0 && "
                                  "test $(cut -d' ' -f5 /proc/self/stat) = "
                                  "$(cut -d' ' -f6 /proc/self/stat) && echo leads"))),
              "leads\n");
  });
}

TEST_P(ProcessTest, DescriptorLimitIsTheHardOne) {
  run([](const Put& put) {
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    EXPECT_EQ(output_of(put(shell("ulimit -Sn"))), std::to_string(limit.rlim_max) + "\n");
  });
}

TEST_P(ProcessTest, EnvironmentAndWorkingFolder) {
  run([](const Put& put) {
    LaunchSpec spec = shell("echo $WIREPROOF_TEST; pwd");
    spec.environment = {{"WIREPROOF_TEST", "a value"}};
    spec.working_folder = "/usr";
    EXPECT_EQ(output_of(put(spec)), "a value\n/usr\n");
    spec.environment = {{"PATH", "/nowhere"}};
    spec.command = {"sleep", "0"};
    EXPECT_THAT(refusal(put(spec)), HasSubstr("not found in PATH"));
  });
}

TEST_P(ProcessTest, AFloodDoesNotStopAnybody) {
  run([](const Put& put) {
    LaunchSpec spec = spec_of({"yes"});
    spec.output_limit_bytes = 1000;
    Process flood = Process::start(put(spec));
    ASSERT_TRUE(eventually([&] { return flood.standard_output().total_bytes > (4u << 20); }));
    EXPECT_TRUE(flood.end(soon()));
    EXPECT_LT(flood.standard_output().text.size(), 1200u);
    EXPECT_THAT(flood.standard_output().text, HasSubstr("bytes left out"));
  });
}

TEST_P(ProcessTest, WhatCannotStartSaysWhy) {
  run([](const Put& put) {
    const testing::TemporaryFolder folder;
    const auto file = [&](const char* name, const char* text) {
      const auto path = folder.path() / name;
      std::ofstream(path) << text;
      ::chmod(path.c_str(), 0755);
      return path.string();
    };
    EXPECT_THAT(refusal(put(spec_of({"no-such-program"}))),
                HasSubstr("not found in PATH: install it or give its path"));
    EXPECT_THAT(refusal(put(spec_of({file("orphan", "#!/no/such/interpreter\n")}))),
                HasSubstr("interpreter that its first line names is missing"));
    EXPECT_THAT(refusal(put(spec_of({file("data", "not a program")}))),
                HasSubstr("neither a program for this machine nor a script"));
    EXPECT_THAT(refusal(put(spec_of({}))), HasSubstr("the command is empty"));
    LaunchSpec nowhere = spec_of({"true"});
    nowhere.working_folder = "/no/such/folder";
    EXPECT_THAT(refusal(put(nowhere)), HasSubstr("working folder"));
  });
}

TEST_P(ProcessTest, CpuTimeIsThatOfTheWholeTree) {
  run([](const Put& put) {
    Process busy =
        Process::start(put(shell("(i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done) ; exit 0")));
    ASSERT_TRUE(busy.wait(soon()).has_value());
    EXPECT_GT(busy.cpu_seconds(), 0.002);
    Process idle = Process::start(put(spec_of({"sleep", "0.05"})));
    ASSERT_TRUE(idle.wait(soon()).has_value());
    EXPECT_LT(idle.cpu_seconds(), busy.cpu_seconds());
  });
}

TEST_P(ProcessTest, MovedFromAndReplacedProcessesEnd) {
  run([](const Put& put) {
    Process first = Process::start(put(spec_of({"sleep", "60"})));
    const pid_t pid = first.pid();
    Process second = std::move(first);
    EXPECT_EQ(second.pid(), pid);
    second = Process::start(put(spec_of({"sleep", "60"})));
    EXPECT_EQ(::kill(pid, 0), -1) << "replaced, so ended and reaped";
  });
}

TEST(ProcessInLab, RunsAsAnotherUserUnderRoot) {
  for (const lab::Isolation level : {lab::Isolation::user, lab::Isolation::root}) {
    in_case({Caller::root, level}, [](const lab::RunIdentity& identity) {
      const lab::Lab lab({lab::Topology::loopback, identity});
      const auto run = [&](std::vector<std::string> command) {
        return output_of(launch_in(lab, Side::server, "id", std::move(command)));
      };
      EXPECT_EQ(run({"id", "-u"}), std::to_string(identity.target_uid) + "\n");
      EXPECT_EQ(run({"id", "-G"}), std::to_string(identity.target_gid) + "\n");
      EXPECT_NE(identity.target_uid, 0u);
      EXPECT_THAT(run({"cat", "/proc/self/status"}), HasSubstr("CapBnd:\t0000000000000000"));
    });
  }
}

// A clone under /root is not open to the user that targets run as.
TEST(ProcessInLab, StartsProgramsInFoldersTheUserCannotWalkTo) {
  in_case({Caller::root, lab::Isolation::user}, [](const lab::RunIdentity& identity) {
    const testing::TemporaryFolder folder;
    ::chmod(folder.path().c_str(), 0700);
    const auto binary = folder.path() / "echo";
    std::filesystem::copy_file("/bin/echo", binary);
    const auto script = folder.path() / "script";
    std::ofstream(script) << "#!/bin/sh\necho from a script $1\n";
    ::chmod(script.c_str(), 0755);
    const auto closed = folder.path() / "closed";
    std::filesystem::copy_file("/bin/echo", closed);
    ::chmod(closed.c_str(), 0700);
    const lab::Lab lab({lab::Topology::loopback, identity});
    const auto spec = [&](std::vector<std::string> command) {
      return launch_in(lab, Side::server, "program", std::move(command));
    };
    EXPECT_EQ(output_of(spec({binary, "hello"})), "hello\n");
    EXPECT_EQ(output_of(spec({script, "here"})), "from a script here\n");
    EXPECT_THAT(refusal(spec({closed})), HasSubstr("for the user that targets run as"));
  });
}

TEST(ProcessInLab, SeesItsOwnPidNamespaceInProc) {
  for (const auto& setup : lab::testing::namespaced) {
    in_case(setup, [](const lab::RunIdentity& identity) {
      const lab::Lab lab({lab::Topology::loopback, identity});
      EXPECT_EQ(
          output_of(launch_in(lab, Side::server, "sh",
                              {"/bin/sh", "-c",
                               "read name < /proc/1/comm; echo $name; test -e /proc/$$ && "
                               "read own rest < /proc/self/stat; test $own = $$ && echo same"})),
          "wireproof-init\nsame\n");
      // We see the pids we know.
      Process program = Process::start(launch_in(lab, Side::server, "sleep", {"sleep", "60"}));
      EXPECT_EQ(lab::process_name(program.pid()), "sleep");
      EXPECT_EQ(lab.processes(), std::vector<pid_t>{program.pid()});
    });
  }
}

TEST(ProcessInLab, EachSideHasItsNetwork) {
  in_case({Caller::ordinary, lab::Isolation::user}, [](const lab::RunIdentity& identity) {
    const lab::Lab lab({lab::Topology::veth, identity});
    for (const Side side : {Side::client, Side::server}) {
      struct stat own {};
      ASSERT_EQ(::fstat(lab.host(side).netns.get(), &own), 0);
      EXPECT_EQ(output_of(launch_in(lab, side, "readlink", {"readlink", "/proc/self/ns/net"})),
                "net:[" + std::to_string(own.st_ino) + "]\n");
    }
  });
}

// Starts a daemon; returns when it is the only process left, with an open socket.
pid_t start_daemon(Process& program, const std::function<std::vector<pid_t>()>& processes) {
  witness::SocketTable table;
  EXPECT_TRUE(eventually([&] {
    const auto sockets = table.unix_sockets();
    return std::any_of(sockets.begin(), sockets.end(),
                       [](const auto& socket) { return socket.name == "@daemon"; });
  }));
  EXPECT_TRUE(program.wait(soon()).has_value());
  EXPECT_TRUE(eventually([&] { return processes().size() == 1; }));
  return processes().at(0);
}
const std::vector<std::string> daemon_command{TEST_PROGRAM, "daemon", "ignore-term",
                                              "datagram:@daemon", "pause"};

// What a program leaves behind is seen, and ends with the lab.
TEST(ProcessInLab, DaemonsEndWithTheLab) {
  for (const auto& setup : lab::testing::namespaced) {
    in_case(setup, [](const lab::RunIdentity& identity) {
      pid_t daemon = -1;
      {
        const lab::Lab lab({lab::Topology::loopback, identity});
        {
          Process program = Process::start(launch_in(lab, Side::server, "daemon", daemon_command));
          daemon = start_daemon(program, [&] { return lab.processes(); });
        }
        EXPECT_EQ(lab.processes(), std::vector<pid_t>{daemon});
      }
      EXPECT_EQ(::kill(daemon, 0), -1);
      EXPECT_EQ(errno, ESRCH);
    });
  }
}

TEST(ProcessInLab, InNoneDaemonsEndWithTheirProcess) {
  in_case({Caller::ordinary, lab::Isolation::none}, [](const lab::RunIdentity& identity) {
    const lab::Lab lab({lab::Topology::loopback, identity});
    pid_t daemon = -1;
    {
      Process program = Process::start(launch_in(lab, Side::server, "daemon", daemon_command));
      daemon = start_daemon(program, [&] { return program.tree(); });
    }
    EXPECT_EQ(::kill(daemon, 0), -1);
    EXPECT_EQ(errno, ESRCH);
  });
}

TEST(ProcessInLab, SignalsToInitReachTheCase) {
  in_case({Caller::ordinary, lab::Isolation::user}, [](const lab::RunIdentity& identity) {
    const lab::Lab lab({lab::Topology::loopback, identity});
    Process program = Process::start(launch_in(lab, Side::server, "sleep", {"sleep", "60"}));
    ASSERT_EQ(::kill(lab.init_pid(), SIGTERM), 0);
    const auto status = program.wait(soon());
    ASSERT_TRUE(status.has_value());
    EXPECT_EQ(to_string(*status), "killed by SIGTERM");
    EXPECT_EQ(::kill(lab.init_pid(), 0), 0) << "init goes on";
  });
}

TEST(ExitStatus, InWords) {
  EXPECT_EQ(to_string(ExitStatus{0, 0, false}), "exit status 0");
  EXPECT_EQ(to_string(ExitStatus{-1, SIGABRT, true}), "killed by SIGABRT, core dumped");
  EXPECT_EQ(to_string(ExitStatus{-1, 63, false}), "killed by signal 63");
}

}  // namespace
}  // namespace wireproof::process
