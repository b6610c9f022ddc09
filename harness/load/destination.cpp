#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <cstddef>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "load/plan.h"

namespace wireproof::load {

using scenario::Transport;

bool Destination::loopback_ipv4() const {
  if (address.storage.ss_family != AF_INET) return false;
  const auto& inet = reinterpret_cast<const sockaddr_in&>(address.storage);
  return ntohl(inet.sin_addr.s_addr) >> 24 == 127;
}

bool Destination::loopback() const {
  if (address.storage.ss_family != AF_INET6) return loopback_ipv4();
  return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_addr);
}

bool bind_nameless(const Fd& fd) {
  const sockaddr nameless{AF_UNIX, {}};
  return ::bind(fd.get(), &nameless, sizeof(sa_family_t)) == 0;
}

Destination inet_destination(Transport transport, const std::string& host, std::uint16_t port) {
  Destination to;
  to.transport = transport;
  to.type = transport == Transport::udp ? SOCK_DGRAM : SOCK_STREAM;
  addrinfo hints{};
  hints.ai_socktype = to.type;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int result = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (result != 0) {
    throw SystemError("look up", host, result == EAI_SYSTEM ? errno : EHOSTUNREACH,
                      ::gai_strerror(result));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  std::memcpy(&to.address.storage, found->ai_addr, found->ai_addrlen);
  to.address.size = found->ai_addrlen;
  to.shown =
      (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port);
  return to;
}

Destination unix_destination(Transport transport, const std::string& path) {
  Destination to;
  to.transport = transport;
  to.type = transport == Transport::unix_datagram    ? SOCK_DGRAM
            : transport == Transport::unix_seqpacket ? SOCK_SEQPACKET
                                                     : SOCK_STREAM;
  to.shown = path;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool abstract = path.starts_with('@');
  if (path.empty() || path.size() > sizeof address.sun_path - (abstract ? 0 : 1)) {
    throw SystemError("use", "the UNIX path " + path, ENAMETOOLONG,
                      "1 to 107 bytes, or an abstract name of at most 107 behind its '@'");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  if (abstract) address.sun_path[0] = '\0';
  std::memcpy(&to.address.storage, &address, sizeof address);
  to.address.size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1));
  return to;
}

}  // namespace wireproof::load
