#include "stream/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "common/error.h"
#include "common/output.h"

namespace targets {
namespace {

constexpr Wait readable{Wait::For::readable};
constexpr Wait writable{Wait::For::writable};
constexpr Wait nothing{Wait::For::nothing};
constexpr Wait closed{Wait::For::closed};
constexpr Wait after(int milliseconds) { return {Wait::For::time, milliseconds}; }

bool must_wait() { return errno == EAGAIN || errno == EINTR; }

}  // namespace

Connection::Connection(Fd socket, std::string peer, const ServerOptions& options, Engine& engine,
                       std::span<char> buffer, ServerCounts& counts)
    : socket_(std::move(socket)),
      peer_(std::move(peer)),
      options_(options),
      engine_(engine),
      buffer_(buffer),
      counts_(counts) {}

Wait Connection::start() {
  if (options_.faults.crashes_after_accept) std::raise(SIGABRT);
  if (options_.faults.abandons == Abandons::after_accept) return nothing;
  return options_.speak_first ? begin_answer() : readable;
}

Wait Connection::advance() {
  switch (stage_) {
    case Stage::receiving:
      return receive();
    case Stage::answering:
      return answer();
    case Stage::draining:
      return drain();
    case Stage::closing:
      break;
  }
  return closed;
}

// One read a call: a peer that never stops sending must not keep the others waiting.
Wait Connection::receive() {
  std::size_t most = options_.receive;
  if (options_.receive_exactly != 0) {
    most = std::min(most, options_.receive_exactly - message_bytes_);
  }
  // Of a message that is longer than the buffer MSG_TRUNC tells the true length; a byte stream
  // has no such messages, and there the flag would throw data away.
  const int flags = options_.keeps_messages ? MSG_TRUNC : 0;
  const ssize_t count = engine_.receive(*this, buffer_.first(most), flags);
  if (count < 0) return must_wait() ? readable : give_up("receive from");
  if (count == 0) return end_of_stream();

  const auto size = std::min(static_cast<std::size_t>(count), most);
  const std::string_view bytes(buffer_.data(), size);
  counts_.received += size;
  message_bytes_ += size;
  if (options_.echo) kept_.append(bytes);
  if (!options_.quiet) {
    print_line("received " + std::to_string(size) + " bytes from " + peer_ + ": " +
               printable(bytes));
    if (static_cast<std::size_t>(count) > size) {
      print_line("cut off " + std::to_string(static_cast<std::size_t>(count) - size) + " bytes");
    }
  }
  const bool complete = !options_.half_close_answer && message_bytes_ >= options_.receive_exactly;
  if (complete) return begin_answer();
  return options_.read_gap_ms > 0 ? after(options_.read_gap_ms) : readable;
}

Wait Connection::begin_answer() {
  stage_ = Stage::answering;
  answered_bytes_ = 0;
  answers_left_ = options_.faults.answers;
  return options_.delay_ms > 0 ? after(options_.delay_ms) : answer();
}

Wait Connection::answer() {
  while (answers_left_ > 0) {
    if (answered_bytes_ < answer_size()) {
      std::string_view piece = answer_at(answered_bytes_);
      if (options_.chunk != 0) {
        piece = piece.substr(0, options_.chunk - answered_bytes_ % options_.chunk);
      }
      const ssize_t count = engine_.send(*this, piece);
      if (count < 0) return must_wait() ? writable : give_up("answer");
      answered_bytes_ += static_cast<std::size_t>(count);
      counts_.sent += static_cast<std::size_t>(count);
    }
    if (answered_bytes_ < answer_size()) {
      // Not in a loop here: one long answer must not keep the other connections waiting.
      const bool chunk_sent = options_.chunk != 0 && answered_bytes_ % options_.chunk == 0;
      return chunk_sent && options_.chunk_gap_ms > 0 ? after(options_.chunk_gap_ms) : writable;
    }
    --answers_left_;
    answered_bytes_ = 0;
  }
  return end_exchange();
}

Wait Connection::end_exchange() {
  ++counts_.exchanges;
  ++exchanges_done_;
  kept_.clear();
  message_bytes_ = 0;
  if (options_.faults.abandons == Abandons::after_answer) return nothing;
  stage_ = Stage::draining;
  if (peer_ended_) return end_of_stream();
  if (options_.exchanges == 0 || exchanges_done_ < options_.exchanges) {
    stage_ = Stage::receiving;
    return readable;
  }
  if (options_.close == ServerClose::now) return closed;
  if (options_.close == ServerClose::server && shutdown(fd(), SHUT_WR) != 0) {
    return give_up("shut down sending to");
  }
  return readable;
}

// What comes after the last exchange is read and dropped: closing a socket with unread data would
// reset the connection.
Wait Connection::drain() {
  const ssize_t count = engine_.receive(*this, buffer_, 0);
  if (count < 0) return must_wait() ? readable : give_up("receive from");
  if (count == 0) return end_of_stream();
  counts_.received += static_cast<std::size_t>(count);
  return readable;
}

Wait Connection::end_of_stream() {
  peer_ended_ = true;
  if (options_.faults.abandons == Abandons::at_end_of_stream) return nothing;
  if (stage_ == Stage::receiving && options_.half_close_answer) return begin_answer();
  stage_ = Stage::closing;
  return options_.close_wait_ms > 0 ? after(options_.close_wait_ms) : closed;
}

// A peer that resets or vanishes ends its own connection only.
Wait Connection::give_up(const char* attempt) {
  complain(describe_error(attempt, peer_, errno));
  return closed;
}

std::size_t Connection::answer_size() const {
  const std::size_t whole = options_.echo ? kept_.size() : options_.answer.size();
  return options_.faults.cuts_answer ? (whole + 1) / 2 : whole;
}

std::string_view Connection::answer_at(std::size_t offset) const {
  const std::string_view piece =
      options_.echo ? std::string_view(kept_).substr(offset) : options_.answer.at(offset);
  return piece.substr(0, answer_size() - offset);
}

}  // namespace targets
