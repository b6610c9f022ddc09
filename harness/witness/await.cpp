#include "witness/await.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace wireproof::witness {

namespace {

// Grows from a tenth of a millisecond to five; never sleeps past the deadline.
class Pause {
 public:
  explicit Pause(Deadline deadline) : deadline_(deadline) {}
  void wait() {
    std::this_thread::sleep_for(std::min<nanoseconds>(next_, deadline_.remaining()));
    next_ = std::min<nanoseconds>(next_ * 2, std::chrono::milliseconds(5));
  }

 private:
  Deadline deadline_;
  nanoseconds next_ = std::chrono::microseconds(100);
};

}  // namespace

SocketFilter with_endpoints(std::optional<packet::Endpoint> local,
                            std::optional<packet::Endpoint> remote) {
  return [local, remote](const TcpSocket& socket) {
    return (!local || socket.local == *local) && (!remote || socket.remote == *remote);
  };
}

AwaitedState await_tcp_state(SocketTable& table, const SocketFilter& which,
                             std::span<const tcp::State> wanted, Deadline deadline,
                             bool with_info) {
  const auto is_wanted = [&](tcp::State state) {
    return std::find(wanted.begin(), wanted.end(), state) != wanted.end();
  };
  AwaitedState result;
  Pause pause(deadline);
  for (;;) {
    const bool last_attempt = deadline.passed();  // before reading: one reading after the deadline
    const std::int64_t now = realtime_ns();
    result.socket.reset();
    for (TcpSocket& socket : table.tcp(with_info)) {
      if (!which(socket)) continue;
      if (!result.socket || is_wanted(socket.state)) result.socket = std::move(socket);
      if (is_wanted(result.socket->state)) break;
    }
    const tcp::State state = result.socket ? result.socket->state : tcp::State::closed;
    if (result.seen.empty() || result.seen.back().state != state)
      result.seen.push_back({state, now});
    result.reached = is_wanted(state);
    if (result.reached || last_attempt) return result;
    pause.wait();
  }
}

std::string to_string(std::span<const StateSeen> seen) {
  std::string text;
  for (const StateSeen& one : seen)
    text += fmt::format("{}{} at {:.1f} ms", text.empty() ? "" : ", ", tcp::name(one.state),
                        static_cast<double>(one.time_ns - seen.front().time_ns) / 1e6);
  return text.empty() ? "nothing" : text;
}

bool is_transitional(const TcpSocket& socket) {
  switch (socket.state) {
    case tcp::State::syn_sent:
    case tcp::State::syn_received:
    case tcp::State::fin_wait_1:
    case tcp::State::closing:
    case tcp::State::last_ack:
      return true;
    case tcp::State::listen:
      return false;  // its send queue is the backlog
    default:
      return socket.send_queue > 0;
  }
}

std::vector<TcpSocket> await_quiet(std::span<SocketTable* const> tables, Deadline deadline) {
  Pause pause(deadline);
  for (;;) {
    const bool last_attempt = deadline.passed();
    std::vector<TcpSocket> busy;
    for (SocketTable* const table : tables)
      for (TcpSocket& socket : table->tcp())
        if (is_transitional(socket)) busy.push_back(std::move(socket));
    if (busy.empty() || last_attempt) return busy;
    pause.wait();
  }
}

}  // namespace wireproof::witness
