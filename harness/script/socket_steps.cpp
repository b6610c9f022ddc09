#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "base/error.h"
#include "script/context.h"
#include "script/rules.h"
#include "script/wording.h"

namespace wireproof::script {
namespace {

// A call on `socket` that ended with `error` (0: well) where `fails` was expected ("": to succeed).
// A socket that was refused as expected is of no more use: the next step of its name makes a new
// one.
Outcome judged(const Rule& rule, PeerSocket& socket, const std::string& what,
               const std::string& fails, int error, std::optional<Side> by, const Timing& timing) {
  const std::string took = " after " + ms_text(timing.elapsed());
  if (fails.empty() && error == 0) return Outcome::ok();
  if (!fails.empty() && is_errno(fails, error)) {
    socket.close();
    return Outcome::ok(errno_text(error) + took);
  }
  if (is_machines(error)) throw SystemError(what, "", error);
  return Outcome::missed(rule, fails.empty() ? what : fmt::format("{} fails with {}", what, fails),
                         (error == 0 ? "it succeeded" : errno_text(error)) + took, by);
}

// Sends the SYN, and leaves the rest to the kernel.
Outcome begin_connect(PeerSocket& socket, const SocketAddress& to, const Timing& timing) {
  const int error = ::connect(socket.fd(), to.get(), to.length()) == 0 ? 0 : errno;
  if (error != 0 && error != EINPROGRESS) {
    return judged(rule::connect, socket, "begin to connect to " + to_string(to), "", error,
                  other(socket.side()), timing);
  }
  socket.bound = socket.connecting = true;
  socket.learn_addresses();
  return Outcome::ok("from " + to_string(socket.local));
}

// connect(2) to its end: 0, an errno, or nothing by the deadline.
std::optional<int> connect_by(PeerSocket& socket, const SocketAddress& to, bool want_again,
                              Deadline deadline) {
  const int fd = socket.fd();
  for (milliseconds pause{1}; !std::exchange(socket.connecting, false);
       pause = std::min(pause * 2, milliseconds(10))) {
    if (::connect(fd, to.get(), to.length()) == 0) return 0;
    if (errno == EINPROGRESS || errno == EINTR || errno == EALREADY) break;
    // A UNIX listener's queue is full: there is no event that tells of room.
    if (errno != EAGAIN || to.family() != AF_UNIX || want_again) return errno;
    if (deadline.passed()) return std::nullopt;
    sleep_until(earlier(deadline, Deadline::after(pause)));
  }
  if (!wait_for(fd, POLLOUT, deadline)) return std::nullopt;
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) throw_errno("read", "SO_ERROR");
  return error;
}

int try_bind(PeerSocket& socket, const SocketAddress& at) {
  if (::bind(socket.fd(), at.get(), at.length()) != 0) return errno;
  socket.bound = true;
  socket.learn_addresses();
  return 0;
}

// The first socket at which a client can find the server.
void announce(Context& context, const PeerSocket& socket) {
  if (socket.side() == Side::server && !std::exchange(context.announced, true)) {
    context.stage.listening();
  }
}

}  // namespace

Outcome perform(Context& context, const scenario::step::Connect& step, const Timing& timing) {
  const Side side = context.side_or(step.side, Side::client);
  const SocketAddress to = context.sockets.to(step.to);
  PeerSocket& socket = context.sockets.open_or_make(step.socket, side, to.family());
  socket.remote = to;
  if (step.begin) return begin_connect(socket, to, timing);
  const std::string what =
      fmt::format("connect to {} within {} ms", to_string(to), timing.within.count());
  auto error = connect_by(socket, to, step.fails == "EAGAIN", timing.deadline);
  if (!error) {
    return Outcome::missed(
        rule::connect, step.fails.empty() ? what : what + " fails with " + step.fails,
        fmt::format("neither connected nor refused in {}", ms_text(timing.elapsed())), other(side),
        timing.cut());
  }
  if (socket.is_tcp() && reset_once_connected(*error)) {
    socket.early_reset = std::exchange(*error, 0);
  }
  if (*error == 0) {
    socket.connected = true;
    socket.learn_addresses();
  } else if (*error == EADDRNOTAVAIL && !is_errno(step.fails, *error)) {
    throw SystemError("connect to", to_string(to), *error,
                      "no local address or port is left for it");
  }
  Outcome outcome = judged(rule::connect, socket, what, step.fails, *error, other(side), timing);
  if (!outcome.miss && *error == 0 && !to.unix_text().empty()) {
    outcome.seen = "connected in " + ms_text(timing.elapsed());
  } else if (!outcome.miss && *error == 0) {
    outcome.seen =
        fmt::format("connected from {} in {}", to_string(socket.local), ms_text(timing.elapsed()));
  }
  return outcome;
}

Outcome perform(Context& context, const scenario::step::Bind& step, const Timing& timing) {
  const Side side = context.side_or(step.side, Side::server);
  const SocketAddress at = context.sockets.at(step.at, side, step.socket);
  PeerSocket& socket = context.sockets.open_or_make(step.socket, side, at.family());
  const int error = try_bind(socket, at);
  Outcome outcome = judged(rule::bind, socket, "bind to " + to_string(at), step.fails, error,
                           std::nullopt, timing);
  if (outcome.miss || error != 0) return outcome;
  if (socket.is_datagram()) announce(context, socket);
  return Outcome::ok("bound to " + to_string(socket.local));
}

Outcome perform(Context& context, const scenario::step::Listen& step, const Timing& timing) {
  const Side side = context.side_or(step.side, Side::server);
  const SocketAddress at = context.sockets.at(step.at, side, step.socket);
  PeerSocket& socket = context.sockets.open_or_make(step.socket, side, at.family());
  if (!socket.bound) {
    // Two sockets of one address are refused here or at listen(2), by their options.
    if (const int error = try_bind(socket, at); error != 0) {
      return judged(rule::bind, socket, "bind to " + to_string(at), step.fails, error, std::nullopt,
                    timing);
    }
  }
  const int error = ::listen(socket.fd(), step.backlog) == 0 ? 0 : errno;
  socket.listening = error == 0;
  Outcome outcome = judged(rule::listen, socket, fmt::format("listen at {}", to_string(at)),
                           step.fails, error, std::nullopt, timing);
  if (error == 0 && !outcome.miss) announce(context, socket);
  return outcome;
}

Outcome perform(Context& context, const scenario::step::Accept& step, const Timing& timing) {
  PeerSocket& listener = context.sockets.open(step.socket);
  for (;;) {
    const int fd = ::accept4(listener.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      PeerSocket& socket = context.sockets.adopt(step.as, listener.side(), Fd(fd));
      socket.bound = socket.connected = true;
      socket.learn_addresses();
      return Outcome::ok(
          fmt::format("from {} after {}", to_string(socket.remote), ms_text(timing.elapsed())));
    }
    // A connection that was reset while it waited, and what accept(2) says of pending network
    // errors: the next one may be there.
    if (errno == EINTR || errno == ECONNABORTED || errno == EPROTO) continue;
    if (errno != EAGAIN) throw_errno("accept on", to_string(listener.local));
    if (timing.deadline.passed() || !wait_for(listener.fd(), POLLIN, timing.deadline)) {
      return Outcome::missed(rule::accept,
                             fmt::format("a connection to {} within {} ms",
                                         to_string(listener.local), timing.within.count()),
                             fmt::format("none in {}", ms_text(timing.elapsed())),
                             other(listener.side()), timing.cut());
    }
  }
}

Outcome perform(Context& context, const scenario::step::Shutdown& step, const Timing& timing) {
  PeerSocket& socket = context.sockets.open(step.socket);
  using How = scenario::step::Shutdown::How;
  const int how = step.how == How::write ? SHUT_WR : step.how == How::read ? SHUT_RD : SHUT_RDWR;
  const int error = ::shutdown(socket.fd(), how) == 0 ? 0 : errno;
  if (error == 0 && how != SHUT_RD) socket.write_shut = true;
  return judged(rule::shutdown, socket, "shut down the connection to " + to_string(socket.remote),
                "", error, other(socket.side()), timing);
}

Outcome perform(Context& context, const scenario::step::Close& step, const Timing&) {
  context.sockets.open(step.socket).close();
  return Outcome::ok();
}

Outcome perform(Context& context, const scenario::step::Abort& step, const Timing&) {
  PeerSocket& socket = context.sockets.open(step.socket);
  const linger at_once{1, 0};
  if (::setsockopt(socket.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) != 0) {
    throw_errno("set SO_LINGER of", "socket \"" + socket.name() + "\"");
  }
  socket.close();
  return Outcome::ok();
}

}  // namespace wireproof::script
