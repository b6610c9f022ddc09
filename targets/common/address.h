#ifndef WIREPROOF_TARGETS_COMMON_ADDRESS_H_
#define WIREPROOF_TARGETS_COMMON_ADDRESS_H_

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace targets {

// A socket address of any of the three families: AF_INET, AF_INET6, AF_UNIX.
class Address {
 public:
  // An IPv4 or IPv6 literal, without brackets; "fe80::1%eth0" names its interface.
  static Address inet(const std::string& literal, std::uint16_t port);
  // A path, or "@name" for a name in the abstract namespace.
  static Address unix_name(std::string_view name);
  // For bind(): the kernel chooses an abstract name, so that answers can come back.
  static Address unix_autobind();
  // ADDRESS or ADDRESS:PORT; IPv6 as ::1, [::1] or [::1]:PORT. Port 0: the kernel chooses.
  static Address bind_argument(const std::string& text);
  // What getsockname(), accept() and recvfrom() fill in.
  static Address local_of(int fd);
  static Address empty();

  int family() const { return storage_.ss_family; }
  std::uint16_t port() const;
  void set_port(std::uint16_t port);
  // False for a UNIX socket that was never bound: nothing can be sent to it.
  bool is_named() const { return size_ > sizeof(sa_family_t); }
  // True when it names a file, which bind() creates and nobody removes by itself.
  bool is_path() const;
  std::string path() const;

  // "127.0.0.1:5555", "[::1]:5555", "/run/x", "@name" or "unnamed"
  std::string text() const;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  sockaddr* fill() { return reinterpret_cast<sockaddr*>(&storage_); }
  socklen_t* fill_size() { return &size_; }

  friend bool operator==(const Address& a, const Address& b);

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = sizeof storage_;
};

}  // namespace targets

#endif  // WIREPROOF_TARGETS_COMMON_ADDRESS_H_
