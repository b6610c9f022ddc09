#ifndef WIREPROOF_TARGETS_STREAM_ENGINE_H_
#define WIREPROOF_TARGETS_STREAM_ENGINE_H_

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "common/address.h"
#include "common/fd.h"
#include "common/stop_signal.h"
#include "stream/server_options.h"

// What wakes the server, and how its bytes get in and out. One thread; an engine owns no sockets.
//
//   epoll      readiness, level-triggered: recv(2) and send(2) follow
//   io_uring   completions: one accept and one receive last as long as their sockets do, and sends
//              of a turn are handed over together with the wait for the next
namespace targets {

class Connection;

// What a connection needs before it can go on.
struct Wait {
  enum class For { readable, writable, time, nothing, closed } reason;
  int milliseconds = 0;  // for time
};

// The server, to its engine.
class EngineEvents {
 public:
  virtual void accepted(Fd socket, const Address& peer) = 0;
  virtual void accept_failed(int error) = 0;
  virtual void ready(Connection& connection) = 0;  // what it waits for has come
  virtual void stopped() = 0;                      // by a signal

 protected:
  ~EngineEvents() = default;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual void start_accepting(int listener) = 0;
  virtual void stop_accepting() = 0;
  // Until ready() is called, or it wants something else. `nothing` is the default.
  virtual void want(Connection& connection, Wait::For what) = 0;
  // Before its socket is closed.
  virtual void forget(Connection& connection) = 0;
  // As recv(2) and send(2) of a non-blocking socket: -1 with EAGAIN where it is to be called again,
  // with the same bytes, when the connection is ready.
  virtual ssize_t receive(Connection& connection, std::span<char> room, int flags) = 0;
  virtual ssize_t send(Connection& connection, std::string_view bytes) = 0;
  // Calls back for what is there; where nothing is, sleeps. -1: until something comes.
  virtual void wait(int milliseconds) = 0;
};

std::unique_ptr<Engine> make_epoll_engine(const StopSignal& stop, EngineEvents& events);
// Throws Failure where the kernel refuses.
std::unique_ptr<Engine> make_uring_engine(const ServerOptions& options, const StopSignal& stop,
                                          EngineEvents& events);
// Of the kind that the options name.
std::unique_ptr<Engine> make_engine(const ServerOptions& options, const StopSignal& stop,
                                    EngineEvents& events);

}  // namespace targets

#endif  // WIREPROOF_TARGETS_STREAM_ENGINE_H_
