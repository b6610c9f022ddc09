// How bytes get in and out: one small interface, three engines behind it. An engine belongs to one
// thread; it owns no sockets, only what the kernel has been told of them. It calls its handler from
// within wait(), connect() and send(), on the same thread. Lifetime: handler and channels outlive
// the engine.
//
//   blocking   one socket a thread: recv(2) sleeps in the kernel
//   epoll      readiness, level-triggered; epoll_pwait2 where a wait must be finer than 1 ms
//   io_uring   completions: sends and receives are handed over together, once a turn
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/fd.h"
#include "load/now.h"
#include "scenario/workload.h"

namespace wireproof::load {

// Where a socket goes, or comes from.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

struct Channel {
  Fd fd;
  // Set by the user of the engine: whether bytes are wanted now (the blocking engine sleeps in
  // recv(2) only then), and whether they are only counted.
  bool awaiting = false;
  bool discard = false;
  bool aborting = false;  // closing is to be a reset (SO_LINGER 0 is set)
  // Set by its user: its socket tells the kernel's times (kernel_stamps.h), and for one answer that
  // they are wanted.
  bool stamps = false, stamp_wanted = false;
  std::int64_t kernel_sent_ns = 0, kernel_received_ns = 0;
  // The engine's own.
  std::span<const char> unsent;
  std::uint32_t watched = 0;  // epoll: events asked for; io_uring: operations in flight
  bool connecting = false;
  std::uint32_t generation = 0;  // counts its sockets: events of an earlier one are known by it
  std::uint32_t number = 0;      // set by its user: which channel this is
};

class Handler {
 public:
  virtual void connected(Channel& channel, int error) = 0;
  // All bytes of a send() that had returned false are out.
  virtual void sent(Channel& channel) = 0;
  // `bytes` is good during the call; where the channel discards, only its size means anything.
  virtual void received(Channel& channel, std::span<const char> bytes) = 0;
  virtual void ended(Channel& channel) = 0;  // end of the stream
  virtual void failed(Channel& channel, int error) = 0;

 protected:
  ~Handler() = default;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string_view name() const = 0;
  // `channel.fd` is a fresh socket. The outcome comes through connected(), perhaps at once.
  virtual void connect(Channel& channel, const SocketAddress& to) = 0;
  // True: all is with the kernel. False: `bytes` must stay until sent() or failed() is called.
  virtual bool send(Channel& channel, std::span<const char> bytes) = 0;
  virtual void close(Channel& channel) = 0;
  // Handles what is there; where nothing is, sleeps until something comes or `until_ns`.
  virtual void wait(std::int64_t until_ns) = 0;
};

struct EngineOptions {
  scenario::EngineKind kind = scenario::EngineKind::automatic;
  bool busy_poll = false;  // never sleeps
  bool datagrams = false;
  std::size_t buffer_bytes = 256u << 10;
  std::size_t channels = 1;
};

// Throws SystemError where the kernel refuses (io_uring may be forbidden), or the kind does not
// fit (`blocking` takes one channel).
std::unique_ptr<Engine> make_engine(const EngineOptions& options, Handler& handler);
std::unique_ptr<Engine> make_blocking_engine(const EngineOptions& options, Handler& handler);
std::unique_ptr<Engine> make_epoll_engine(const EngineOptions& options, Handler& handler);
std::unique_ptr<Engine> make_uring_engine(const EngineOptions& options, Handler& handler);
bool uring_works();  // the kernel has it, and nothing forbids it to this process

}  // namespace wireproof::load
