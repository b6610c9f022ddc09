// The socket options that a scenario may set, by name: what the loader checks and the scripted peer
// sets. Thread rule: constants.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <cstdint>
#include <string_view>

namespace wireproof::scenario {

struct SocketOption {
  enum class Kind : std::uint8_t { number, flag, linger };
  enum class On : std::uint8_t { any, inet, ipv4, ipv6, tcp, udp, unix_domain };
  std::string_view name;
  int level, number;
  Kind kind = Kind::number;  // linger: struct linger {value, value2}; else an int
  On on = On::any;
};

inline constexpr SocketOption socket_options[] = {
    {"SO_BROADCAST", SOL_SOCKET, SO_BROADCAST, SocketOption::Kind::flag, SocketOption::On::inet},
    {"SO_DONTROUTE", SOL_SOCKET, SO_DONTROUTE, SocketOption::Kind::flag, SocketOption::On::inet},
    {"SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, SocketOption::Kind::flag},
    {"SO_LINGER", SOL_SOCKET, SO_LINGER, SocketOption::Kind::linger},
    {"SO_NO_CHECK", SOL_SOCKET, SO_NO_CHECK, SocketOption::Kind::flag, SocketOption::On::udp},
    {"SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE, SocketOption::Kind::flag},
    {"SO_PASSCRED", SOL_SOCKET, SO_PASSCRED, SocketOption::Kind::flag,
     SocketOption::On::unix_domain},
    {"SO_PRIORITY", SOL_SOCKET, SO_PRIORITY},
    {"SO_RCVBUF", SOL_SOCKET, SO_RCVBUF},
    {"SO_RCVLOWAT", SOL_SOCKET, SO_RCVLOWAT},
    {"SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR, SocketOption::Kind::flag},
    {"SO_REUSEPORT", SOL_SOCKET, SO_REUSEPORT, SocketOption::Kind::flag, SocketOption::On::inet},
    {"SO_SNDBUF", SOL_SOCKET, SO_SNDBUF},
    {"IP_MTU_DISCOVER", IPPROTO_IP, IP_MTU_DISCOVER, SocketOption::Kind::number,
     SocketOption::On::ipv4},
    {"IP_RECVERR", IPPROTO_IP, IP_RECVERR, SocketOption::Kind::flag, SocketOption::On::ipv4},
    {"IP_TOS", IPPROTO_IP, IP_TOS, SocketOption::Kind::number, SocketOption::On::ipv4},
    {"IP_TTL", IPPROTO_IP, IP_TTL, SocketOption::Kind::number, SocketOption::On::ipv4},
    {"IPV6_DONTFRAG", IPPROTO_IPV6, IPV6_DONTFRAG, SocketOption::Kind::flag,
     SocketOption::On::ipv6},
    {"IPV6_MTU_DISCOVER", IPPROTO_IPV6, IPV6_MTU_DISCOVER, SocketOption::Kind::number,
     SocketOption::On::ipv6},
    {"IPV6_RECVERR", IPPROTO_IPV6, IPV6_RECVERR, SocketOption::Kind::flag, SocketOption::On::ipv6},
    {"IPV6_TCLASS", IPPROTO_IPV6, IPV6_TCLASS, SocketOption::Kind::number, SocketOption::On::ipv6},
    {"IPV6_UNICAST_HOPS", IPPROTO_IPV6, IPV6_UNICAST_HOPS, SocketOption::Kind::number,
     SocketOption::On::ipv6},
    {"IPV6_V6ONLY", IPPROTO_IPV6, IPV6_V6ONLY, SocketOption::Kind::flag, SocketOption::On::ipv6},
    {"TCP_CORK", IPPROTO_TCP, TCP_CORK, SocketOption::Kind::flag, SocketOption::On::tcp},
    {"TCP_DEFER_ACCEPT", IPPROTO_TCP, TCP_DEFER_ACCEPT, SocketOption::Kind::number,
     SocketOption::On::tcp},
    {"TCP_FASTOPEN", IPPROTO_TCP, TCP_FASTOPEN, SocketOption::Kind::number, SocketOption::On::tcp},
    {"TCP_FASTOPEN_CONNECT", IPPROTO_TCP, TCP_FASTOPEN_CONNECT, SocketOption::Kind::flag,
     SocketOption::On::tcp},
    {"TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT, SocketOption::Kind::number, SocketOption::On::tcp},
    {"TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, SocketOption::Kind::number, SocketOption::On::tcp},
    {"TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL, SocketOption::Kind::number,
     SocketOption::On::tcp},
    {"TCP_LINGER2", IPPROTO_TCP, TCP_LINGER2, SocketOption::Kind::number, SocketOption::On::tcp},
    {"TCP_MAXSEG", IPPROTO_TCP, TCP_MAXSEG, SocketOption::Kind::number, SocketOption::On::tcp},
    {"TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, SocketOption::Kind::flag, SocketOption::On::tcp},
    {"TCP_NOTSENT_LOWAT", IPPROTO_TCP, TCP_NOTSENT_LOWAT, SocketOption::Kind::number,
     SocketOption::On::tcp},
    {"TCP_QUICKACK", IPPROTO_TCP, TCP_QUICKACK, SocketOption::Kind::flag, SocketOption::On::tcp},
    {"TCP_SYNCNT", IPPROTO_TCP, TCP_SYNCNT, SocketOption::Kind::number, SocketOption::On::tcp},
    {"TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT, SocketOption::Kind::number,
     SocketOption::On::tcp},
    {"TCP_WINDOW_CLAMP", IPPROTO_TCP, TCP_WINDOW_CLAMP, SocketOption::Kind::number,
     SocketOption::On::tcp},
    {"UDP_CORK", IPPROTO_UDP, UDP_CORK, SocketOption::Kind::flag, SocketOption::On::udp},
    {"UDP_GRO", IPPROTO_UDP, UDP_GRO, SocketOption::Kind::flag, SocketOption::On::udp},
    {"UDP_SEGMENT", IPPROTO_UDP, UDP_SEGMENT, SocketOption::Kind::number, SocketOption::On::udp},
};

constexpr const SocketOption* find_socket_option(std::string_view name) {
  for (const SocketOption& option : socket_options) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

}  // namespace wireproof::scenario
