#include "stream/stream_server.h"

#include <algorithm>
#include <cerrno>

#include "common/address.h"
#include "common/error.h"
#include "common/output.h"

namespace targets {

StreamServer::StreamServer(Fd listener, const ServerOptions& options, const StopSignal& stop)
    : options_(options),
      buffer_(std::max<std::size_t>(options.receive, 64 * 1024)),
      listener_(std::move(listener)),
      engine_(make_engine(options, stop, *this)) {
  engine_->start_accepting(listener_.get());
}

void StreamServer::run() {
  while (!stopped_ && (listener_.is_open() || !connections_.empty())) {
    engine_->wait(timeout());
    fire_timers();
  }
  engine_.reset();  // it may hold sockets
  listener_.close();
  connections_.clear();
  if (options_.count_stdout) {
    print_line("connections=" + std::to_string(counts_.connections) + " exchanges=" +
               std::to_string(counts_.exchanges) + " received=" + std::to_string(counts_.received) +
               " sent=" + std::to_string(counts_.sent));
  }
}

void StreamServer::accepted(Fd socket, const Address& peer) {
  if (!options_.quiet) print_line("accepted " + peer.text());
  options_.tuning.apply(socket.get());
  const int fd = socket.get();
  const auto [entry, added] = connections_.try_emplace(fd, std::move(socket), peer.text(), options_,
                                                       *engine_, buffer_, counts_);
  settle(entry->second, entry->second.start());
  if (++counts_.connections == options_.max_connections) {
    engine_->stop_accepting();
    listener_.close();
  } else if (options_.accept_gap_ms > 0) {
    pause_accepting(options_.accept_gap_ms);
  }
}

void StreamServer::accept_failed(int error) {
  // The client may be gone again before its turn came.
  if (error == ECONNABORTED || error == EPROTO) return;
  if (error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM) {
    throw_errno("accept from", "the listening socket", error);
  }
  complain(describe_error("accept from", "the listening socket", error));
  pause_accepting(100);
}

void StreamServer::pause_accepting(int milliseconds) {
  engine_->stop_accepting();
  start_timer(milliseconds, nullptr);
}

void StreamServer::ready(Connection& connection) { settle(connection, connection.advance()); }

void StreamServer::settle(Connection& connection, Wait wait) {
  switch (wait.reason) {
    case Wait::For::readable:
    case Wait::For::writable:
    case Wait::For::nothing:
      return engine_->want(connection, wait.reason);
    case Wait::For::time:
      engine_->want(connection, Wait::For::nothing);
      return start_timer(wait.milliseconds, &connection);
    case Wait::For::closed:
      engine_->forget(connection);
      connections_.erase(connection.fd());
  }
}

void StreamServer::start_timer(int milliseconds, Connection* connection) {
  timers_.push({Clock::now() + std::chrono::milliseconds(milliseconds), connection});
}

// A connection with a timer wants nothing else, so nothing can have closed it before that fires.
void StreamServer::fire_timers() {
  while (!timers_.empty() && timers_.top().due <= Clock::now()) {
    Connection* const connection = timers_.top().connection;
    timers_.pop();
    if (connection != nullptr) {
      settle(*connection, connection->advance());
    } else if (listener_.is_open()) {
      engine_->start_accepting(listener_.get());
    }
  }
}

int StreamServer::timeout() const {
  if (timers_.empty()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(timers_.top().due - Clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

}  // namespace targets
