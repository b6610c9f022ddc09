#include "lab/lab.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <set>
#include <utility>

#include "base/clock.h"
#include "lab/case_testing.h"

namespace wireproof::lab {
namespace {

using namespace std::chrono_literals;
using testing::Caller;
using testing::in_case;
using testing::Setup;

constexpr std::uint16_t port = 7000;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

SocketAddress socket_address(const packet::Address& address, std::uint16_t number) {
  SocketAddress result;
  if (address.family == packet::Family::ipv4) {
    auto* const in = reinterpret_cast<sockaddr_in*>(&result.storage);
    in->sin_family = AF_INET;
    in->sin_port = htons(number);
    std::copy_n(address.bytes.begin(), 4, reinterpret_cast<std::uint8_t*>(&in->sin_addr));
    result.length = sizeof *in;
  } else {
    auto* const in = reinterpret_cast<sockaddr_in6*>(&result.storage);
    in->sin6_family = AF_INET6;
    in->sin6_port = htons(number);
    std::copy_n(address.bytes.begin(), 16, reinterpret_cast<std::uint8_t*>(&in->sin6_addr));
    result.length = sizeof *in;
  }
  return result;
}

Fd listen_at(const packet::Address& address) {
  SocketAddress at = socket_address(address, port);
  Fd socket(::socket(at.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  checked("bind to", "a port", [&] { return ::bind(socket.get(), at.get(), at.length); });
  checked("listen", "", [&] { return ::listen(socket.get(), 4); });
  return socket;
}

// A connection over the lab's network carries a byte.
void expect_exchange(const Lab& lab, packet::Family family) {
  const bool ipv4 = family == packet::Family::ipv4;
  const Host& server = lab.host(Side::server);
  const packet::Address& address = ipv4 ? server.ipv4 : server.ipv6;
  Fd listener, client;
  {
    const NetnsScope inside(server.netns.get());
    listener = listen_at(address);
  }
  {
    const NetnsScope inside(lab.host(Side::client).netns.get());
    SocketAddress at = socket_address(address, port);
    client = Fd(::socket(at.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    checked("connect", "", [&] { return ::connect(client.get(), at.get(), at.length); });
  }
  const Fd accepted(
      checked("accept", "", [&] { return ::accept(listener.get(), nullptr, nullptr); }));
  ASSERT_EQ(::send(client.get(), "x", 1, MSG_NOSIGNAL), 1);
  char byte = 0;
  ASSERT_EQ(::recv(accepted.get(), &byte, 1, 0), 1);
  EXPECT_EQ(byte, 'x');
}

const Setting* find(const Lab& lab, std::string_view host, std::string_view name) {
  for (const Setting& setting : lab.settings())
    if (setting.host == host && setting.name == name) return &setting;
  return nullptr;
}

void expect_setting(const Lab& lab, std::string_view host, std::string_view name,
                    std::string_view value, bool pinned) {
  const Setting* const setting = find(lab, host, name);
  ASSERT_NE(setting, nullptr) << name;
  EXPECT_EQ(setting->value, value) << name;
  EXPECT_EQ(setting->pinned, pinned) << name;
}

class LabTest : public ::testing::TestWithParam<Setup> {};
INSTANTIATE_TEST_SUITE_P(Levels, LabTest, ::testing::ValuesIn(testing::namespaced),
                         testing::setup_name);

TEST_P(LabTest, LoopbackCarriesBothFamilies) {
  in_case(GetParam(), [](const RunIdentity& identity) {
    const Lab lab({Topology::loopback, identity});
    EXPECT_TRUE(lab.one_host());
    EXPECT_EQ(lab.host(Side::client).interface, "lo");
    EXPECT_EQ(&lab.host(Side::client), &lab.host(Side::server));
    expect_exchange(lab, packet::Family::ipv4);
    expect_exchange(lab, packet::Family::ipv6);
  });
}

TEST_P(LabTest, VethJoinsTwoNamespaces) {
  in_case(GetParam(), [](const RunIdentity& identity) {
    const Lab lab({Topology::veth, identity});
    ASSERT_FALSE(lab.one_host());
    EXPECT_EQ(lab.host(Side::client).interface, "eth0");
    expect_exchange(lab, packet::Family::ipv4);
    expect_exchange(lab, packet::Family::ipv6);
    struct stat client = {};
    struct stat server = {};
    ASSERT_EQ(::fstat(lab.host(Side::client).netns.get(), &client), 0);
    ASSERT_EQ(::fstat(lab.host(Side::server).netns.get(), &server), 0);
    EXPECT_NE(client.st_ino, server.st_ino);
  });
}

TEST_P(LabTest, WhatTheCaseSetsIsRecordedOnceAHost) {
  in_case(GetParam(), [](const RunIdentity& identity) {
    // These are recorded of every case: not of one that sets them.
    const Lab lab({Topology::wire,
                   identity,
                   1500,
                   {{"", "net.ipv4.tcp_syn_retries", "1", false},
                    {"", "net.ipv4.tcp_fin_timeout", "3", false}}});
    for (const char* host : {"client", "server"}) {
      expect_setting(lab, host, "net.ipv4.tcp_syn_retries", "1", true);
      expect_setting(lab, host, "net.ipv4.tcp_fin_timeout", "3", true);
    }
    EXPECT_EQ(find(lab, "", "net.ipv4.tcp_syn_retries"), nullptr);
    EXPECT_EQ(find(lab, "", "net.ipv4.tcp_fin_timeout"), nullptr);
    EXPECT_NE(find(lab, "", "net.ipv4.tcp_retries2"), nullptr);
  });
}

TEST_P(LabTest, SettingsArePinnedAndRecorded) {
  in_case(GetParam(), [](const RunIdentity& identity) {
    const Lab lab({Topology::veth, identity, 1400});
    for (const char* host : {"client", "server"}) {
      expect_setting(lab, host, "net.ipv4.tcp_congestion_control", "reno", true);
      expect_setting(lab, host, "net.ipv4.icmp_ratelimit", "0", true);
      expect_setting(lab, host, "net.ipv6.icmp.ratelimit", "0", true);
      expect_setting(lab, host, "net.ipv4.tcp_invalid_ratelimit", "0", true);
      expect_setting(lab, host, "net.ipv4.ip_unprivileged_port_start", "0", true);
      expect_setting(lab, host, "net.ipv4.tcp_max_tw_buckets", "262144", true);
      expect_setting(lab, host, "eth0.tx-checksum-ip-generic", "off", true);
      expect_setting(lab, host, "eth0.tx-tcp-segmentation", "off", true);
      expect_setting(lab, host, "eth0.tx-generic-segmentation", "off", true);
      expect_setting(lab, host, "eth0.tx-udp-segmentation", "off", true);
      expect_setting(lab, host, "eth0.rx-gro", "off", true);
      expect_setting(lab, host, "eth0.mtu", "1400", true);
    }
    ASSERT_NE(find(lab, "", "net.core.rmem_max"), nullptr);
    EXPECT_FALSE(find(lab, "", "net.core.rmem_max")->pinned);
    EXPECT_NE(find(lab, "", "RLIMIT_NOFILE"), nullptr);

    // The kernel agrees: what a new socket has.
    const NetnsScope inside(lab.host(Side::server).netns.get());
    const Fd socket(::socket(AF_INET, SOCK_STREAM, 0));
    std::array<char, 16> algorithm{};
    socklen_t size = algorithm.size();
    ASSERT_EQ(::getsockopt(socket.get(), IPPROTO_TCP, TCP_CONGESTION, algorithm.data(), &size), 0);
    EXPECT_STREQ(algorithm.data(), "reno");
  });
}

TEST_P(LabTest, LoSegmentsLikeEthernet) {
  in_case(GetParam(), [](const RunIdentity& identity) {
    const Lab lab({Topology::loopback, identity});
    expect_setting(lab, "", "lo.mtu", "1500", true);
    expect_setting(lab, "", "lo.tx-tcp-segmentation", "off", true);
    expect_setting(lab, "", "lo.tx-generic-segmentation", "off", true);
    // Cannot be turned off: loopback proves no checksum, and says so.
    expect_setting(lab, "", "lo.tx-checksum-ip-generic", "on", false);
  });
}

// All frames of one connection as the server's interface receives them.
TEST_P(LabTest, FramesOnVethHaveRealChecksumsAndNoNeighbourTraffic) {
  in_case(GetParam(), [](const RunIdentity& identity) {
    const Lab lab({Topology::veth, identity});
    Fd capture;
    {
      const NetnsScope inside(lab.host(Side::server).netns.get());
      capture = Fd(
          checked("capture", "", [] { return ::socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)); }));
    }
    const int on = 1;
    ASSERT_EQ(::setsockopt(capture.get(), SOL_PACKET, PACKET_AUXDATA, &on, sizeof on), 0);
    expect_exchange(lab, packet::Family::ipv4);
    expect_exchange(lab, packet::Family::ipv6);
    int tcp_frames = 0, other_frames = 0;
    pollfd wait{capture.get(), POLLIN, 0};
    while (::poll(&wait, 1, 20) == 1) {
      std::array<unsigned char, 2048> frame;
      alignas(cmsghdr) std::array<char, 128> control;
      iovec data{frame.data(), frame.size()};
      sockaddr_ll from{};
      msghdr message{&from, sizeof from, &data, 1, control.data(), control.size(), 0};
      const ssize_t size = ::recvmsg(capture.get(), &message, 0);
      ASSERT_GT(size, 14);
      const int type = frame[12] << 8 | frame[13];
      const bool tcp = (type == ETH_P_IP && frame[23] == IPPROTO_TCP) ||
                       (type == ETH_P_IPV6 && frame[20] == IPPROTO_TCP);
      (tcp ? tcp_frames : other_frames) += 1;
      const cmsghdr* const header = CMSG_FIRSTHDR(&message);
      ASSERT_NE(header, nullptr);
      tpacket_auxdata auxiliary{};
      std::memcpy(&auxiliary, CMSG_DATA(header), sizeof auxiliary);
      EXPECT_TRUE(!tcp || (auxiliary.tp_status & TP_STATUS_CSUMNOTREADY) == 0);
      EXPECT_NE(type, ETH_P_ARP);
      // Neighbour solicitation and advertisement are ICMPv6 135 and 136 (RFC 4861).
      const bool icmpv6 = type == ETH_P_IPV6 && frame[20] == IPPROTO_ICMPV6;
      EXPECT_FALSE(icmpv6 && (frame[54] == 135 || frame[54] == 136));
    }
    EXPECT_GE(tcp_frames, 8) << "of a handshake and a byte, twice; others: " << other_frames;
  });
}

TEST_P(LabTest, WireEndsStandInTheCasesOwnNamespace) {
  in_case(GetParam(), [](const RunIdentity& identity) {
    const Lab lab({Topology::wire, identity});
    for (const std::string_view inner : {wire_to_client, wire_to_server})
      EXPECT_NE(::if_nametoindex(std::string(inner).c_str()), 0u) << inner;
    // What the client sends comes out at to-client, and nothing forwards it.
    const Fd capture(
        checked("capture", "", [] { return ::socket(AF_PACKET, SOCK_RAW, htons(ETH_P_IP)); }));
    {
      const NetnsScope inside(lab.host(Side::client).netns.get());
      SocketAddress at = socket_address(lab.host(Side::server).ipv4, port);
      const Fd sender(::socket(AF_INET, SOCK_DGRAM, 0));
      ASSERT_EQ(::sendto(sender.get(), "x", 1, 0, at.get(), at.length), 1);
    }
    pollfd wait{capture.get(), POLLIN, 0};
    ASSERT_EQ(::poll(&wait, 1, 2000), 1);
    sockaddr_ll from{};
    socklen_t size = sizeof from;
    std::array<char, 2048> frame;
    ASSERT_GT(::recvfrom(capture.get(), frame.data(), frame.size(), 0,
                         reinterpret_cast<sockaddr*>(&from), &size),
              0);
    EXPECT_EQ(static_cast<unsigned>(from.sll_ifindex),
              ::if_nametoindex(std::string(wire_to_client).c_str()));
  });
}

TEST_P(LabTest, ScratchIsSeenByTheCaseAlone) {
  std::array<int, 2> path_pipe{}, done{};
  ASSERT_EQ(::pipe(path_pipe.data()), 0);
  ASSERT_EQ(::pipe(done.data()), 0);
  if (GetParam().caller == Caller::root && ::geteuid() != 0) GTEST_SKIP() << "needs root";
  const pid_t observed = ::fork();
  if (observed == 0) {
    ::close(done[1]);
    if (GetParam().caller == Caller::ordinary) testing::become_ordinary();
    const Lab lab({Topology::loopback, enter_isolation(GetParam().level)});
    const std::string file = lab.scratch() / "left-behind.sock";
    const Fd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    file.copy(address.sun_path, sizeof address.sun_path - 1);
    bool good = ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    struct stat folder {};
    good = good && ::stat(lab.scratch().c_str(), &folder) == 0 && (folder.st_mode & 0777) == 0777;
    good = good && ::write(path_pipe[1], file.data(), file.size()) > 0;
    char byte;
    (void)!::read(done[0], &byte, 1);
    ::_exit(good ? 0 : 1);
  }
  ::close(path_pipe[1]);
  std::array<char, 200> path{};
  ASSERT_GT(::read(path_pipe[0], path.data(), path.size() - 1), 0);
  EXPECT_LT(std::string(path.data()).size(), 40u);
  EXPECT_NE(::access(path.data(), F_OK), 0) << path.data() << " is seen outside";
  ::close(done[1]);
  int status = 0;
  ASSERT_EQ(::waitpid(observed, &status, 0), observed);
  EXPECT_EQ(status, 0);
  for (const int fd : {path_pipe[0], done[0]}) ::close(fd);
}

TEST_P(LabTest, PortsAreFixedAndDiffer) {
  in_case(GetParam(), [](const RunIdentity& identity) {
    const Lab lab({Topology::loopback, identity});
    EXPECT_EQ(lab.free_port(packet::Family::ipv4, false), 20'000);
    EXPECT_EQ(lab.free_port(packet::Family::ipv6, true), 20'001);
  });
}

TEST_P(LabTest, SocketTableIsTheNamespacesOwn) {
  in_case(GetParam(), [](const RunIdentity& identity) {
    const Lab lab({Topology::loopback, identity});
    if (!find(lab, "", "net.ipv4.tcp_ehash_entries")) GTEST_SKIP() << "kernel before 6.1";
    expect_setting(lab, "", "net.ipv4.tcp_ehash_entries", "8192", false);
  });
}

TEST_P(LabTest, ManyLabsAtOnce) {
  in_case(GetParam(), [](const RunIdentity& identity) {
    std::vector<pid_t> cases;
    for (int i = 0; i < 16; ++i) {
      const pid_t harness = ::getpid();
      const pid_t pid = ::fork();
      if (pid == 0) {
        die_with_parent(harness);
        try {
          const Lab lab({i % 2 == 0 ? Topology::veth : Topology::loopback, identity});
          expect_exchange(lab, packet::Family::ipv4);
        } catch (const std::exception& error) {
          ADD_FAILURE() << error.what();
        }
        ::_exit(::testing::Test::HasFailure() ? 1 : 0);
      }
      cases.push_back(pid);
    }
    for (const pid_t pid : cases) {
      int status = 0;
      ::waitpid(pid, &status, 0);
      EXPECT_EQ(status, 0);
    }
  });
}

TEST(LabNone, UsesTheLoopbackThatIsThere) {
  in_case({Caller::root, Isolation::none}, [](const RunIdentity& identity) {
    std::filesystem::path scratch;
    {
      const Lab lab({Topology::loopback, identity});
      scratch = lab.scratch();
      EXPECT_TRUE(std::filesystem::is_directory(scratch));
      EXPECT_EQ(lab.init_pidfd(), -1);
      EXPECT_GT(lab.init_pid(), 0);
      EXPECT_GT(lab.free_port(packet::Family::ipv4, false), 0);
      EXPECT_TRUE(lab.processes().empty());
      EXPECT_FALSE(find(lab, "", "net.ipv4.tcp_congestion_control")->pinned);
    }
    EXPECT_FALSE(std::filesystem::exists(scratch));
  });
}

TEST(LabNone, RefusesWhatNeedsNamespaces) {
  in_case({Caller::ordinary, Isolation::none}, [](const RunIdentity& identity) {
    EXPECT_THROW(Lab({Topology::wire, identity}), SystemError);
    EXPECT_THROW(Lab({Topology::veth, identity}), SystemError);
  });
}

TEST(Lab, NeedsPrivilegesThatAnOrdinaryUserLacks) {
  testing::in_child([] {
    testing::become_ordinary();
    const RunIdentity never_entered{Isolation::root, ::geteuid(), ::getegid()};
    EXPECT_THROW(Lab({Topology::loopback, never_entered}), SystemError);
    EXPECT_THROW(enter_isolation(Isolation::root), SystemError);
  });
}

TEST(Lab, RemoteStaysInTheNetworkThatIsThere) {
  struct stat before {};
  ASSERT_EQ(::stat("/proc/self/ns/net", &before), 0);
  in_case({Caller::ordinary, Isolation::user}, [&](const RunIdentity& identity) {
    const Lab lab({Topology::remote, identity});
    struct stat inside {};
    ASSERT_EQ(::fstat(lab.host(Side::server).netns.get(), &inside), 0);
    EXPECT_EQ(inside.st_ino, before.st_ino);
  });
}

TEST(DieWithParent, EndsWithItAndWhenTooLate) {
  testing::in_child([] {
    const pid_t child = ::fork();
    if (child == 0) {
      die_with_parent(1);  // not our parent
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  });
}

}  // namespace
}  // namespace wireproof::lab
