#include "common/sockets.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

#include "common/error.h"

namespace targets {

void SocketTuning::add_options(OptionTable& table, bool is_tcp) {
  table.number<int>("--sndbuf", send_buffer, "SO_SNDBUF in bytes (the kernel doubles it)");
  table.number<int>("--rcvbuf", receive_buffer, "SO_RCVBUF in bytes (the kernel doubles it)");
  if (!is_tcp) return;
  table.number<int>("--linger", linger_seconds, "SO_LINGER; 0: close() aborts with RST", 0, 3600,
                    "SECONDS");
  table.flag("--nodelay", no_delay, "TCP_NODELAY: send small segments at once");
}

void SocketTuning::apply(int fd) const {
  if (send_buffer) set_option(fd, SOL_SOCKET, SO_SNDBUF, *send_buffer, "SO_SNDBUF");
  if (receive_buffer) set_option(fd, SOL_SOCKET, SO_RCVBUF, *receive_buffer, "SO_RCVBUF");
  if (no_delay) set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
  if (linger_seconds) {
    const linger value{1, *linger_seconds};
    check(setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, sizeof value), "set", "SO_LINGER");
  }
}

Fd open_socket(int family, int type, int flags) {
  Fd fd(check(socket(family, type | flags | SOCK_CLOEXEC, 0), "open", "a socket"));
  if (family == AF_INET6) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY");
  return fd;
}

void set_option(int fd, int level, int option, int value, const char* name) {
  check(setsockopt(fd, level, option, &value, sizeof value), "set", name);
}

void bind_socket(int fd, const Address& address) {
  check(bind(fd, address.get(), address.size()), "bind to", address.text());
}

void raise_descriptor_limit() {
  rlimit limit{};
  check(getrlimit(RLIMIT_NOFILE, &limit), "read", "the limit of open descriptors");
  limit.rlim_cur = limit.rlim_max;
  check(setrlimit(RLIMIT_NOFILE, &limit), "raise", "the limit of open descriptors");
}

}  // namespace targets
