// For tests: a lab of topology wire with a link and captures at both ends, in a forked child.
#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/live.h"
#include "lab/case_testing.h"
#include "packet/decode.h"
#include "wire/link.h"
#include "witness/await.h"
#include "witness/socket_testing.h"

namespace wireproof::wire::testing {

using namespace std::chrono_literals;
using witness::testing::SocketAddress;
using witness::testing::to_socket_address;

constexpr std::uint16_t server_port = 7000;
inline Deadline soon() { return Deadline::after(20s); }

inline Fd in_namespace(int netns, const std::function<Fd()>& make) {
  const lab::NetnsScope inside(netns);
  return make();
}

class WireLab {
 public:
  explicit WireLab(const lab::RunIdentity& identity, const Plan& plan = {},
                   std::size_t ring_bytes = 2u << 20, bool capture = true)
      : lab({lab::Topology::wire, identity}) {
    LinkOptions options;
    options.ring_bytes = ring_bytes;
    link = Link::start(plan, options);
    if (!capture) return;
    for (const Side side : {Side::client, Side::server}) {
      capture::LiveOptions live;
      live.interface = lab.host(side).interface;
      live.ring_bytes = 8u << 20;
      captures.push_back(capture::LiveCapture::start(netns(side), live, soon()));
    }
  }
  int netns(Side side) const { return lab.host(side).netns.get(); }
  packet::Endpoint address(Side side, packet::Family family, std::uint16_t port) const {
    const lab::Host& host = lab.host(side);
    return {family == packet::Family::ipv4 ? host.ipv4 : host.ipv6, port};
  }
  Fd listen(packet::Family family) const {
    return in_namespace(netns(Side::server), [&] {
      return witness::testing::listening(address(Side::server, family, server_port));
    });
  }
  // Connecting has begun; it may take until packets pass.
  Fd begin_connect(packet::Family family) const {
    return in_namespace(netns(Side::client), [&] {
      SocketAddress at = to_socket_address(address(Side::server, family, server_port));
      Fd socket(::socket(at.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      if (::connect(socket.get(), at.get(), at.length) == -1 && errno != EINPROGRESS)
        throw_errno("connect", "a test socket");
      return socket;
    });
  }
  static bool wait_writable(const Fd& socket, Deadline deadline) {
    pollfd one{socket.get(), POLLOUT, 0};
    return ::poll(&one, 1, deadline.remaining_ms()) == 1 && (one.revents & POLLERR) == 0;
  }
  Fd connect(packet::Family family) const {
    Fd socket = begin_connect(family);
    if (!wait_writable(socket, soon())) throw SystemError("connect", "in time", ETIMEDOUT);
    ::fcntl(socket.get(), F_SETFL, 0);
    return socket;
  }
  // Whether an end's socket gets into this state.
  bool reaches(Side side, packet::Endpoint remote, tcp::State state) {
    witness::SocketTable table(netns(side));
    const tcp::State wanted[] = {state};
    const auto seen = witness::await_tcp_state(table, witness::with_endpoints(std::nullopt, remote),
                                               wanted, soon());
    if (!seen.reached) ADD_FAILURE() << witness::to_string(seen.seen);
    return seen.reached;
  }
  void stop() {
    link->stop(soon());
    for (auto& capture : captures) {
      capture->stop(soon());
      EXPECT_TRUE(capture->stats().drained);
      EXPECT_EQ(capture->stats().dropped(), 0u);
    }
    const Stats stats = link->stats();
    EXPECT_EQ(stats.lost(), 0u) << stats.failure;
    EXPECT_EQ(stats.failure, "");
  }
  // TCP and UDP packets that this end sent, or received.
  std::vector<packet::Packet> packets(Side at, bool sent) const {
    std::vector<packet::Packet> found;
    for (const packet::Frame& frame : captures[static_cast<std::size_t>(at)]->frames()) {
      const packet::Packet one = packet::decode(frame);
      const lab::Host& host = lab.host(at);
      const bool from_here = one.source.address == host.ipv4 || one.source.address == host.ipv6;
      if (one.ip_offset != 0 && one.icmp.type < 130 && from_here == sent) found.push_back(one);
    }
    return found;
  }

  lab::Lab lab;
  std::unique_ptr<Link> link;
  std::vector<std::unique_ptr<capture::LiveCapture>> captures;
};

inline void send_text(const Fd& socket, std::string_view text) {
  checked("send to", "a test socket",
          [&] { return ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL); });
}
// Exactly so many bytes, or fewer at the end of the stream or of patience.
inline std::string receive_text(const Fd& socket, std::size_t size, Deadline deadline = soon()) {
  std::string text;
  while (text.size() < size) {
    pollfd one{socket.get(), POLLIN, 0};
    if (::poll(&one, 1, deadline.remaining_ms()) != 1) break;
    char buffer[65536];
    const auto got = ::recv(socket.get(), buffer, std::min(sizeof buffer, size - text.size()), 0);
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

}  // namespace wireproof::wire::testing
