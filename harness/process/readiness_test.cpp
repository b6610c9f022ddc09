#include "process/readiness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/syscall.h>

#include "lab/case_testing.h"
#include "process/testing.h"
#include "witness/socket_testing.h"

namespace wireproof::process {
namespace {

using namespace std::chrono_literals;
using lab::testing::Caller;
using lab::testing::in_case;
using packet::Family;
using ::testing::HasSubstr;
using witness::SocketTable;
using witness::UnixType;
using witness::testing::loopback;

constexpr std::uint16_t port = 6100;

class ReadinessTest : public ::testing::Test {
 protected:
  // Starts the test program in a case and awaits.
  static ReadyResult result(const lab::Lab& lab, std::vector<std::string> actions,
                            const Readiness& wanted, nanoseconds patience = 5s) {
    actions.insert(actions.begin(), TEST_PROGRAM);
    Process program = Process::start(launch_in(lab, Side::server, "server", actions));
    SocketTable table(lab.host(Side::server).netns.get());
    return await_ready(program, table, wanted, Deadline::after(patience), lab.init_pidfd() == -1);
  }
  static void in_loopback(const std::function<void(const lab::Lab&)>& body) {
    in_case({Caller::ordinary, lab::Isolation::user}, [&](const lab::RunIdentity& identity) {
      const lab::Lab lab({lab::Topology::loopback, identity});
      body(lab);
    });
  }
};

TEST_F(ReadinessTest, ListenersOfBothFamilies) {
  in_loopback([](const lab::Lab& lab) {
    const TcpListener v4{loopback(Family::ipv4, port)}, v6{loopback(Family::ipv6, port)};
    EXPECT_EQ(result(lab, {"lo4:6100", "pause"}, v4), ReadyResult::ready);
    EXPECT_EQ(result(lab, {"tcp4:6100", "pause"}, v4), ReadyResult::ready) << "wildcard";
    EXPECT_EQ(result(lab, {"tcp6:6100", "pause"}, v6), ReadyResult::ready);
    EXPECT_EQ(result(lab, {"tcp6:6100", "pause"}, v4), ReadyResult::ready) << "both families";
  });
}

TEST_F(ReadinessTest, OthersDoNotCount) {
  in_loopback([](const lab::Lab& lab) {
    const TcpListener v4{loopback(Family::ipv4, port)}, v6{loopback(Family::ipv6, port)};
    constexpr auto expected = ReadyResult::deadline;
    EXPECT_EQ(result(lab, {"tcp4:6101", "pause"}, v4, 30ms), expected) << "another port";
    EXPECT_EQ(result(lab, {"udp4:6100", "pause"}, v4, 30ms), expected) << "UDP";
    EXPECT_EQ(result(lab, {"lo4:6100", "pause"}, v6, 30ms), expected) << "the other family";
    EXPECT_EQ(result(lab, {"v6only", "tcp6:6100", "pause"}, v4, 30ms), expected) << "IPV6_V6ONLY";
    EXPECT_EQ(result(lab, {"pause"}, v4, 30ms), expected);
  });
}

TEST_F(ReadinessTest, AListenerThatComesLateIsAwaited) {
  in_loopback([](const lab::Lab& lab) {
    EXPECT_EQ(
        result(lab, {"sleep:50", "tcp4:6100", "pause"}, TcpListener{loopback(Family::ipv4, port)}),
        ReadyResult::ready);
  });
}

TEST_F(ReadinessTest, AnExitEndsTheWaitAtOnce) {
  in_loopback([](const lab::Lab& lab) {
    const auto started = Deadline::Clock::now();
    EXPECT_EQ(result(lab, {"sleep:20", "exit:1"}, TcpListener{loopback(Family::ipv4, port)}, 30s),
              ReadyResult::exited);
    EXPECT_LT(Deadline::Clock::now() - started, 10s);
  });
}

TEST_F(ReadinessTest, UdpSockets) {
  in_loopback([](const lab::Lab& lab) {
    EXPECT_EQ(result(lab, {"udp4:6100", "pause"}, UdpBound{loopback(Family::ipv4, port)}),
              ReadyResult::ready);
    EXPECT_EQ(result(lab, {"udp6:6100", "pause"}, UdpBound{loopback(Family::ipv6, port)}),
              ReadyResult::ready);
    EXPECT_EQ(result(lab, {"tcp4:6100", "pause"}, UdpBound{loopback(Family::ipv4, port)}, 30ms),
              ReadyResult::deadline);
  });
}

TEST_F(ReadinessTest, UnixSocketsByFileAndByName) {
  in_loopback([](const lab::Lab& lab) {
    const std::string path = lab.scratch() / "s";
    EXPECT_EQ(result(lab, {"stream:" + path, "pause"}, UnixBound{path, UnixType::stream}),
              ReadyResult::ready);
    // The path is still there, its socket is not.
    EXPECT_EQ(result(lab, {"pause"}, UnixBound{path, UnixType::stream}, 30ms),
              ReadyResult::deadline);
    EXPECT_EQ(result(lab, {"datagram:@name", "pause"}, UnixBound{"@name", UnixType::datagram}),
              ReadyResult::ready);
    EXPECT_EQ(result(lab, {"seqpacket:@name", "pause"}, UnixBound{"@name", UnixType::stream}, 30ms),
              ReadyResult::deadline);
  });
}

TEST_F(ReadinessTest, ARelativeUnixNameIsTheSameFile) {
  in_loopback([](const lab::Lab& lab) {
    LaunchSpec spec =
        launch_in(lab, Side::server, "server", {TEST_PROGRAM, "stream:relative", "pause"});
    spec.working_folder = lab.scratch();
    Process program = Process::start(spec);
    SocketTable table;
    EXPECT_EQ(await_ready(program, table, UnixBound{lab.scratch() / "relative", UnixType::stream},
                          Deadline::after(5s)),
              ReadyResult::ready);
    EXPECT_THAT(listed_instead(table), HasSubstr("has the UNIX socket \"relative\""));
  });
}

TEST_F(ReadinessTest, SaysWhatIsThereInstead) {
  in_loopback([](const lab::Lab&) {
    SocketTable table;
    const Fd tcp = witness::testing::listening(loopback(Family::ipv4, 5556));
    const Fd udp = witness::testing::bound(SOCK_DGRAM, loopback(Family::ipv6, 5557));
    const std::string text = listed_instead(table);
    EXPECT_THAT(text, HasSubstr("listens on TCP 127.0.0.1:5556"));
    EXPECT_THAT(text, HasSubstr("is bound to UDP [::1]:5557"));
  });
}

// Without namespaces the port may be somebody else's: only the program's own sockets count. Tried
// as root whose capabilities are those of a container: no CAP_SYS_PTRACE.
TEST(ReadinessInNone, OnlyTheProgramsOwnSocketsCount) {
  in_case({Caller::root, lab::Isolation::none}, [](const lab::RunIdentity& identity) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct some[2] = {};
    some[0].effective = some[0].permitted = 1u << CAP_SETUID | 1u << CAP_SETGID |
                                            1u << CAP_SETPCAP | 1u << CAP_KILL | 1u << CAP_NET_RAW;
    ASSERT_EQ(::syscall(SYS_capset, &header, some), 0);
    const lab::Lab lab({lab::Topology::loopback, identity});
    const std::uint16_t free_port = lab.free_port(Family::ipv4, false);
    const packet::Endpoint endpoint = loopback(Family::ipv4, free_port);
    const auto start = [&](std::vector<std::string> actions) {
      actions.insert(actions.begin(), TEST_PROGRAM);
      return Process::start(launch_in(lab, Side::server, "server", actions));
    };
    SocketTable table;
    {
      Process owner = start({"lo4:" + std::to_string(free_port), "pause"});
      EXPECT_EQ(await_ready(owner, table, TcpListener{endpoint}, Deadline::after(5s), true),
                ReadyResult::ready);
    }
    {
      Process daemon = start({"daemon", "lo4:" + std::to_string(free_port), "pause"});
      ASSERT_TRUE(daemon.wait(Deadline::after(5s)).has_value());
      EXPECT_TRUE(testing::eventually([&] {
        return await_ready(daemon, table, TcpListener{endpoint}, Deadline::after(0s), true) ==
               ReadyResult::ready;
      })) << "a descendant's socket";
    }
    const Fd foreign = witness::testing::listening(endpoint);
    Process idle = start({"pause"});
    EXPECT_EQ(await_ready(idle, table, TcpListener{endpoint}, Deadline::after(30ms), true),
              ReadyResult::deadline);
    EXPECT_EQ(await_ready(idle, table, TcpListener{endpoint}, Deadline::after(30ms), false),
              ReadyResult::ready);
  });
}

}  // namespace
}  // namespace wireproof::process
