// Links, addresses and neighbours by rtnetlink(7): one request, one acknowledgement, no caches.
// Thread rule: one thread at a time; works on the namespace the calling thread was in when it was
// made. Throws SystemError.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/fd.h"
#include "packet/packet.h"

struct nl_msg;
struct nlmsghdr;

namespace wireproof::lab {

using MacAddress = std::array<std::uint8_t, 6>;

struct VethEnd {
  std::string_view interface;
  MacAddress mac;
  int netns_fd;  // where it goes
};

class RouteSocket {
 public:
  RouteSocket();
  void make_veth(const VethEnd& near, const VethEnd& far, unsigned mtu);
  void set_up(std::string_view interface, unsigned mtu);
  // Waits until what is sent is not dropped any more: a link whose other end comes up later starts
  // some time after that, when the kernel's link watch gets to it. Throws at the deadline.
  void await_running(std::string_view interface, Deadline deadline);
  // Waits until packets to `address` are taken in: an IPv6 address gets its local route from a
  // worker thread of the kernel, after the request for it has been acknowledged.
  void await_local(const packet::Address& address, Deadline deadline);
  // IPv6 addresses are used at once, without duplicate address detection.
  void add_address(std::string_view interface, const packet::Address& address,
                   std::uint8_t prefix_length);
  // So that neither ARP nor neighbour discovery is needed.
  void add_permanent_neighbour(std::string_view interface, const packet::Address& address,
                               const MacAddress& mac);

 private:
  void send(nl_msg* message, std::string_view action, std::string_view object);
  // Asks, with growing pauses, until `arrived` likes the answer.
  void await(nl_msg* question, std::string_view object, Deadline deadline,
             bool (*arrived)(const nlmsghdr*));
  // Sends and returns the first message of the answer, which is in `reply_`.
  const nlmsghdr* exchange(nl_msg* message);
  alignas(4) std::array<char, 8192> reply_{};
  Fd socket_;
  std::uint32_t sequence_ = 0;
};

}  // namespace wireproof::lab
