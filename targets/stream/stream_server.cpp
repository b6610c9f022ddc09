#include "stream/stream_server.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/address.h"
#include "common/error.h"
#include "common/output.h"

namespace targets {

StreamServer::StreamServer(Fd listener, const ServerOptions& options, const StopSignal& stop)
    : options_(options),
      stop_(stop),
      buffer_(std::max<std::size_t>(options.receive, 64 * 1024)),
      epoll_(check(epoll_create1(EPOLL_CLOEXEC), "make", "an epoll set")),
      listener_(std::move(listener)) {
  control(EPOLL_CTL_ADD, stop_.fd(), EPOLLIN, nullptr);
  control(EPOLL_CTL_ADD, listener_.get(), EPOLLIN, &listener_);
}

void StreamServer::run() {
  std::array<epoll_event, 256> events;
  bool stopped = false;
  while (!stopped && (listener_.is_open() || !connections_.empty())) {
    const int count = check(retry_interrupted([&] {
                              return epoll_wait(epoll_.get(), events.data(),
                                                static_cast<int>(events.size()), epoll_timeout());
                            }),
                            "wait for", "events");
    for (int i = 0; i < count; ++i) {
      void* const tag = events[static_cast<std::size_t>(i)].data.ptr;
      if (tag == nullptr) {
        stopped = true;
      } else if (tag == &listener_) {
        accept_connections();
      } else {
        auto& connection = *static_cast<Connection*>(tag);
        settle(connection, connection.advance());
      }
    }
    fire_timers();
  }
  listener_.close();
  connections_.clear();
  if (options_.count_stdout) {
    print_line("connections=" + std::to_string(counts_.connections) + " exchanges=" +
               std::to_string(counts_.exchanges) + " received=" + std::to_string(counts_.received) +
               " sent=" + std::to_string(counts_.sent));
  }
}

// A few at a time: those that are already there deserve a turn between two of these calls.
void StreamServer::accept_connections() {
  for (int turn = 0; turn < 64; ++turn) {
    Address peer = Address::empty();
    Fd socket(
        accept4(listener_.get(), peer.fill(), peer.fill_size(), SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket.is_open()) {
      if (errno == EAGAIN) return;
      // The client may be gone again before its turn came.
      if (errno == EINTR || errno == ECONNABORTED || errno == EPROTO) continue;
      if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) {
        throw_errno("accept from", "the listening socket");
      }
      complain(describe_error("accept from", "the listening socket", errno));
      pause_accepting(100);
      return;
    }
    if (!options_.quiet) print_line("accepted " + peer.text());
    options_.tuning.apply(socket.get());
    const int fd = socket.get();
    const auto [entry, added] =
        connections_.try_emplace(fd, std::move(socket), peer.text(), options_, buffer_, counts_);
    settle(entry->second, entry->second.start());
    if (++counts_.connections == options_.max_connections) {
      listener_.close();
      return;
    }
    if (options_.accept_gap_ms > 0) return pause_accepting(options_.accept_gap_ms);
  }
}

void StreamServer::pause_accepting(int milliseconds) {
  control(EPOLL_CTL_DEL, listener_.get(), 0, nullptr);
  start_timer(milliseconds, nullptr);
}

void StreamServer::settle(Connection& connection, Wait wait) {
  switch (wait.reason) {
    case Wait::For::readable:
      return watch(connection, EPOLLIN);
    case Wait::For::writable:
      return watch(connection, EPOLLOUT);
    case Wait::For::time:
      watch(connection, 0);
      return start_timer(wait.milliseconds, &connection);
    case Wait::For::nothing:
      return watch(connection, 0);
    case Wait::For::closed:
      connections_.erase(connection.fd());  // closing also takes it out of the epoll set
  }
}

void StreamServer::watch(Connection& connection, std::uint32_t events) {
  if (events == connection.watched_events) return;
  const int operation = events == 0                      ? EPOLL_CTL_DEL
                        : connection.watched_events == 0 ? EPOLL_CTL_ADD
                                                         : EPOLL_CTL_MOD;
  control(operation, connection.fd(), events, &connection);
  connection.watched_events = events;
}

void StreamServer::control(int operation, int fd, std::uint32_t events, void* tag) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = tag;
  check(epoll_ctl(epoll_.get(), operation, fd, &event), "change", "the epoll set");
}

void StreamServer::start_timer(int milliseconds, Connection* connection) {
  timers_.push({Clock::now() + std::chrono::milliseconds(milliseconds), connection});
}

// A connection with a timer is not watched, so nothing can have closed it before its timer fires.
void StreamServer::fire_timers() {
  while (!timers_.empty() && timers_.top().due <= Clock::now()) {
    Connection* const connection = timers_.top().connection;
    timers_.pop();
    if (connection != nullptr) {
      settle(*connection, connection->advance());
    } else if (listener_.is_open()) {
      control(EPOLL_CTL_ADD, listener_.get(), EPOLLIN, &listener_);
    }
  }
}

int StreamServer::epoll_timeout() const {
  if (timers_.empty()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(timers_.top().due - Clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

}  // namespace targets
