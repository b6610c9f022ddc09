#include "run/settle.h"

#include <algorithm>
#include <thread>

namespace wireproof::run {
namespace {

using tcp::State;

bool is_moving(const witness::TcpSocket& socket) {
  switch (socket.state) {
    case State::syn_sent:
    case State::syn_received:
    case State::fin_wait_1:
    case State::closing:
    case State::last_ack:
      return true;
    case State::listen:
    case State::time_wait:
      return false;
    default:
      return socket.send_queue > 0;
  }
}

bool has_ended(const witness::TcpSocket& socket) {
  return socket.state == State::listen || socket.state == State::time_wait ||
         socket.state == State::closed;
}

}  // namespace

Settled settle(CaseStage& stage, Wanted wanted, Deadline deadline) {
  // Each look costs some ten microseconds; the pause between looks doubles up to this.
  constexpr std::chrono::microseconds longest_pause{16'000};
  std::chrono::microseconds pause{500};
  while (true) {
    Settled now;
    now.sockets = stage.tcp_sockets();
    now.quiet = std::none_of(now.sockets.begin(), now.sockets.end(), is_moving);
    const bool ended = std::all_of(now.sockets.begin(), now.sockets.end(), has_ended);
    if ((now.quiet && (wanted == Wanted::still || ended)) || deadline.passed()) return now;
    std::this_thread::sleep_for(std::min<nanoseconds>(pause, deadline.remaining()));
    pause = std::min(2 * pause, longest_pause);
  }
}

}  // namespace wireproof::run
