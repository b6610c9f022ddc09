#ifndef WIREPROOF_TARGETS_STREAM_STREAM_SERVER_H_
#define WIREPROOF_TARGETS_STREAM_STREAM_SERVER_H_

#include <chrono>
#include <cstdint>
#include <queue>
#include <unordered_map>
#include <vector>

#include "common/fd.h"
#include "common/stop_signal.h"
#include "stream/connection.h"
#include "stream/server_options.h"

namespace targets {

// The event loop: accepts from a listening, nonblocking socket of any connected type and serves
// all connections in one thread with a level-triggered epoll. A connection that waits for the
// time, or for nothing, is not in the epoll set, so that it cannot wake the loop in vain.
class StreamServer {
 public:
  StreamServer(Fd listener, const ServerOptions& options, const StopSignal& stop);

  // Until a stop signal, or until --max-connections have been served.
  void run();

 private:
  using Clock = std::chrono::steady_clock;
  struct Timer {
    Clock::time_point due;
    Connection* connection;  // null: the listener
    friend bool operator>(const Timer& a, const Timer& b) { return a.due > b.due; }
  };

  void accept_connections();
  void pause_accepting(int milliseconds);
  void settle(Connection& connection, Wait wait);
  void watch(Connection& connection, std::uint32_t events);
  void control(int operation, int fd, std::uint32_t events, void* tag);
  void start_timer(int milliseconds, Connection* connection);
  void fire_timers();
  int epoll_timeout() const;

  const ServerOptions& options_;
  const StopSignal& stop_;
  std::vector<char> buffer_;
  ServerCounts counts_;
  Fd epoll_;
  Fd listener_;
  std::unordered_map<int, Connection> connections_;  // by descriptor
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
};

}  // namespace targets

#endif  // WIREPROOF_TARGETS_STREAM_STREAM_SERVER_H_
