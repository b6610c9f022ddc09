#include "witness/diag_socket.h"

#include <netlink/msg.h>
#include <sys/socket.h>

#include <cstring>

#include "base/error.h"
#include "witness/netns_entry.h"

namespace wireproof::witness {

namespace {

constexpr int receive_buffer_bytes = 8 << 20;
constexpr std::size_t message_buffer_bytes = 32 << 10;  // what the kernel fills at most in one go
constexpr int dump_attempts = 20;

Fd open_socket(int netns_fd) {
  const NetnsEntry inside(netns_fd);
  return Fd(checked("open", "a sock_diag socket", [] {
    return ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  }));
}

}  // namespace

DiagSocket::DiagSocket(int netns_fd, std::uint32_t groups)
    : socket_(open_socket(netns_fd)), buffer_(message_buffer_bytes) {
  if (groups == 0) return;
  // The forced form needs CAP_NET_ADMIN in the first user namespace; the other is cut to rmem_max.
  const int size = receive_buffer_bytes;
  if (::setsockopt(fd(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) == -1)
    ::setsockopt(fd(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  checked("join", "sock_diag's multicast groups", [&] {
    return ::bind(fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  });
}

void DiagSocket::dump(std::uint16_t type, const void* request, std::size_t size,
                      const std::function<void()>& start, const Each& each) {
  std::vector<char> message(NLMSG_HDRLEN + size);
  auto* const header = reinterpret_cast<nlmsghdr*>(message.data());
  header->nlmsg_len = static_cast<std::uint32_t>(message.size());
  header->nlmsg_type = type;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  std::memcpy(message.data() + NLMSG_HDRLEN, request, size);
  for (int attempt = 0; attempt < dump_attempts; ++attempt) {
    header->nlmsg_seq = ++sequence_;
    start();
    if (dump_once(message, each) == DumpEnd::whole) return;
  }
  throw SystemError("dump", "sockets", EINTR, "the kernel's tables changed during every attempt");
}

DiagSocket::DumpEnd DiagSocket::dump_once(std::span<const char> message, const Each& each) {
  checked("ask", "sock_diag", [&] { return ::send(fd(), message.data(), message.size(), 0); });
  DumpEnd end = DumpEnd::whole;
  for (;;) {
    int left = static_cast<int>(checked(
        "read", "sock_diag", [&] { return ::recv(fd(), buffer_.data(), buffer_.size(), 0); }));
    auto* header = reinterpret_cast<nlmsghdr*>(buffer_.data());
    for (; nlmsg_ok(header, left); header = nlmsg_next(header, &left)) {
      if (header->nlmsg_seq != sequence_) continue;
      if ((header->nlmsg_flags & NLM_F_DUMP_INTR) != 0) end = DumpEnd::interrupted;
      if (header->nlmsg_type == NLMSG_DONE) return end;
      if (header->nlmsg_type == NLMSG_ERROR)
        throw SystemError("dump", "sockets",
                          -static_cast<const nlmsgerr*>(nlmsg_data(header))->error,
                          "sock_diag and the kernel modules tcp_diag, udp_diag, unix_diag are "
                          "needed");
      each(*header);
    }
  }
}

bool DiagSocket::drain(const Each& each) {
  bool whole = true;
  for (;;) {
    const ssize_t got =
        retry_eintr([&] { return ::recv(fd(), buffer_.data(), buffer_.size(), MSG_DONTWAIT); });
    if (got == -1 && errno == ENOBUFS) {
      whole = false;
      continue;
    }
    if (got == -1 && errno == EAGAIN) return whole;
    if (got == -1) throw_errno("read", "sock_diag");
    int left = static_cast<int>(got);
    auto* header = reinterpret_cast<nlmsghdr*>(buffer_.data());
    for (; nlmsg_ok(header, left); header = nlmsg_next(header, &left)) each(*header);
  }
}

}  // namespace wireproof::witness
