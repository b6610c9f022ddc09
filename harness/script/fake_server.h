// For tests: a server of this process, in a thread, that does with each connection (or with its
// datagram socket) what a test says; and the few calls such a server makes.
// Thread rule: made and ended by the test's thread; handlers run in the server's own. Lifetime: the
// destructor waits for the handlers, which must end once the script's sockets are closed.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "base/fd.h"
#include "scenario/model.h"
#include "script/address.h"

namespace wireproof::script {

class FakeServer {
 public:
  using Handler = std::function<void(int fd)>;
  // Bound where `at` says (a port 0 is the kernel's choice), listening unless it is for datagrams,
  // whose one socket goes to `handler`.
  FakeServer(int type, const SocketAddress& at, Handler handler, int backlog = 16);
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;

  const SocketAddress& address() const { return address_; }

 private:
  void serve(const Handler& handler);

  Fd socket_, stop_;
  int type_;
  SocketAddress address_;
  std::thread thread_;
};

// Blocking calls on a handler's descriptor.
std::string read_exactly(int fd, std::size_t length);  // shorter at the end of the stream
void read_to_end(int fd);                              // until the peer closes or resets
void write_all(int fd, std::string_view bytes);
void reset_at_close(int fd);  // SO_LINGER with 0 seconds
// Waits for one datagram; `from` is its sender. "stop" ends a handler's loop.
std::string read_datagram(int fd, SocketAddress& from);
void write_datagram(int fd, std::string_view bytes, const SocketAddress& to);

}  // namespace wireproof::script
