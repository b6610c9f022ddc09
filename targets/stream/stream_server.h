#ifndef WIREPROOF_TARGETS_STREAM_STREAM_SERVER_H_
#define WIREPROOF_TARGETS_STREAM_STREAM_SERVER_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <queue>
#include <unordered_map>
#include <vector>

#include "common/fd.h"
#include "common/stop_signal.h"
#include "stream/connection.h"
#include "stream/engine.h"
#include "stream/server_options.h"

namespace targets {

// The event loop: accepts from a listening, nonblocking socket of any connected type and serves
// all connections in one thread. A connection that waits for the time, or for nothing, wants
// nothing of the engine.
class StreamServer : private EngineEvents {
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

  void accepted(Fd socket, const Address& peer) override;
  void accept_failed(int error) override;
  void ready(Connection& connection) override;
  void stopped() override { stopped_ = true; }
  void pause_accepting(int milliseconds);
  void settle(Connection& connection, Wait wait);
  void start_timer(int milliseconds, Connection* connection);
  void fire_timers();
  int timeout() const;

  const ServerOptions& options_;
  std::vector<char> buffer_;
  ServerCounts counts_;
  bool stopped_ = false;
  Fd listener_;
  std::unordered_map<int, Connection> connections_;  // by descriptor
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace targets

#endif  // WIREPROOF_TARGETS_STREAM_STREAM_SERVER_H_
