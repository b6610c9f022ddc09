#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "base/error.h"
#include "script/context.h"
#include "script/rules.h"
#include "script/wording.h"

namespace wireproof::script {
namespace {

bool connectionless(scenario::Transport transport) {
  return transport == scenario::Transport::udp || transport == scenario::Transport::unix_datagram;
}

// Where a datagram goes; empty: where the socket is connected.
SocketAddress destination(Context& context, const scenario::step::Send& step, PeerSocket& socket) {
  if (!socket.is_datagram()) return {};
  if (step.to && *step.to != "sender") return context.sockets.open(*step.to).local;
  const bool named = step.to_address.address || step.to_address.path || step.to_address.port;
  const bool answers = step.to || (!named && !socket.connected && socket.side() == Side::server);
  if (answers) {
    if (!socket.sender) {
      throw std::invalid_argument("no datagram has come on it whose sender could be answered");
    }
    return *socket.sender;
  }
  if (socket.connected && !named) return {};
  return context.sockets.to(step.to_address);
}

struct Sent {
  std::size_t bytes = 0;
  int error = 0;  // 0 with fewer bytes than there are: the deadline
};

// Sends `part` to its end: a stream's in as many pieces as the kernel takes.
Sent send_all(PeerSocket& socket, std::string_view part, const SocketAddress& to,
              Deadline deadline) {
  Sent sent;
  do {
    const ssize_t taken = retry_eintr([&] {
      return ::sendto(socket.fd(), part.data() + sent.bytes, part.size() - sent.bytes, MSG_NOSIGNAL,
                      to.empty() ? nullptr : to.get(), to.length());
    });
    if (taken >= 0) {
      sent.bytes += static_cast<std::size_t>(taken);
      if (!socket.is_stream()) {
        ++socket.sent;
        return sent;
      }
      continue;
    }
    if (errno != EAGAIN) {
      sent.error =
          errno == EPIPE && socket.early_reset != 0 ? std::exchange(socket.early_reset, 0) : errno;
      return sent;
    }
    if (deadline.passed() || !wait_for(socket.fd(), POLLOUT, deadline)) return sent;
    if (!to.empty()) {
      // The receiver's queue is full, which poll(2) does not show of a socket that is not
      // connected.
      sleep_until(earlier(deadline, Deadline::after(milliseconds(1))));
    }
  } while (sent.bytes < part.size());
  return sent;
}

// A peer that takes no more may itself be waiting for us to read.
std::string unread_text(PeerSocket& socket) {
  int waiting = 0;
  if (::ioctl(socket.fd(), FIONREAD, &waiting) != 0 || waiting <= 0) return {};
  return fmt::format("; {} from the peer wait here unread",
                     count_text(static_cast<std::uint64_t>(waiting), "byte"));
}

}  // namespace

Outcome perform(Context& context, const scenario::step::Send& step, const Timing& timing) {
  PeerSocket* found = context.sockets.find(step.socket);
  PeerSocket& socket =
      (found == nullptr || !found->is_open()) && connectionless(context.one.transport)
          ? context.sockets.open_or_make(step.socket, context.side_or({}, Side::client),
                                         context.sockets.family())
          : context.sockets.open(step.socket);
  const SocketAddress to = destination(context, step, socket);
  if (!to.empty()) socket.remote = to;
  const std::string_view all = step.data.bytes;
  const std::size_t chunk = step.chunk == 0 ? std::max<std::size_t>(all.size(), 1) : step.chunk;

  // The gaps between chunks are the scenario's wish: they are no part of the peer's time.
  Timing own = timing;
  Sent total;
  bool whole = true;
  for (std::size_t at = 0; at == 0 || at < all.size(); at += chunk) {
    if (at > 0 && step.chunk_gap.count() > 0) {
      sleep_until(earlier(Deadline::after(step.chunk_gap), timing.limit));
      own.deadline = earlier(Deadline::at(own.deadline.moment() + step.chunk_gap), timing.limit);
    }
    const std::string_view part = all.substr(at, chunk);
    const Sent sent = send_all(socket, part, to, own.deadline);
    total.bytes += sent.bytes;
    total.error = sent.error;
    whole = sent.error == 0 && sent.bytes == part.size();
    if (!whole) break;
  }
  if (socket.is_datagram() && !socket.bound) socket.learn_addresses();  // the kernel chose a port

  if (!step.fails.empty() && is_errno(step.fails, total.error)) {
    return Outcome::ok(errno_text(total.error));
  }
  if (whole && step.fails.empty()) return Outcome::ok();
  if (is_machines(total.error)) throw SystemError("send to", to_string(socket.remote), total.error);
  const std::string what = fmt::format("send {} to {}", bytes_text(all), to_string(socket.remote));
  const std::string taken =
      whole ? "all of it was taken"
            : fmt::format("{} of {} taken", total.bytes, count_text(all.size(), "byte"));
  const std::string wanted = step.fails.empty()
                                 ? fmt::format("{} within {} ms", what, timing.within.count())
                                 : fmt::format("{} fails with {}", what, step.fails);
  std::string seen = taken;
  if (total.error != 0) {
    seen =
        fmt::format("{} after {}, {}", errno_text(total.error), ms_text(timing.elapsed()), taken);
  } else if (!whole) {
    seen = fmt::format("{} in {}, and no more{}", taken, ms_text(timing.elapsed()),
                       unread_text(socket));
  }
  return Outcome::missed(rule::send, wanted, seen, other(socket.side()),
                         total.error == 0 && !whole && own.cut());
}

}  // namespace wireproof::script
