#include "script/fake_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>

#include "base/error.h"

namespace wireproof::script {

FakeServer::FakeServer(int type, const SocketAddress& at, Handler handler, int backlog)
    : type_(type) {
  socket_ = Fd(
      checked("make", "a socket", [&] { return ::socket(at.family(), type | SOCK_CLOEXEC, 0); }));
  stop_ = Fd(checked("make", "an event", [] { return ::eventfd(0, EFD_CLOEXEC); }));
  const int on = 1;
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  checked("bind", to_string(at), [&] { return ::bind(socket_.get(), at.get(), at.length()); });
  if (type != SOCK_DGRAM) {
    checked("listen at", to_string(at), [&] { return ::listen(socket_.get(), backlog); });
  }
  address_ = SocketAddress::of_socket(socket_.get());
  thread_ = std::thread([this, run = std::move(handler)] { serve(run); });
}

FakeServer::~FakeServer() {
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
}

void FakeServer::serve(const Handler& handler) {
  for (;;) {
    std::array<pollfd, 2> waited{{{socket_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    ::poll(waited.data(), waited.size(), -1);
    // What has come is served also when the test has ended since.
    if ((waited[0].revents & POLLIN) == 0) return;
    if (type_ == SOCK_DGRAM) {
      handler(socket_.get());
      continue;
    }
    const Fd connection(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (connection.is_open()) handler(connection.get());
  }
}

std::string read_exactly(int fd, std::size_t length) {
  std::string all(length, '\0');
  std::size_t done = 0;
  while (done < length) {
    const ssize_t got = ::recv(fd, all.data() + done, length - done, 0);
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  all.resize(done);
  return all;
}

void read_to_end(int fd) {
  std::array<char, 65536> buffer;
  while (::recv(fd, buffer.data(), buffer.size(), 0) > 0) {
  }
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t taken = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (taken < 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(taken));
  }
}

void reset_at_close(int fd) {
  const linger at_once{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

std::string read_datagram(int fd, SocketAddress& from) {
  std::string bytes(70'000, '\0');
  socklen_t length = SocketAddress::capacity();
  const ssize_t got = ::recvfrom(fd, bytes.data(), bytes.size(), 0, from.fill(), &length);
  from.set_length(length);
  bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return bytes;
}

void write_datagram(int fd, std::string_view bytes, const SocketAddress& to) {
  ::sendto(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL, to.get(), to.length());
}

}  // namespace wireproof::script
