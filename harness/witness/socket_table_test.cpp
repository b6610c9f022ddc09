#include "witness/socket_table.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "lab/case_testing.h"
#include "witness/await.h"
#include "witness/inet_diag.h"
#include "witness/socket_testing.h"

namespace wireproof::witness {
namespace {

using namespace std::chrono_literals;
using lab::testing::in_case;
using packet::Family;
using tcp::State;
using namespace testing;  // NOLINT: the sockets of socket_testing.h

constexpr std::uint16_t port = 6000;

template <typename Socket, typename Predicate>
const Socket* find(const std::vector<Socket>& sockets, Predicate predicate) {
  const auto found = std::find_if(sockets.begin(), sockets.end(), predicate);
  return found == sockets.end() ? nullptr : &*found;
}

const TcpSocket* with_state(const std::vector<TcpSocket>& sockets, State state,
                            const packet::Endpoint& local) {
  return find(sockets, [&](const TcpSocket& s) { return s.state == state && s.local == local; });
}

// Each test runs in a case with a namespace of its own, as root and as an ordinary user.
class SocketTableTest : public ::testing::TestWithParam<lab::testing::Setup> {
 protected:
  void in_loopback(const std::function<void(const lab::Lab&)>& body) {
    in_case(GetParam(), [&](const lab::RunIdentity& identity) {
      const lab::Lab lab({lab::Topology::loopback, identity});
      body(lab);
    });
  }
};
INSTANTIATE_TEST_SUITE_P(Levels, SocketTableTest, ::testing::ValuesIn(lab::testing::namespaced),
                         lab::testing::setup_name);

TEST_P(SocketTableTest, NothingInANewNamespace) {
  in_loopback([](const lab::Lab&) {
    SocketTable table;
    EXPECT_TRUE(table.tcp().empty());
    EXPECT_TRUE(table.udp().empty());
  });
}

TEST_P(SocketTableTest, ListenerAndConnectionOfBothFamilies) {
  in_loopback([](const lab::Lab&) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      const packet::Endpoint server = loopback(family, port);
      const Fd listener = listening(server, 7);
      SocketTable table;
      const auto before = table.tcp();
      const TcpSocket* const listens = with_state(before, State::listen, server);
      ASSERT_NE(listens, nullptr);
      EXPECT_EQ(listens->send_queue, 7u) << "the backlog";
      EXPECT_EQ(listens->receive_queue, 0u);
      struct stat status {};
      ASSERT_EQ(::fstat(listener.get(), &status), 0);
      EXPECT_EQ(listens->inode, status.st_ino);

      const Fd client = connected(SOCK_STREAM, server);
      const auto waiting = table.tcp();
      EXPECT_EQ(with_state(waiting, State::listen, server)->receive_queue, 1u);
      const Fd accepted_end = accepted(listener);
      ASSERT_EQ(::send(client.get(), "hello", 5, MSG_NOSIGNAL), 5);
      const auto after = table.tcp(true);
      const TcpSocket* const end = with_state(after, State::established, server);
      ASSERT_NE(end, nullptr);
      EXPECT_EQ(end->receive_queue, 5u);
      ASSERT_TRUE(end->info.has_value());
      EXPECT_EQ(end->info->bytes_received, 5u);
      const TcpSocket* const other_end =
          find(after, [&](const TcpSocket& s) { return s.remote == server; });
      ASSERT_NE(other_end, nullptr);
      EXPECT_EQ(other_end->state, State::established);
      EXPECT_EQ(other_end->local, end->remote);
      EXPECT_EQ(other_end->info->bytes_sent, 5u);
      EXPECT_GT(other_end->info->send_mss, 1000u);
      EXPECT_GT(other_end->read_ns, 1'600'000'000'000'000'000);
      EXPECT_FALSE(with_state(before, State::listen, server)->info.has_value());
    }
  });
}

TEST_P(SocketTableTest, ConnectionOverIpv4OfAnIpv6SocketHasIpv4Endpoints) {
  in_loopback([](const lab::Lab&) {
    const Fd listener = listening(wildcard(Family::ipv6, port));
    const Fd client = connected(SOCK_STREAM, loopback(Family::ipv4, port));
    const auto sockets = SocketTable().tcp();
    EXPECT_NE(with_state(sockets, State::listen, wildcard(Family::ipv6, port)), nullptr);
    EXPECT_NE(with_state(sockets, State::established, loopback(Family::ipv4, port)), nullptr);
  });
}

TEST_P(SocketTableTest, V6OnlyIsRead) {
  in_loopback([](const lab::Lab&) {
    for (const int only : {0, 1}) {
      const Fd socket(::socket(AF_INET6, SOCK_STREAM, 0));
      ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
      SocketAddress at = to_socket_address(wildcard(Family::ipv6, port));
      ASSERT_EQ(::bind(socket.get(), at.get(), at.length), 0);
      ASSERT_EQ(::listen(socket.get(), 1), 0);
      const auto sockets = SocketTable().tcp();
      ASSERT_EQ(sockets.size(), 1u);
      EXPECT_EQ(sockets[0].v6_only, only == 1);
    }
  });
}

TEST_P(SocketTableTest, EveryStateOfACloseIsNamed) {
  in_loopback([](const lab::Lab&) {
    const packet::Endpoint server = loopback(Family::ipv4, port);
    const Fd listener = listening(server);
    Fd client = connected(SOCK_STREAM, server);
    Fd end = accepted(listener);
    ASSERT_EQ(::shutdown(client.get(), SHUT_WR), 0);
    SocketTable table;
    const auto client_filter = with_endpoints(std::nullopt, server);
    constexpr std::array fin_wait_2{State::fin_wait_2}, time_wait{State::time_wait};
    EXPECT_TRUE(await_tcp_state(table, client_filter, fin_wait_2, Deadline::after(2s)).reached);
    EXPECT_NE(with_state(table.tcp(), State::close_wait, server), nullptr);
    end.close();
    EXPECT_TRUE(await_tcp_state(table, client_filter, time_wait, Deadline::after(2s)).reached);
    EXPECT_FALSE(find(table.tcp(true), client_filter)->info.has_value());
  });
}

TEST_P(SocketTableTest, RequestSocketIsSynReceived) {
  // On a wire nobody forwards on, a server's SYN-ACK gets no answer; here the SYN is answered by a
  // listener whose SYN-ACK goes nowhere, as the client's address is not there.
  in_case(GetParam(), [](const lab::RunIdentity& identity) {
    const lab::Lab lab({lab::Topology::veth, identity});
    const packet::Endpoint server{lab.host(Side::server).ipv4, port};
    Fd listener;
    {
      const lab::NetnsScope inside(lab.host(Side::server).netns.get());
      listener = listening(server);
    }
    SocketTable server_table(lab.host(Side::server).netns.get());
    SocketTable client_table(lab.host(Side::client).netns.get());
    // A raw SYN from a port on which the client's kernel drops what comes back: it would answer
    // with RST otherwise, so the source address is one that no host has.
    const lab::NetnsScope inside(lab.host(Side::client).netns.get());
    const Fd raw(
        checked("open", "a raw socket", [] { return ::socket(AF_INET, SOCK_RAW, IPPROTO_RAW); }));
    std::array<std::uint8_t, 40> syn{0x45, 0, 0,    40,   0,         1,          0x40, 0,    64,
                                     6,    0, 0,    192,  0,         2,          77,   192,  0,
                                     2,    2, 0x30, 0x39, port >> 8, port & 255, 0,    0,    0,
                                     1,    0, 0,    0,    0,         0x50,       2,    0xff, 0xff};
    std::uint32_t sum = 6 + 20;  // pseudo-header: protocol and length, then addresses and header
    for (std::size_t i = 12; i < 40; i += 2) sum += std::uint32_t{syn[i]} << 8 | syn[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    syn[36] = static_cast<std::uint8_t>(~sum >> 8);
    syn[37] = static_cast<std::uint8_t>(~sum);
    SocketAddress to = to_socket_address(server);
    ASSERT_EQ(::sendto(raw.get(), syn.data(), syn.size(), 0, to.get(), to.length), 40);
    packet::Endpoint ghost = server;
    ghost.address.bytes[3] = 77;
    ghost.port = 12345;
    constexpr std::array syn_received{State::syn_received};
    const auto seen = await_tcp_state(server_table, with_endpoints(server, ghost), syn_received,
                                      Deadline::after(2s));
    EXPECT_TRUE(seen.reached);
    EXPECT_TRUE(client_table.tcp().empty()) << "each table reads its own namespace";
  });
}

TEST_P(SocketTableTest, UdpBoundAndConnected) {
  in_loopback([](const lab::Lab&) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      const Fd server = bound(SOCK_DGRAM, loopback(family, port));
      const Fd client = connected(SOCK_DGRAM, loopback(family, port));
      ASSERT_EQ(::send(client.get(), "abc", 3, 0), 3);
      const auto sockets = SocketTable().udp();
      const UdpSocket* const bound_end =
          find(sockets, [&](const UdpSocket& s) { return s.local == loopback(family, port); });
      ASSERT_NE(bound_end, nullptr);
      EXPECT_FALSE(bound_end->connected);
      EXPECT_GT(bound_end->receive_queue, 0u);
      const UdpSocket* const client_end =
          find(sockets, [&](const UdpSocket& s) { return s.remote == loopback(family, port); });
      ASSERT_NE(client_end, nullptr);
      EXPECT_TRUE(client_end->connected);
    }
  });
}

TEST_P(SocketTableTest, UdpDropsAreCounted) {
  in_loopback([](const lab::Lab&) {
    const Fd server = bound(SOCK_DGRAM, loopback(Family::ipv4, port));
    const int least = 1;
    ::setsockopt(server.get(), SOL_SOCKET, SO_RCVBUF, &least, sizeof least);
    const Fd client = connected(SOCK_DGRAM, loopback(Family::ipv4, port));
    const std::string datagram(1000, 'x');
    for (int i = 0; i < 20; ++i) ::send(client.get(), datagram.data(), datagram.size(), 0);
    const auto sockets = SocketTable().udp();
    const UdpSocket* const end = find(sockets, [](const UdpSocket& s) { return !s.connected; });
    ASSERT_NE(end, nullptr);
    EXPECT_GT(end->drops, 0u);
    EXPECT_EQ(read_counters().udp_receive_buffer_errors, end->drops);
  });
}

TEST_P(SocketTableTest, UnixSocketsByPathAndAbstractName) {
  in_loopback([](const lab::Lab& lab) {
    const std::string path = lab.scratch() / "server.sock";
    const Fd stream = unix_bound(SOCK_STREAM, path);
    ASSERT_EQ(::listen(stream.get(), 3), 0);
    const Fd datagram = unix_bound(SOCK_DGRAM, "@wireproof-test");
    const Fd seqpacket = unix_bound(SOCK_SEQPACKET, lab.scratch() / "packets.sock");
    const auto sockets = SocketTable().unix_sockets();
    const auto named = [&](const std::string& name) {
      return find(sockets, [&](const UnixSocket& s) { return s.name == name; });
    };
    ASSERT_NE(named(path), nullptr);
    EXPECT_EQ(named(path)->type, UnixType::stream);
    EXPECT_EQ(named(path)->state, 10) << "TCP_LISTEN";
    struct stat file {};
    ASSERT_EQ(::stat(path.c_str(), &file), 0);
    EXPECT_EQ(named(path)->path_inode, static_cast<std::uint32_t>(file.st_ino));
    EXPECT_EQ(named(path)->path_device, file.st_dev);
    ASSERT_NE(named("@wireproof-test"), nullptr);
    EXPECT_EQ(named("@wireproof-test")->type, UnixType::datagram);
    EXPECT_EQ(named(lab.scratch() / "packets.sock")->type, UnixType::seqpacket);
  });
}

TEST_P(SocketTableTest, DestroyedSocketsBringTheirLastInfo) {
  in_loopback([](const lab::Lab&) {
    DestroyedSockets destroyed;
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      const packet::Endpoint server = loopback(family, port);
      const Fd listener = listening(server);
      Fd client = connected(SOCK_STREAM, server);
      Fd end = accepted(listener);
      ASSERT_EQ(::send(client.get(), "hello", 5, MSG_NOSIGNAL), 5);
      char buffer[8];
      ASSERT_EQ(::recv(end.get(), buffer, sizeof buffer, 0), 5);
      client.close();
      end.close();
      bool client_told = false, server_told = false;
      const Deadline deadline = Deadline::after(2s);
      while (!(client_told && server_told)) {
        pollfd wait{destroyed.fd(), POLLIN, 0};
        ASSERT_EQ(::poll(&wait, 1, deadline.remaining_ms()), 1) << "no message in time";
        for (const TcpSocket& socket : destroyed.drain()) {
          if (!socket.info) continue;
          if (socket.remote == server && socket.info->bytes_sent == 5) client_told = true;
          // With the FIN.
          if (socket.local == server && socket.info->bytes_received == 6) server_told = true;
        }
      }
    }
    EXPECT_EQ(destroyed.overruns(), 0u);
  });
}

TEST_P(SocketTableTest, CountersCountResets) {
  in_loopback([](const lab::Lab&) {
    const auto before = read_counters();
    EXPECT_THROW(connected(SOCK_STREAM, loopback(Family::ipv4, port)), SystemError);
    EXPECT_EQ(read_counters().tcp_out_resets, before.tcp_out_resets + 1);
    const Fd unanswered = connected(SOCK_DGRAM, loopback(Family::ipv6, port));
    ASSERT_EQ(::send(unanswered.get(), "x", 1, 0), 1);
    EXPECT_EQ(read_counters().udp_no_ports, before.udp_no_ports + 1);
  });
}

TEST(SocketTable, RefusesWhatIsNoNamespace) {
  const Fd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_THROW(SocketTable{file.get()}, SystemError);
}

TEST(InetDiag, ShortTcpInfoLeavesTheRestZero) {
  std::array<std::uint8_t, 512> bytes;
  bytes.fill(1);
  const TcpInfo cut = parse_tcp_info(bytes.data(), 104);  // as Linux 3.x had it
  EXPECT_EQ(cut.rtt_us, 0x01010101u);
  EXPECT_EQ(cut.bytes_acked, 0u);
  EXPECT_EQ(parse_tcp_info(bytes.data(), bytes.size()).bytes_acked, 0x0101010101010101u);
}

TEST(InetDiag, StatesAreThoseOfTheKernel) {
  EXPECT_EQ(tcp_state(1), State::established);
  EXPECT_EQ(tcp_state(3), State::syn_received);
  EXPECT_EQ(tcp_state(12), State::syn_received);
  EXPECT_EQ(tcp_state(6), State::time_wait);
  EXPECT_EQ(tcp_state(9), State::last_ack);
  EXPECT_EQ(tcp_state(11), State::closing);
  EXPECT_EQ(tcp_state(99), State::unknown);
}

TEST(InetDiag, ShortMessagesAreNoSockets) {
  nlmsghdr header{};
  header.nlmsg_len = sizeof header;
  header.nlmsg_type = 20;
  EXPECT_FALSE(parse_tcp(header, 0).has_value());
  EXPECT_FALSE(parse_udp(header).has_value());
}

}  // namespace
}  // namespace wireproof::witness
