#include "stream/conversation.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "common/error.h"
#include "common/output.h"
#include "common/poll_timeout.h"

namespace targets {

Conversation::Conversation(const Address& server, int type, const ClientOptions& options,
                           const StopSignal& stop)
    : server_(server),
      name_(server.text()),
      type_(type),
      options_(options),
      stop_(stop),
      // A message that comes in one piece needs room for all of it, and for a byte too many.
      buffer_(type == SOCK_SEQPACKET && options.expected
                  ? std::max(options.receive, options.expected->size() + 1)
                  : options.receive) {}

void Conversation::open() {
  socket_ = open_socket(server_.family(), type_, SOCK_NONBLOCK);
  const int fd = socket_.get();
  options_.tuning.apply(fd);
  if (options_.bind) {
    // So that a fixed port can be taken again while its last connection is in TIME_WAIT.
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
    bind_socket(fd, *options_.bind);
  }
  const PollTimeout timeout(options_.timeout_ms);
  while (connect(fd, server_.get(), server_.size()) != 0) {
    if (errno == EAGAIN && server_.family() == AF_UNIX) {
      // The listener's queue is full, and UNIX sockets offer no way to wait for a place in it.
      if (timeout.left() == 0) throw_errno("connect to", name_, ETIMEDOUT);
      pause(5);
      continue;
    }
    if (errno != EINPROGRESS && errno != EINTR) throw_errno("connect to", name_);
    wait_for(POLLOUT, "connect to");
    int error = 0;
    socklen_t size = sizeof error;
    check(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size), "read the outcome of connecting to",
          name_);
    if (error != 0) throw_errno("connect to", name_, error);
    return;
  }
}

// Sends and receives side by side where it is known how long the answer is: an echo of more than
// the socket buffers hold would else stop both ends for ever.
void Conversation::exchange(bool is_last) {
  sent_ = received_ = 0;
  shown_.clear();
  until_end_ = is_last && options_.half_close;
  if (options_.delay_ms > 0) pause(options_.delay_ms);
  bool sending = true;
  bool receiving = true;
  while (sending || receiving) {
    if (sending && sent_ == options_.message.size()) {
      sending = false;
      if (until_end_) check(shutdown(socket_.get(), SHUT_WR), "shut down sending to", name_);
    }
    receiving = until_end_          ? !ended_
                : options_.expected ? received_ < options_.expected->size()
                                    : received_ == 0;
    const bool reads_now = receiving && (!sending || until_end_ || options_.expected);
    if (!sending && !receiving) break;
    const short ready =
        wait_for(static_cast<short>((sending ? POLLOUT : 0) | (reads_now ? POLLIN : 0)),
                 sending ? "send to" : "receive from");
    if (sending && (ready & (POLLOUT | POLLERR)) != 0) send_some();
    if (reads_now && (ready & (POLLIN | POLLHUP | POLLERR)) != 0) receive_some();
  }
  if (!options_.quiet && received_ > 0) {
    print_line(printable(shown_) +
               (received_ > shown_.size() ? "... (" + std::to_string(received_) + " bytes)" : ""));
  }
}

void Conversation::send_some() {
  std::string_view piece = options_.message.at(sent_);
  if (options_.chunk != 0) piece = piece.substr(0, options_.chunk - sent_ % options_.chunk);
  const ssize_t count = send(socket_.get(), piece.data(), piece.size(), MSG_NOSIGNAL);
  if (count < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    throw_errno("send to", name_);
  }
  sent_ += static_cast<std::size_t>(count);
  const bool chunk_sent = options_.chunk != 0 && sent_ % options_.chunk == 0;
  if (chunk_sent && options_.chunk_gap_ms > 0 && sent_ < options_.message.size()) {
    pause(options_.chunk_gap_ms);
  }
}

void Conversation::receive_some() {
  if (options_.read_gap_ms > 0) pause(options_.read_gap_ms);
  std::size_t most = buffer_.size();
  // What comes after the expected answer belongs to the next exchange.
  if (options_.expected && !until_end_ && type_ == SOCK_STREAM) {
    most = std::min(most, options_.expected->size() - received_);
  }
  const ssize_t count = recv(socket_.get(), buffer_.data(), most, 0);
  if (count < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    throw_errno("receive from", name_);
  }
  if (count == 0) return take_end();
  take({buffer_.data(), static_cast<std::size_t>(count)});
}

void Conversation::take(std::string_view bytes) {
  constexpr std::size_t longest_shown = 1024;
  shown_.append(bytes.substr(0, longest_shown - shown_.size()));
  if (options_.expected) {
    const Payload& expected = *options_.expected;
    for (std::size_t i = 0; i < bytes.size();) {
      const std::string_view wanted = expected.at(received_ + i).substr(0, bytes.size() - i);
      if (wanted.empty() || wanted != bytes.substr(i, wanted.size())) {
        throw Failure("the answer from " + name_ + " is not what was expected: '" +
                      printable(shown_) + "' instead of " + std::to_string(expected.size()) +
                      " bytes '" + printable(expected.at(0).substr(0, 64)) + "'");
      }
      i += wanted.size();
    }
  }
  received_ += bytes.size();
}

void Conversation::take_end() {
  ended_ = true;
  const std::size_t wanted = options_.expected ? options_.expected->size() : 1;
  if (received_ < wanted) {
    throw Failure(name_ + " ended the connection after " + std::to_string(received_) +
                  " bytes of the answer" +
                  (options_.expected ? ", of " + std::to_string(wanted) : ""));
  }
}

void Conversation::close() {
  if (options_.hold_ms > 0) pause(options_.hold_ms);
  if (options_.faults.never_closes) stop_.wait(-1);
  if (options_.close == ClientClose::server) read_to_the_end();
  if (ended_ && options_.close_wait_ms > 0) pause(options_.close_wait_ms);
  socket_.close();
}

void Conversation::read_to_the_end() {
  while (!ended_) {
    wait_for(POLLIN, "wait for the end of the stream from");
    const ssize_t count = recv(socket_.get(), buffer_.data(), buffer_.size(), 0);
    if (count < 0) {
      if (errno == EAGAIN || errno == EINTR) continue;
      throw_errno("receive from", name_);
    }
    ended_ = count == 0;
    if (!ended_ && options_.expected) {
      throw Failure(name_ + " sent more than was expected: '" +
                    printable({buffer_.data(), static_cast<std::size_t>(count)}) + "'");
    }
  }
}

short Conversation::wait_for(short events, const char* attempt) {
  const PollTimeout timeout(options_.timeout_ms);
  pollfd fds[] = {{socket_.get(), events, 0}, {stop_.fd(), POLLIN, 0}};
  const int ready =
      check(retry_interrupted([&] { return poll(fds, 2, timeout.left()); }), "wait for", name_);
  if (fds[1].revents != 0) throw Failure("ended by a signal before the work was done");
  if (ready == 0) {
    throw Failure(describe_error(attempt, name_, ETIMEDOUT) + " (nothing for " +
                  std::to_string(options_.timeout_ms) + " ms, after " + std::to_string(sent_) +
                  " bytes sent and " + std::to_string(received_) + " received)");
  }
  return fds[0].revents;
}

void Conversation::pause(int milliseconds) {
  if (stop_.wait(milliseconds)) throw Failure("ended by a signal before the work was done");
}

}  // namespace targets
