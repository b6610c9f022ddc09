#include "witness/kernel_events.h"

#include <poll.h>

#include <algorithm>

#include "lab/case_testing.h"
#include "witness/socket_table.h"
#include "witness/socket_testing.h"

namespace wireproof::witness {
namespace {

using lab::testing::Caller;
using packet::Family;
using tcp::State;
using namespace testing;  // NOLINT: the sockets of socket_testing.h

constexpr std::uint16_t port = 6000;

TEST(KernelEvents, AnOrdinaryUserIsToldWhatItTakes) {
  lab::testing::in_child([] {
    lab::testing::become_ordinary();
    const auto events = KernelEvents::open(1);
    ASSERT_FALSE(events.has_value());
    EXPECT_NE(events.error().find("CAP_BPF"), std::string::npos) << events.error();
  });
}

class Heard : public ::testing::TestWithParam<lab::testing::Setup> {
 protected:
  // In a lab with a tap on it; skipped where this machine does not let root listen.
  void in_lab(const std::function<void(KernelEvents&, const lab::Lab&)>& body) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    const auto works = KernelEvents::open(1);
    if (!works) GTEST_SKIP() << works.error();
    lab::testing::in_child([&] {
      const auto events = KernelEvents::open(2);
      ASSERT_TRUE(events.has_value()) << events.error();
      const lab::RunIdentity identity = lab::enter_isolation(GetParam().level);
      const lab::Lab lab({lab::Topology::loopback, identity});
      body(**events, lab);
    });
  }
  static KernelEventTap::Namespaces all_of(const lab::Lab& lab) {
    return {{Side::client, lab.host(Side::client).netns.get()}};
  }
  // "SYN_SENT ESTABLISHED" of the sockets with this local port, or of all others.
  static std::string path(const KernelEventTap& tap, bool server) {
    std::string text;
    for (const KernelEvent& event : tap.take().events) {
      if (event.kind == KernelEventKind::state && event.remote.port != 0 &&
          (event.local.port == port) == server)
        text += (text.empty() ? "" : " ") + std::string(tcp::name(*event.to));
    }
    return text;
  }
};
INSTANTIATE_TEST_SUITE_P(Levels, Heard,
                         ::testing::Values(lab::testing::Setup{Caller::root, lab::Isolation::user},
                                           lab::testing::Setup{Caller::root, lab::Isolation::root}),
                         lab::testing::setup_name);

// Reads until the other end has closed.
void read_to_the_end(const Fd& socket) {
  char buffer[64];
  while (::recv(socket.get(), buffer, sizeof buffer, 0) > 0) {
  }
}

TEST_P(Heard, EachStateOfBothEndsInItsOrder) {
  in_lab([&](KernelEvents& events, const lab::Lab& lab) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      KernelEventTap tap(events, family == Family::ipv4 ? 0 : 1, all_of(lab));
      const std::int64_t before = realtime_ns();
      Fd listener = listening(loopback(family, port));
      Fd client = connected(SOCK_STREAM, loopback(family, port));
      Fd server = accepted(listener);
      ::shutdown(client.get(), SHUT_WR);
      read_to_the_end(server);
      server.close();
      read_to_the_end(client);
      client.close();
      listener.close();
      EXPECT_EQ(path(tap, false), "SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 CLOSED");
      const std::string at_server = path(tap, true);
      EXPECT_TRUE(at_server.ends_with("ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED")) << at_server;
      const auto heard = tap.take();
      EXPECT_EQ(heard.lost, 0u);
      for (const KernelEvent& event : heard.events) {
        EXPECT_GE(event.time_ns, before - 1'000'000);
        EXPECT_LE(event.time_ns, realtime_ns() + 1'000'000);
        EXPECT_EQ(event.local.address.family, family);
      }
    }
  });
}

TEST_P(Heard, ResetsSentAndReceived) {
  in_lab([&](KernelEvents& events, const lab::Lab& lab) {
    const KernelEventTap tap(events, 0, all_of(lab));
    // Nobody listens: answered without a socket.
    const Fd refused(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    auto address = to_socket_address(loopback(Family::ipv4, port));
    EXPECT_NE(::connect(refused.get(), address.get(), address.length), 0);
    const auto heard = tap.take().events;
    const auto sent = std::ranges::find(heard, KernelEventKind::send_reset, &KernelEvent::kind);
    ASSERT_NE(sent, heard.end());
    EXPECT_EQ(sent->local, loopback(Family::ipv4, port));
    const auto got = std::ranges::find(heard, KernelEventKind::receive_reset, &KernelEvent::kind);
    ASSERT_NE(got, heard.end());
    EXPECT_EQ(got->remote, loopback(Family::ipv4, port));

    const Fd listener = listening(loopback(Family::ipv6, port));
    Fd client = connected(SOCK_STREAM, loopback(Family::ipv6, port));
    const Fd server = accepted(listener);
    const linger at_once{1, 0};
    ::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    client.close();
    char byte = 0;
    EXPECT_EQ(::recv(server.get(), &byte, 1, 0), -1);
    const auto later = tap.take().events;
    const auto of = [&](KernelEventKind kind) {
      return std::ranges::any_of(later, [&](const KernelEvent& event) {
        const bool sender = kind == KernelEventKind::send_reset;
        return event.kind == kind && event.local.address.family == Family::ipv6 &&
               (sender ? event.remote : event.local) == loopback(Family::ipv6, port);
      });
    };
    EXPECT_TRUE(of(KernelEventKind::send_reset));
    EXPECT_TRUE(of(KernelEventKind::receive_reset));
  });
}

TEST_P(Heard, OtherNamespacesAreNotAndATapBeginsAnew) {
  in_lab([&](KernelEvents& events, const lab::Lab& lab) {
    {
      const KernelEventTap tap(events, 0, all_of(lab));
      (void)listening(loopback(Family::ipv4, port));
      EXPECT_FALSE(tap.take().events.empty());
    }
    (void)listening(loopback(Family::ipv4, port));  // nobody listens to it
    const KernelEventTap tap(events, 0, all_of(lab));
    EXPECT_TRUE(tap.take().events.empty());
    lab::testing::in_child([] {
      if (::unshare(CLONE_NEWNET) != 0) throw_errno("make", "a network namespace");
      (void)listening(wildcard(Family::ipv4, port));
    });
    EXPECT_TRUE(tap.take().events.empty());
  });
}

TEST_P(Heard, WhatThereIsNoRoomForIsCounted) {
  in_lab([&](KernelEvents& events, const lab::Lab& lab) {
    const KernelEventTap tap(events, 1, all_of(lab));
    for (int i = 0; i < 600; ++i) (void)listening(loopback(Family::ipv4, port));  // two events each
    const auto heard = tap.take();
    EXPECT_EQ(heard.events.size(), 1023u);
    EXPECT_EQ(heard.lost, 1200u - 1023u);
  });
}

}  // namespace
}  // namespace wireproof::witness
