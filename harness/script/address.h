// A socket address of any family that scripts use, as bind(2) and connect(2) take it.
// Plain values: no thread rule.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "packet/packet.h"

namespace wireproof::script {

class SocketAddress {
 public:
  SocketAddress() = default;
  static SocketAddress internet(const packet::Address& address, std::uint16_t port);
  // A path, or with a leading '@' an abstract name (unix(7)). One that is too long stays too long:
  // the refusal is the kernel's to give.
  static SocketAddress unix_name(std::string_view name);
  static SocketAddress of_socket(int fd);  // getsockname(2); throws SystemError
  static SocketAddress of_peer(int fd);    // getpeername(2); empty when there is none

  bool empty() const { return length_ == 0; }
  int family() const;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(bytes_.data()); }
  socklen_t length() const { return length_; }
  // For recvmsg(2) and accept(2), which fill it in and say the length.
  sockaddr* fill() { return reinterpret_cast<sockaddr*>(bytes_.data()); }
  static constexpr socklen_t capacity() { return sizeof(bytes_); }
  void set_length(socklen_t length) { length_ = length; }

  // Internet addresses; IPv4-mapped IPv6 (RFC 4291 2.5.5.2) as IPv4, as that is what the wire
  // shows.
  packet::Endpoint endpoint() const;
  std::string unix_text() const;  // "path", "@name", or empty for an unnamed socket
  friend bool operator==(const SocketAddress& a, const SocketAddress& b);

 private:
  alignas(sockaddr_storage) std::array<char, 256> bytes_{};
  socklen_t length_ = 0;
};

std::string to_string(
    const SocketAddress& address);  // "127.0.0.1:80", "@name", "an unnamed socket"

// IPv4-mapped IPv6 as IPv4; others as they are.
packet::Endpoint unmapped(packet::Endpoint endpoint);

}  // namespace wireproof::script
