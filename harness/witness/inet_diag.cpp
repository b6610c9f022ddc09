#include "witness/inet_diag.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace wireproof::witness {

namespace {

constexpr unsigned kernel_established = 1, kernel_listen = 10;

packet::Endpoint endpoint(const inet_diag_sockid& id, int family, bool source) {
  packet::Endpoint result;
  result.port = ntohs(source ? id.idiag_sport : id.idiag_dport);
  std::array<std::uint8_t, 16> bytes;
  std::memcpy(bytes.data(), source ? id.idiag_src : id.idiag_dst, bytes.size());
  constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (family == AF_INET) {
    result.address.family = packet::Family::ipv4;
    std::copy_n(bytes.begin(), 4, result.address.bytes.begin());
  } else if (std::equal(mapped.begin(), mapped.end(), bytes.begin())) {
    result.address.family = packet::Family::ipv4;
    std::copy_n(bytes.begin() + 12, 4, result.address.bytes.begin());
  } else {
    result.address.family = packet::Family::ipv6;
    result.address.bytes = bytes;
  }
  return result;
}

// Calls `each(type, data, size)` for the attributes after the fixed part.
template <typename Each>
void for_attributes(const nlmsghdr& message, Each each) {
  auto* const header = const_cast<nlmsghdr*>(&message);  // libnl's readers take no const
  int left = nlmsg_attrlen(header, sizeof(inet_diag_msg));
  for (nlattr* attribute = nlmsg_attrdata(header, sizeof(inet_diag_msg)); nla_ok(attribute, left);
       attribute = nla_next(attribute, &left))
    each(nla_type(attribute), nla_data(attribute), static_cast<std::size_t>(nla_len(attribute)));
}

const inet_diag_msg* fixed_part(const nlmsghdr& message) {
  const bool known =
      message.nlmsg_type == SOCK_DIAG_BY_FAMILY || message.nlmsg_type == TCPDIAG_GETSOCK;
  if (!known || message.nlmsg_len < NLMSG_HDRLEN + sizeof(inet_diag_msg)) return nullptr;
  return static_cast<const inet_diag_msg*>(nlmsg_data(&message));
}

}  // namespace

tcp::State tcp_state(unsigned kernel_state) {
  using tcp::State;
  constexpr std::array states{
      State::unknown,      State::established, State::syn_sent,  State::syn_received,
      State::fin_wait_1,   State::fin_wait_2,  State::time_wait, State::closed,
      State::close_wait,   State::last_ack,    State::listen,    State::closing,
      State::syn_received,  // TCP_NEW_SYN_RECV: a request socket
  };
  return kernel_state < states.size() ? states[kernel_state] : State::unknown;
}

std::optional<TcpSocket> parse_tcp(const nlmsghdr& message, std::int64_t read_ns) {
  const inet_diag_msg* const from = fixed_part(message);
  if (from == nullptr) return std::nullopt;
  TcpSocket socket;
  socket.state = tcp_state(from->idiag_state);
  socket.local = endpoint(from->id, from->idiag_family, true);
  socket.remote = endpoint(from->id, from->idiag_family, false);
  socket.inode = from->idiag_inode;
  socket.cookie = std::uint64_t{from->id.idiag_cookie[1]} << 32 | from->id.idiag_cookie[0];
  socket.uid = from->idiag_uid;
  socket.receive_queue = from->idiag_rqueue;
  socket.send_queue = from->idiag_wqueue;
  socket.retransmits = from->idiag_retrans;
  socket.timer = from->idiag_timer;
  socket.timer_ms = from->idiag_expires;
  socket.read_ns = read_ns;
  for_attributes(message, [&](int type, const void* data, std::size_t size) {
    if (type == INET_DIAG_SKV6ONLY && size >= 1)
      socket.v6_only = *static_cast<const std::uint8_t*>(data) != 0;
    // A listener's tcp_info holds its queue where others have counters.
    if (type == INET_DIAG_INFO && from->idiag_state != kernel_listen)
      socket.info = parse_tcp_info(data, size);
  });
  return socket;
}

std::optional<UdpSocket> parse_udp(const nlmsghdr& message) {
  const inet_diag_msg* const from = fixed_part(message);
  if (from == nullptr) return std::nullopt;
  UdpSocket socket;
  socket.local = endpoint(from->id, from->idiag_family, true);
  socket.remote = endpoint(from->id, from->idiag_family, false);
  socket.connected = from->idiag_state == kernel_established;
  socket.inode = from->idiag_inode;
  socket.receive_queue = from->idiag_rqueue;
  socket.send_queue = from->idiag_wqueue;
  for_attributes(message, [&](int type, const void* data, std::size_t size) {
    if (type == INET_DIAG_SKV6ONLY && size >= 1)
      socket.v6_only = *static_cast<const std::uint8_t*>(data) != 0;
    if (type == INET_DIAG_SKMEMINFO && size >= (SK_MEMINFO_DROPS + 1) * sizeof(std::uint32_t))
      std::memcpy(&socket.drops,
                  static_cast<const char*>(data) + SK_MEMINFO_DROPS * sizeof(std::uint32_t),
                  sizeof socket.drops);
  });
  return socket;
}

}  // namespace wireproof::witness
