#include "script/peer_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/error.h"

namespace wireproof::script {

using scenario::Transport;

bool wait_for(int fd, short events, Deadline deadline) {
  for (;;) {
    const auto left = deadline.remaining().count();
    const timespec span{static_cast<time_t>(left / 1'000'000'000), left % 1'000'000'000};
    pollfd waited{fd, events, 0};
    const int ready = ::ppoll(&waited, 1, &span, nullptr);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) throw_errno("wait for", "a socket");
    if (ready == 0 && deadline.passed()) return false;
  }
}

bool is_machines(int error_number) {
  switch (error_number) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case EPERM:
      return true;
    default:
      return false;
  }
}

PeerSocket::PeerSocket(std::string name, Side side, Transport transport, Fd fd)
    : name_(std::move(name)), side_(side), transport_(transport), fd_(std::move(fd)) {}

bool PeerSocket::is_stream() const {
  return transport_ == Transport::tcp || transport_ == Transport::unix_stream;
}

bool PeerSocket::is_datagram() const {
  return transport_ == Transport::udp || transport_ == Transport::unix_datagram;
}

void PeerSocket::close() { fd_.close(); }

void PeerSocket::learn_addresses() {
  local = SocketAddress::of_socket(fd());
  if (connected) {
    // A reset that has come already leaves no peer to be asked: what was connected to stays known.
    const SocketAddress now = SocketAddress::of_peer(fd());
    if (!now.empty()) remote = now;
  }
}

Received PeerSocket::receive(std::size_t size) {
  Received got;
  got.bytes.resize(size);
  iovec part{got.bytes.data(), size};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!is_stream()) {
    message.msg_name = got.from.fill();
    message.msg_namelen = SocketAddress::capacity();
  }
  // With MSG_TRUNC a datagram's real length comes back, whatever the buffer's (recv(2)).
  const int flags = MSG_DONTWAIT | (is_stream() ? 0 : MSG_TRUNC);
  const ssize_t length = retry_eintr([&] { return ::recvmsg(fd(), &message, flags); });
  if (length < 0) {
    got.bytes.clear();
    if (errno == EAGAIN) {
      drop_error_queue();
      return got;
    }
    if (is_machines(errno)) throw_errno("receive on", "socket \"" + name_ + "\"");
    got.kind = Received::Kind::error;
    got.error = errno;
    return got;
  }
  if (length == 0 && is_stream() && early_reset == ECONNRESET) {
    got.bytes.clear();
    got.kind = Received::Kind::error;
    got.error = std::exchange(early_reset, 0);
    return got;
  }
  got.real_length = static_cast<std::size_t>(length);
  got.bytes.resize(std::min(got.real_length, size));
  if (is_stream()) {
    got.kind = length == 0 ? Received::Kind::end : Received::Kind::bytes;
    return got;
  }
  got.truncated = (message.msg_flags & MSG_TRUNC) != 0;
  got.from.set_length(message.msg_namelen);
  got.kind = Received::Kind::bytes;
  if (length == 0 && !is_datagram()) {
    // Of a seqpacket socket 0 is its end, or an empty message: the kernel tells by poll(2) alone.
    pollfd hangup{fd(), POLLRDHUP, 0};
    const int ready = retry_eintr([&] { return ::poll(&hangup, 1, 0); });
    if (ready > 0 && (hangup.revents & (POLLRDHUP | POLLHUP)) != 0) got.kind = Received::Kind::end;
  }
  if (got.kind == Received::Kind::bytes) {
    ++received;
    sender = got.from;
  }
  return got;
}

// With IP_RECVERR the kernel keeps a copy of each ICMP error that poll(2) reports until it is read.
void PeerSocket::drop_error_queue() {
  if (transport_ != Transport::udp) return;
  char quoted_datagram[64];
  while (retry_eintr([&] {
           return ::recv(fd(), quoted_datagram, sizeof quoted_datagram,
                         MSG_ERRQUEUE | MSG_DONTWAIT);
         }) >= 0) {
  }
}

Received PeerSocket::receive(std::size_t size, Deadline deadline) {
  for (;;) {
    Received got = receive(size);
    if (got.kind != Received::Kind::none) return got;
    // What came between the last look and the deadline counts.
    if (!wait_for(fd(), POLLIN, deadline) || deadline.passed()) return receive(size);
  }
}

}  // namespace wireproof::script
