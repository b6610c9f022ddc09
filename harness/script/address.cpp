#include "script/address.h"

#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "base/error.h"
#include "base/text.h"

namespace wireproof::script {
namespace {

constexpr socklen_t unix_header = offsetof(sockaddr_un, sun_path);

}  // namespace

SocketAddress SocketAddress::internet(const packet::Address& address, std::uint16_t port) {
  SocketAddress made;
  if (address.family == packet::Family::ipv6) {
    sockaddr_in6 in6{};
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
    std::memcpy(&in6.sin6_addr, address.bytes.data(), 16);
    std::memcpy(made.bytes_.data(), &in6, sizeof in6);
    made.length_ = sizeof in6;
  } else {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, address.bytes.data(), 4);
    std::memcpy(made.bytes_.data(), &in, sizeof in);
    made.length_ = sizeof in;
  }
  return made;
}

SocketAddress SocketAddress::unix_name(std::string_view name) {
  SocketAddress made;
  const sa_family_t family = AF_UNIX;
  std::memcpy(made.bytes_.data(), &family, sizeof family);
  // More than sockaddr_un holds is passed on as it is, cut only where no kernel would take it.
  const std::size_t used = std::min(name.size(), made.bytes_.size() - unix_header);
  std::copy_n(name.begin(), used, made.bytes_.begin() + unix_header);
  made.length_ = unix_header + static_cast<socklen_t>(used);
  if (!name.empty() && name.front() == '@') {
    made.bytes_[unix_header] = '\0';
  } else if (used < sizeof(sockaddr_un::sun_path)) {
    ++made.length_;  // the terminating zero, which a path of all 108 bytes goes without
  }
  return made;
}

SocketAddress SocketAddress::of_socket(int fd) {
  SocketAddress found;
  found.length_ = capacity();
  if (::getsockname(fd, found.fill(), &found.length_) != 0)
    throw_errno("read", "a socket's address");
  return found;
}

SocketAddress SocketAddress::of_peer(int fd) {
  SocketAddress found;
  found.length_ = capacity();
  if (::getpeername(fd, found.fill(), &found.length_) != 0) found.length_ = 0;
  return found;
}

int SocketAddress::family() const {
  return length_ < sizeof(sa_family_t) ? AF_UNSPEC : get()->sa_family;
}

packet::Endpoint SocketAddress::endpoint() const {
  packet::Endpoint found;
  if (family() == AF_INET) {
    sockaddr_in in;
    std::memcpy(&in, bytes_.data(), sizeof in);
    found.address.family = packet::Family::ipv4;
    std::memcpy(found.address.bytes.data(), &in.sin_addr, 4);
    found.port = ntohs(in.sin_port);
  } else if (family() == AF_INET6) {
    sockaddr_in6 in6;
    std::memcpy(&in6, bytes_.data(), sizeof in6);
    found.address.family = packet::Family::ipv6;
    std::memcpy(found.address.bytes.data(), &in6.sin6_addr, 16);
    found.port = ntohs(in6.sin6_port);
  }
  return unmapped(found);
}

std::string SocketAddress::unix_text() const {
  if (family() != AF_UNIX || length_ <= unix_header) return {};
  std::string name(bytes_.data() + unix_header, length_ - unix_header);
  if (name.front() == '\0') {
    name.front() = '@';
  } else {
    name.resize(std::min(name.size(), name.find('\0')));
  }
  return name;
}

bool operator==(const SocketAddress& a, const SocketAddress& b) {
  if ((a.family() == AF_UNIX) != (b.family() == AF_UNIX)) return false;
  if (a.family() == AF_UNIX) return a.unix_text() == b.unix_text();
  return a.endpoint() == b.endpoint();
}

std::string to_string(const SocketAddress& address) {
  if (address.family() == AF_UNIX || address.empty()) {
    const std::string name = address.unix_text();
    return name.empty() ? "an unnamed socket" : printable(name);
  }
  return packet::to_string(address.endpoint());
}

packet::Endpoint unmapped(packet::Endpoint endpoint) {
  static constexpr std::array<std::uint8_t, 12> prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  auto& bytes = endpoint.address.bytes;
  if (endpoint.address.family == packet::Family::ipv6 &&
      std::equal(prefix.begin(), prefix.end(), bytes.begin())) {
    std::array<std::uint8_t, 16> ipv4{};
    std::copy_n(bytes.begin() + 12, 4, ipv4.begin());
    bytes = ipv4;
    endpoint.address.family = packet::Family::ipv4;
  }
  return endpoint;
}

}  // namespace wireproof::script
