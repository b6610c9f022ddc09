// What comes in on a connection, and what follows from it: answers, ends, failures.
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/text.h"
#include "load/worker.h"

namespace wireproof::load {

using scenario::CloseBy;
using scenario::Pattern;

namespace {

constexpr std::int64_t longest_backoff_ns = 100'000'000;
constexpr std::size_t longest_answer = 64u << 20;

std::string_view view(std::span<const char> bytes) { return {bytes.data(), bytes.size()}; }

std::string unasked_words(std::string_view bytes) {
  return fmt::format("{} bytes {} that no request asked for", bytes.size(), quoted(bytes, 64));
}

}  // namespace

void Worker::received(Channel& channel, std::span<const char> bytes) {
  Connection& one = of(channel);
  const std::int64_t now = now_ns();
  recorder_.roll(now);
  recorder_.counts().bytes_received += bytes.size();
  if (workload_.pattern == Pattern::stream || workload_.pattern == Pattern::idle) return;
  if (one.state == State::closing) return note_unasked(one, view(bytes), now);
  std::string_view have = view(bytes);
  const bool kept = !one.pending.empty();
  if (kept) {
    one.pending.append(have);
    have = one.pending;
  }
  const std::uint32_t generation = channel.generation;
  // Those that were out when the bytes came: what is sent from here on they cannot answer.
  std::uint32_t asked_for = one.count;
  while (!have.empty() || answers_of_datagrams()) {
    if (asked_for == 0) {
      if (have.empty()) break;
      // A late answer of a request that was given up would look like this: its socket was closed.
      return give_up(one, Failure::unasked, now, unasked_words(have));
    }
    Request& request = oldest(one);
    if (request.first_byte_ns == 0) request.first_byte_ns = now;
    std::string_view asked;
    if (answers_.needs_request()) {
      asked = requests_.bytes(request.number * plan_.threads + share_, scratch_);
    }
    const auto length = answers_.end_of(have, asked, one.scanned);
    if (!length) break;
    one.scanned = 0;
    const std::string_view answer = have.substr(0, *length);
    if (!answers_.right(answer, asked)) {
      const std::string words = answers_.difference(answer, asked);
      give_up(one, Failure::wrong_answer, now, words);
      return;
    }
    have.remove_prefix(*length);
    if (--asked_for == 0 && !have.empty()) {
      return give_up(one, Failure::wrong_answer, now,
                     fmt::format("{} bytes {}, and then {}", answer.size(), quoted(answer, 64),
                                 unasked_words(have)));
    }
    if (have.empty() && kept) one.pending.clear();
    const bool last = have.empty();
    answered(one, answer, now);
    if (channel.generation != generation || one.state == State::closing) return;
    if (last) return;
  }
  if (have.size() > longest_answer) {
    return give_up(one, Failure::wrong_answer, now,
                   fmt::format("more than {} bytes and no end of the answer: {}", longest_answer,
                               quoted(have, 64)));
  }
  if (kept) {
    one.pending.erase(0, one.pending.size() - have.size());
  } else {
    one.pending.assign(have);
  }
}

// Of a connection that goes on, or is being closed anyway.
void Worker::note_unasked(Connection& one, std::string_view bytes, std::int64_t now) {
  if (std::exchange(one.unasked, true)) return;
  ++recorder_.counts().idle_errors;
  recorder_.fail(Failure::unasked, now, unasked_words(bytes));
}

// What lies there when all is over: an answer given twice each time leaves the last one behind.
void Worker::look_for_unasked(Connection& one, std::int64_t now) {
  if (workload_.pattern != Pattern::request_response || one.state != State::ready) return;
  char bytes[256];
  const ssize_t count = ::recv(one.channel.fd.get(), bytes, sizeof bytes, MSG_DONTWAIT | MSG_PEEK);
  if (count > 0) note_unasked(one, {bytes, static_cast<std::size_t>(count)}, now);
}

bool Worker::answers_of_datagrams() const { return plan_.to.type == SOCK_DGRAM; }

// What still waits when the measurement begins is part of it: a connection that hangs since the
// warm-up would be seen by nobody else.
bool Worker::counts(Request& request, std::int64_t now) {
  if (!request.counted && is_measured(now)) {
    request.counted = true;
    ++recorder_.counts().sent;
    --end_.warm_up_requests;
  }
  return request.counted;
}

void Worker::pop(Connection& one) {
  one.head = (one.head + 1) % workload_.depth;
  --one.count;
  --in_flight_;
}

void Worker::answered(Connection& one, std::string_view, std::int64_t now) {
  const bool counted = counts(oldest(one), now);
  const Request request = oldest(one);
  pop(one);
  end_.last_answer_ns = now;
  if (one.channel.stamp_wanted) record_stamps(one, request, now);
  if (counted) {
    ++recorder_.counts().answered;
    recorder_.record(Phase::latency, now - request.intended_ns);
    if (workload_.open_loop()) recorder_.record(Phase::service, now - request.sent_ns);
    if (request.first_byte_ns != 0) {
      recorder_.record(Phase::first_byte, request.first_byte_ns - request.sent_ns);
    }
  } else {
    ++recorder_.counts().warm_up_answered;
    recorder_.counts().warm_up_latency_ns += static_cast<std::uint64_t>(now - request.intended_ns);
  }
  next_after(one, now);
}

void Worker::next_after(Connection& one, std::int64_t now) {
  if (workload_.connects_each_time()) return end_connection(one, now);
  if (one.count == 0) {
    one.state = State::ready;
    one.channel.awaiting = false;
  }
  if (workload_.open_loop()) {
    std::int64_t intended = 0;
    // What is overdue goes at once, before the loop looks at the clock again.
    if (!one.queued && take_arrival(now, intended)) {
      one.free_ns = now;
      issue(one, intended, now);
    } else {
      become_ready(one, now);
    }
  } else if (workload_.arrivals.think.count() > 0) {
    if (one.count == 0) timers_.push({now + workload_.arrivals.think.count(), one.channel.number});
  } else if (!over(now)) {
    issue(one, now, now);
  }
}

// After the last answer on it: as the plan says who closes, and how.
void Worker::end_connection(Connection& one, std::int64_t now) {
  sample_tcp_info(one);
  switch (workload_.close) {
    case CloseBy::client:
      ++recorder_.counts().closes;
      return drop(one, now);
    case CloseBy::reset: {
      const linger abort{1, 0};
      ::setsockopt(one.channel.fd.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
      one.channel.aborting = true;
      ++recorder_.counts().closes;
      ++recorder_.counts().closed_by_reset;
      return drop(one, now);
    }
    case CloseBy::shutdown:
      ::shutdown(one.channel.fd.get(), SHUT_WR);
      break;
    case CloseBy::server:
      break;
  }
  one.state = State::closing;
  one.closing_ns = now;
  one.channel.awaiting = true;
  ++in_flight_;  // the loop waits for it
}

// Its socket is gone; what comes next on it is due.
void Worker::drop(Connection& one, std::int64_t now) {
  if (one.state != State::closed && one.state != State::opening) --open_;
  if (one.state == State::closing) --in_flight_;
  engine_->close(one.channel);
  one.state = State::closed;
  one.pending.clear();
  one.pending_out.clear();
  one.scanned = 0;
  if (over(now) && !workload_.open_loop()) return;
  if (workload_.open_loop() && workload_.connects_each_time()) {
    become_ready(one, now);
  } else {
    const std::int64_t think =
        workload_.connects_each_time() ? workload_.arrivals.think.count() : 0;
    timers_.push({now + think, one.channel.number});
  }
}

void Worker::reopen_later(Connection& one, std::int64_t now) {
  if (over(now) && !workload_.open_loop()) return;
  if (workload_.open_loop() && workload_.connects_each_time()) {
    become_ready(one, now);  // its next attempt is the next arrival's
    return;
  }
  // So many requests and nobody to take them: not for ever.
  const std::int64_t silent_ns = now - std::max(alive_ns_, plan_.start_ns);
  if (workload_.operations != 0 && open_ == 0 && silent_ns > workload_.timeout.count()) {
    operations_left_ = 0;
    return;
  }
  timers_.push({now + backoff_ns_, one.channel.number});
  backoff_ns_ = std::min(backoff_ns_ * 2, longest_backoff_ns);
}

void Worker::fail_all(Connection& one, Failure kind, std::int64_t now, std::string_view words) {
  while (one.count > 0) {
    const bool counted = counts(oldest(one), now);
    const Request request = oldest(one);
    pop(one);
    if (!counted) continue;
    if (kind == Failure::timeout) {
      ++recorder_.counts().timeouts;
      // It waited at least as long as this: left out, the percentiles would be better than they
      // are.
      recorder_.record(Phase::latency, now - request.intended_ns);
      if (workload_.open_loop()) recorder_.record(Phase::service, now - request.sent_ns);
    } else {
      ++recorder_.counts().errors;
    }
    recorder_.fail(kind, now, words);
  }
}

// Something went wrong on a connection: all that is in flight on it is lost, and so is it.
void Worker::give_up(Connection& one, Failure kind, std::int64_t now, std::string_view words) {
  recorder_.roll(now);
  if (one.count == 0) {
    ++recorder_.counts().idle_errors;
    recorder_.fail(kind, now, words);
  }
  fail_all(one, kind, now, words);
  if (kind == Failure::reset) ++recorder_.counts().closed_by_reset;
  if (one.queued) {
    // Stays in the ring of ready ones only where it can be opened from there.
    unqueue(one);
  }
  drop(one, now);
}

void Worker::unqueue(Connection& one) {
  std::vector<std::uint32_t> rest;
  for (std::size_t i = 0; i < ready_count_; ++i) {
    const std::uint32_t number = ready_[(ready_head_ + i) % ready_.size()];
    if (number != one.channel.number) rest.push_back(number);
  }
  std::copy(rest.begin(), rest.end(), ready_.begin());
  ready_head_ = 0;
  ready_count_ = rest.size();
  one.queued = false;
}

void Worker::ended(Channel& channel) {
  Connection& one = of(channel);
  const std::int64_t now = now_ns();
  recorder_.roll(now);
  if (one.state == State::closing) {
    recorder_.record(Phase::close, now - one.closing_ns);
    ++recorder_.counts().closes;
    if (workload_.close == CloseBy::server) ++recorder_.counts().closed_by_server;
    return drop(one, now);
  }
  ++recorder_.counts().closed_by_server;
  if (one.count > 0 && answers_.ends_with_stream()) {
    if (answers_.right(one.pending, {})) {
      answered(one, one.pending, now);
      // The server has closed: nothing to wait for.
      if (one.state == State::closing) ended(channel);
    } else {
      give_up(one, Failure::wrong_answer, now, answers_.difference(one.pending, {}));
    }
    return;
  }
  if (one.count > 0) {
    give_up(
        one, Failure::short_answer, now,
        fmt::format("the server ended the connection after {} bytes of the answer{}",
                    one.pending.size(), one.pending.empty() ? "" : ": " + quoted(one.pending, 64)));
    return;
  }
  // A kept connection that the server ends between requests is opened again.
  if (one.queued) unqueue(one);
  ++recorder_.counts().closes;
  drop(one, now);
}

void Worker::failed(Channel& channel, int error) {
  Connection& one = of(channel);
  const std::int64_t now = now_ns();
  if (one.state == State::closing) {
    ++recorder_.counts().closed_by_reset;
    recorder_.fail(failure_of_errno(error), now,
                   fmt::format("while closing: {}", std::strerror(error)));
    return drop(one, now);
  }
  give_up(one, failure_of_errno(error), now, std::strerror(error));
}

}  // namespace wireproof::load
