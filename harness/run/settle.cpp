#include "run/settle.h"

#include <algorithm>
#include <optional>
#include <set>
#include <thread>
#include <tuple>

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

// Two looks that saw the same sockets in the same states. One look alone may miss a socket: the
// kernel replaces an orphan in FIN_WAIT_2, and one that enters TIME_WAIT, by a smaller one, and is
// between the two for a moment.
bool alike(const std::vector<witness::TcpSocket>& a, const std::vector<witness::TcpSocket>& b) {
  const auto key = [](const witness::TcpSocket& socket) {
    return std::tuple(socket.local, socket.remote, socket.state);
  };
  const auto keys = [&](const std::vector<witness::TcpSocket>& sockets) {
    std::multiset<decltype(key(sockets.front()))> all;
    for (const auto& socket : sockets) all.insert(key(socket));
    return all;
  };
  return keys(a) == keys(b);
}

}  // namespace

Settled settle(CaseStage& stage, Wanted wanted, Deadline deadline) {
  // Each look costs some ten microseconds; the pause between looks doubles up to this.
  constexpr std::chrono::microseconds longest_pause{16'000};
  std::chrono::microseconds pause{500};
  std::optional<std::vector<witness::TcpSocket>> before;
  while (true) {
    Settled now;
    now.sockets = stage.tcp_sockets();
    now.quiet = std::none_of(now.sockets.begin(), now.sockets.end(), is_moving);
    const bool ended = std::all_of(now.sockets.begin(), now.sockets.end(), has_ended);
    const bool there = now.quiet && (wanted == Wanted::still || ended);
    if (there && before && alike(*before, now.sockets)) return now;
    if (deadline.passed()) {
      now.quiet = now.quiet && before && alike(*before, now.sockets);
      return now;
    }
    before = std::move(now.sockets);
    std::this_thread::sleep_for(std::min<nanoseconds>(pause, deadline.remaining()));
    pause = std::min(2 * pause, longest_pause);
  }
}

}  // namespace wireproof::run
