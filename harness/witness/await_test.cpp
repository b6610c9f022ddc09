#include "witness/await.h"

#include <array>
#include <thread>

#include "lab/case_testing.h"
#include "witness/socket_testing.h"

namespace wireproof::witness {
namespace {

using namespace std::chrono_literals;
using packet::Family;
using tcp::State;
using namespace testing;  // NOLINT: the sockets of socket_testing.h

constexpr std::uint16_t port = 6000;
constexpr std::array established{State::established}, closed{State::closed},
    close_wait{State::close_wait};

void in_loopback(const std::function<void()>& body) {
  lab::testing::in_case({lab::testing::Caller::ordinary, lab::Isolation::user},
                        [&](const lab::RunIdentity& identity) {
                          const lab::Lab lab({lab::Topology::loopback, identity});
                          body();
                        });
}

TEST(AwaitTcpState, ComesWhenItComes) {
  in_loopback([] {
    const packet::Endpoint server = loopback(Family::ipv4, port);
    const Fd listener = listening(server);
    Fd client = connected(SOCK_STREAM, server);
    const Fd end = accepted(listener);
    std::thread closer([&] {
      std::this_thread::sleep_for(20ms);
      client.close();
    });
    SocketTable table;
    const auto filter = [&](const TcpSocket& s) {
      return s.local == server && s.state != State::listen;
    };
    const auto result = await_tcp_state(table, filter, close_wait, Deadline::after(5s));
    closer.join();
    EXPECT_TRUE(result.reached);
    ASSERT_TRUE(result.socket.has_value());
    EXPECT_EQ(result.socket->state, State::close_wait);
    ASSERT_EQ(result.seen.size(), 2u);
    EXPECT_EQ(result.seen[0].state, State::established);
    EXPECT_EQ(result.seen[1].state, State::close_wait);
    EXPECT_GT(result.seen[1].time_ns, result.seen[0].time_ns);
  });
}

TEST(AwaitTcpState, GivesUpAtTheDeadlineAndSaysWhatItSaw) {
  in_loopback([] {
    const packet::Endpoint server = loopback(Family::ipv6, port);
    const Fd listener = listening(server);
    const Fd client = connected(SOCK_STREAM, server);
    SocketTable table;
    const auto started = Deadline::Clock::now();
    const auto result = await_tcp_state(table, with_endpoints(std::nullopt, server), close_wait,
                                        Deadline::after(50ms));
    EXPECT_GE(Deadline::Clock::now() - started, 50ms);
    EXPECT_FALSE(result.reached);
    ASSERT_EQ(result.seen.size(), 1u);
    EXPECT_EQ(result.seen[0].state, State::established);
  });
}

TEST(AwaitTcpState, ReadsOnceEvenPastTheDeadline) {
  in_loopback([] {
    const packet::Endpoint server = loopback(Family::ipv4, port);
    const Fd listener = listening(server);
    const Fd client = connected(SOCK_STREAM, server);
    SocketTable table;
    const auto filter = with_endpoints(std::nullopt, server);
    EXPECT_TRUE(await_tcp_state(table, filter, established, Deadline::after(-1s)).reached);
    EXPECT_FALSE(await_tcp_state(table, filter, close_wait, Deadline::after(-1s)).reached);
  });
}

TEST(AwaitTcpState, ClosedIsNoSocket) {
  in_loopback([] {
    SocketTable table;
    const auto filter = with_endpoints(loopback(Family::ipv4, port), std::nullopt);
    const auto none = await_tcp_state(table, filter, closed, Deadline::after(1s));
    EXPECT_TRUE(none.reached);
    EXPECT_FALSE(none.socket.has_value());
    const Fd listener = listening(loopback(Family::ipv4, port));
    EXPECT_FALSE(await_tcp_state(table, filter, closed, Deadline::after(10ms)).reached);
  });
}

TEST(AwaitTcpState, TellsWhatWasSeen) {
  const std::array seen{StateSeen{State::syn_sent, 1'000'000'000},
                        StateSeen{State::established, 1'001'300'000}};
  EXPECT_EQ(to_string(seen), "SYN_SENT at 0.0 ms, ESTABLISHED at 1.3 ms");
  EXPECT_EQ(to_string({}), "nothing");
}

TEST(AwaitQuiet, HandshakeInProgressIsNotQuiet) {
  in_loopback([] {
    SocketTable table;
    const std::array<SocketTable*, 1> tables{&table};
    EXPECT_TRUE(await_quiet(tables, Deadline::after(0s)).empty());
    // A listener that is full drops the SYN: the client stays in SYN_SENT.
    const packet::Endpoint server = loopback(Family::ipv4, port);
    const Fd listener = listening(server, 0);
    const Fd first = connected(SOCK_STREAM, server);
    EXPECT_TRUE(await_quiet(tables, Deadline::after(1s)).empty());
    SocketAddress at = to_socket_address(server);
    Fd second(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    ::connect(second.get(), at.get(), at.length);
    const auto busy = await_quiet(tables, Deadline::after(20ms));
    ASSERT_EQ(busy.size(), 1u);
    EXPECT_EQ(busy[0].state, State::syn_sent);
    second.close();
    EXPECT_TRUE(await_quiet(tables, Deadline::after(1s)).empty());
  });
}

TEST(AwaitQuiet, BytesUnderWayAreNotQuiet) {
  in_loopback([] {
    const packet::Endpoint server = loopback(Family::ipv4, port);
    const Fd listener = listening(server);
    const Fd client = connected(SOCK_STREAM, server);
    const std::string much(1 << 20, 'x');
    while (::send(client.get(), much.data(), much.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
    }
    SocketTable table;
    const std::array<SocketTable*, 1> tables{&table};
    const auto busy = await_quiet(tables, Deadline::after(20ms));
    ASSERT_EQ(busy.size(), 1u);
    EXPECT_EQ(busy[0].state, State::established);
    EXPECT_GT(busy[0].send_queue, 0u);
  });
}

TEST(IsTransitional, EachStateIsClassed) {
  TcpSocket socket;
  for (const State state :
       {State::syn_sent, State::syn_received, State::fin_wait_1, State::closing, State::last_ack}) {
    socket.state = state;
    EXPECT_TRUE(is_transitional(socket));
  }
  for (const State state : {State::listen, State::established, State::fin_wait_2, State::close_wait,
                            State::time_wait, State::closed}) {
    socket.state = state;
    EXPECT_FALSE(is_transitional(socket));
  }
  socket.state = State::listen;
  socket.send_queue = 128;
  EXPECT_FALSE(is_transitional(socket)) << "a backlog";
  socket.state = State::close_wait;
  EXPECT_TRUE(is_transitional(socket)) << "bytes not acknowledged";
}

}  // namespace
}  // namespace wireproof::witness
