#ifndef WIREPROOF_TARGETS_COMMON_SOCKETS_H_
#define WIREPROOF_TARGETS_COMMON_SOCKETS_H_

#include <optional>

#include "common/address.h"
#include "common/fd.h"
#include "common/options.h"

namespace targets {

// Socket options that servers and clients take alike.
struct SocketTuning {
  std::optional<int> send_buffer;     // SO_SNDBUF
  std::optional<int> receive_buffer;  // SO_RCVBUF
  std::optional<int> linger_seconds;  // SO_LINGER; 0: close() aborts with a reset
  bool no_delay = false;              // TCP_NODELAY

  void add_options(OptionTable& table, bool is_tcp);
  void apply(int fd) const;
};

// Close-on-exec, blocking unless `flags` says SOCK_NONBLOCK. IPv6 sockets are IPV6_V6ONLY.
Fd open_socket(int family, int type, int flags = 0);

void set_option(int fd, int level, int option, int value, const char* name);

void bind_socket(int fd, const Address& address);

// The soft limit of open descriptors, raised to the hard one: one connection takes one.
void raise_descriptor_limit();

}  // namespace targets

#endif  // WIREPROOF_TARGETS_COMMON_SOCKETS_H_
