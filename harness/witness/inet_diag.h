// What an inet_diag message of the kernel says, as our types (linux/inet_diag.h).
// Thread rule: pure functions; messages are the kernel's, their lengths are honoured all the same.
#pragma once

#include <linux/netlink.h>

#include <optional>

#include "witness/socket_table.h"

namespace wireproof::witness {

std::optional<TcpSocket> parse_tcp(const nlmsghdr& message, std::int64_t read_ns);
std::optional<UdpSocket> parse_udp(const nlmsghdr& message);
tcp::State tcp_state(unsigned kernel_state);
// `size` bytes of a struct tcp_info, which older kernels cut and newer ones lengthen.
TcpInfo parse_tcp_info(const void* data, std::size_t size);

}  // namespace wireproof::witness
