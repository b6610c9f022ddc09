// For tests: sockets of both families and what they need, without ceremony. Failures throw.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "packet/packet.h"

namespace wireproof::witness::testing {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

inline SocketAddress to_socket_address(const packet::Endpoint& endpoint) {
  SocketAddress result;
  const auto& bytes = endpoint.address.bytes;
  if (endpoint.address.family == packet::Family::ipv4) {
    auto* const in = reinterpret_cast<sockaddr_in*>(&result.storage);
    in->sin_family = AF_INET;
    in->sin_port = htons(endpoint.port);
    std::copy_n(bytes.begin(), 4, reinterpret_cast<std::uint8_t*>(&in->sin_addr));
    result.length = sizeof *in;
  } else {
    auto* const in = reinterpret_cast<sockaddr_in6*>(&result.storage);
    in->sin6_family = AF_INET6;
    in->sin6_port = htons(endpoint.port);
    std::copy_n(bytes.begin(), 16, reinterpret_cast<std::uint8_t*>(&in->sin6_addr));
    result.length = sizeof *in;
  }
  return result;
}

inline packet::Endpoint loopback(packet::Family family, std::uint16_t port) {
  packet::Endpoint endpoint;
  endpoint.address.family = family;
  if (family == packet::Family::ipv4) {
    endpoint.address.bytes[0] = 127;
    endpoint.address.bytes[3] = 1;
  } else {
    endpoint.address.bytes[15] = 1;
  }
  endpoint.port = port;
  return endpoint;
}

inline packet::Endpoint wildcard(packet::Family family, std::uint16_t port) {
  packet::Endpoint endpoint;
  endpoint.address.family = family;
  endpoint.port = port;
  return endpoint;
}

inline Fd bound(int type, const packet::Endpoint& endpoint) {
  SocketAddress at = to_socket_address(endpoint);
  Fd socket(checked("open", "a test socket",
                    [&] { return ::socket(at.storage.ss_family, type | SOCK_CLOEXEC, 0); }));
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  checked("bind", "a test socket", [&] { return ::bind(socket.get(), at.get(), at.length); });
  return socket;
}

inline Fd listening(const packet::Endpoint& endpoint, int backlog = 16) {
  Fd socket = bound(SOCK_STREAM, endpoint);
  checked("listen on", "a test socket", [&] { return ::listen(socket.get(), backlog); });
  return socket;
}

inline Fd connected(int type, const packet::Endpoint& to) {
  SocketAddress at = to_socket_address(to);
  Fd socket(checked("open", "a test socket",
                    [&] { return ::socket(at.storage.ss_family, type | SOCK_CLOEXEC, 0); }));
  checked("connect", "a test socket", [&] { return ::connect(socket.get(), at.get(), at.length); });
  return socket;
}

inline Fd accepted(const Fd& listener) {
  return Fd(checked("accept from", "a test socket",
                    [&] { return ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC); }));
}

// '@' for abstract names.
inline Fd unix_bound(int type, const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path, sizeof address.sun_path - 1);
  const bool abstract = name[0] == '@';
  if (abstract) address.sun_path[0] = '\0';
  const auto length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (abstract ? 0 : 1));
  Fd socket(
      checked("open", "a test socket", [&] { return ::socket(AF_UNIX, type | SOCK_CLOEXEC, 0); }));
  checked("bind", name, [&] {
    return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length);
  });
  return socket;
}

}  // namespace wireproof::witness::testing
