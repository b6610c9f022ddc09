#include "witness/await.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "base/text.h"
#include "script/context.h"
#include "script/rules.h"
#include "script/wording.h"

namespace wireproof::script {
namespace {

using scenario::step::AwaitState;
using witness::TcpSocket;

constexpr std::size_t listed_limit = 8;  // sockets shown by a miss

// Which of a side's TCP sockets a step means.
class Selection {
 public:
  Selection(Context& context, const AwaitState& step) {
    if (step.socket.empty()) {
      port_ = context.stage.server_address().port.value_or(0);
      server_ = step.side == Side::server;
      return;
    }
    const PeerSocket* socket = context.sockets.find(step.socket);
    if (socket == nullptr) {
      throw std::invalid_argument(
          fmt::format("there was no socket {}", wireproof::quoted(step.socket)));
    }
    local_ = socket->local.endpoint();
    remote_ = socket->remote.endpoint();
    listening_ = socket->listening;
    if (socket->side() != step.side) std::swap(*local_, remote_);
  }

  bool has(const TcpSocket& socket) const {
    const packet::Endpoint local = unmapped(socket.local);
    if (!local_) return (server_ ? socket.local.port : socket.remote.port) == port_;
    if (listening_) return local.port == local_->port && socket.state == tcp::State::listen;
    return local == *local_ && unmapped(socket.remote) == remote_;
  }

 private:
  std::optional<packet::Endpoint> local_;  // of the named socket; else any of the server's port
  packet::Endpoint remote_;
  std::uint16_t port_ = 0;
  bool server_ = false, listening_ = false;
};

std::string listed_text(const std::vector<TcpSocket>& sockets, bool timers) {
  if (sockets.empty()) return "no socket of it";
  std::string text;
  for (std::size_t i = 0; i < std::min(sockets.size(), listed_limit); ++i) {
    const TcpSocket& one = sockets[i];
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", tcp::name(one.state), to_string(one.local));
    if (one.state != tcp::State::listen) text += " to " + to_string(one.remote);
    if (!timers) continue;
    text +=
        one.timer == 0 ? " (no timer)" : fmt::format(" ({} ms of its timer left)", one.timer_ms);
  }
  if (sockets.size() > listed_limit) {
    text += fmt::format(" and {} more", sockets.size() - listed_limit);
  }
  return text;
}

std::string states_text(const AwaitState& step) {
  std::string text;
  for (const tcp::State state : step.states) {
    text += fmt::format("{}{}", text.empty() ? "" : " or ", tcp::name(state));
  }
  if (step.count > 1) text = fmt::format("{} times {}", step.count, text);
  if (step.timer_ms) {
    text += fmt::format(" with {} ms of its timer left", to_string(*step.timer_ms));
  }
  text += fmt::format(" on the {}'s side", name(step.side));
  return step.socket.empty() ? text : text + " of socket " + wireproof::quoted(step.socket);
}

}  // namespace

Outcome perform(Context& context, const AwaitState& step, const Timing& timing) {
  const Selection selection(context, step);
  witness::SocketTable& table = context.stage.table(step.side);
  const auto is_awaited = [&](tcp::State state) {
    return std::find(step.states.begin(), step.states.end(), state) != step.states.end();
  };
  const auto is_wanted = [&](const TcpSocket& one) {
    return is_awaited(one.state) &&
           (!step.timer_ms || (one.timer != 0 && step.timer_ms->contains(one.timer_ms)));
  };
  std::vector<TcpSocket> mine;
  std::vector<witness::StateSeen> states;  // of one socket, as they changed
  std::size_t looks_without = 0;
  for (std::chrono::microseconds pause{200};;
       pause = std::min(pause * 2, std::chrono::microseconds(5000))) {
    const bool last = timing.deadline.passed();
    const std::int64_t asked_ns = realtime_ns();
    mine = table.tcp(true);
    std::erase_if(mine, [&](const TcpSocket& one) { return !selection.has(one); });
    if (mine.size() < 2) {
      const tcp::State now = mine.empty() ? tcp::State::closed : mine[0].state;
      if (states.empty() || states.back().state != now) states.push_back({now, asked_ns});
    }
    const auto count = static_cast<std::size_t>(std::count_if(mine.begin(), mine.end(), is_wanted));
    // The kernel lists nothing that is CLOSED. Twice, since it replaces an orphan in FIN_WAIT_2,
    // and one that enters TIME_WAIT, by a smaller socket, and is between the two for a moment.
    looks_without = mine.empty() ? looks_without + 1 : 0;
    if (looks_without > 1 && is_awaited(tcp::State::closed)) {
      return Outcome::ok("no socket of it after " + ms_text(timing.elapsed()));
    }
    if (count >= std::max<std::size_t>(step.count, 1)) {
      for (const TcpSocket& one : mine) {
        if (is_wanted(one)) {
          context.readings.push_back({step.side, one, asked_ns, context.where});
        }
      }
      return Outcome::ok(fmt::format("{} after {}", listed_text(mine, step.timer_ms.has_value()),
                                     ms_text(timing.elapsed())));
    }
    if (last) break;
    sleep_until(earlier(timing.deadline, Deadline::after(pause)));
  }
  std::string seen =
      fmt::format("the kernel lists {} after {}", listed_text(mine, step.timer_ms.has_value()),
                  ms_text(timing.elapsed()));
  if (states.size() > 1) seen += "; it was " + witness::to_string(states);
  return Outcome::missed(rule::await_state,
                         fmt::format("{} within {} ms", states_text(step), timing.within.count()),
                         std::move(seen), context.doer(step.side), timing.cut());
}

Outcome perform(Context& context, const scenario::step::AwaitPackets& step, const Timing& timing) {
  std::string seen;
  if (context.stage.await_packets(step, timing.deadline, seen)) return Outcome::ok(seen);
  std::string what = count_text(step.count, "segment");
  if (step.flags_all != 0) what += " with " + packet::flags_text(step.flags_all);
  if (step.flags_none != 0) what += " without " + packet::flags_text(step.flags_none);
  return Outcome::missed(
      rule::await_packets,
      fmt::format("{} from the {} within {} ms", what, name(step.from), timing.within.count()),
      seen.empty() ? fmt::format("none in {}", ms_text(timing.elapsed())) : seen,
      context.doer(step.from), timing.cut());
}

Outcome perform(Context& context, const scenario::step::AwaitExit& step, const Timing& timing) {
  if (context.stage.await_exit(step.who, timing.deadline)) {
    return Outcome::ok(context.stage.describe(step.who));
  }
  return Outcome::missed(
      rule::await_exit,
      fmt::format("the {} ends within {} ms", name(step.who), timing.within.count()),
      fmt::format("after {}: {}", ms_text(timing.elapsed()), context.stage.describe(step.who)),
      step.who, timing.cut());
}

}  // namespace wireproof::script
