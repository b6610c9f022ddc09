#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "script/expect.h"
#include "script/rules.h"
#include "script/wording.h"

namespace wireproof::script {
namespace {

using scenario::step::Expect;

// How long to wait for the rest of bytes that should not have come: enough for an answer that is
// given twice to be told from other bytes, and for the end after it.
constexpr milliseconds rest_of_extra{100};

// What came where no bytes were wanted, and how that ended.
std::string extra_text(PeerSocket& socket, std::string extra, const Timing& timing) {
  std::uint64_t total = extra.size();
  Received last;
  const Deadline until =
      earlier(earlier(Deadline::after(rest_of_extra), timing.limit),
              Deadline::at(std::max(timing.deadline.moment(), Deadline::Clock::now())));
  while (total < remembered_bytes) {
    last = socket.receive(read_size, until);
    if (last.kind != Received::Kind::bytes) break;
    total += last.bytes.size();
    extra += last.bytes;
  }
  std::string text = bytes_text(extra, total);
  const std::string& answer = socket.last_answer;
  if (!answer.empty() && extra == answer) {
    text += ": the answer again, given twice";
  } else if (!answer.empty() && extra.starts_with(answer)) {
    text += ": the answer again, and more";
  }
  if (last.kind != Received::Kind::none && last.kind != Received::Kind::bytes) {
    text += ", then " + ended_text(last);
  }
  return text;
}

// A connection whose end has been read already shows a later reset by poll(2) alone.
bool reset_after_end(PeerSocket& socket, const Timing& timing) {
  if (socket.early_reset != 0) return true;
  if (!wait_for(socket.fd(), 0, timing.deadline)) return false;
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
    throw_errno("read SO_ERROR of", "socket \"" + socket.name() + "\"");
  }
  // In CLOSE_WAIT Linux says EPIPE of a reset (tcp_reset()).
  return error == ECONNRESET || error == EPIPE;
}

bool met(PeerSocket& socket, const Expect& step, const Received& got, const Timing& timing) {
  switch (step.kind) {
    case Expect::Kind::end:
      return got.kind == Received::Kind::end;
    case Expect::Kind::reset:
      if (got.kind == Received::Kind::end) return reset_after_end(socket, timing);
      return got.kind == Received::Kind::error && got.error == ECONNRESET;
    case Expect::Kind::refused:
      return got.kind == Received::Kind::error && got.error == ECONNREFUSED;
    case Expect::Kind::error:
      return got.kind == Received::Kind::error && is_errno(step.error, got.error);
    default:
      return got.kind == Received::Kind::none;
  }
}

const Rule& rule_of(const Expect& step, const Received& got) {
  const bool reset = got.kind == Received::Kind::error && got.error == ECONNRESET;
  switch (step.kind) {
    case Expect::Kind::end:
      if (reset) return rule::reset_before_end;
      return got.kind == Received::Kind::error ? rule::expect : rule::expect_end;
    case Expect::Kind::reset:
      return rule::expect_reset;
    case Expect::Kind::refused:
      return rule::expect_refused;
    case Expect::Kind::error:
      return rule::expect;
    default:
      return rule::nothing;
  }
}

}  // namespace

Outcome expect_end(Context& context, PeerSocket& socket, const Expect& step, const Timing& timing) {
  const bool silence = step.kind == Expect::Kind::nothing;
  const std::string wanted = fmt::format("{} {} {} ms", wanted_text(step),
                                         silence ? "for" : "within", timing.within.count());
  const auto missed = [&](const Rule& rule, std::string seen, bool cut = false) {
    return Outcome::missed(rule, wanted, std::move(seen), other(socket.side()), cut);
  };

  Received got;
  if (!socket.held.empty()) {
    got.kind = Received::Kind::bytes;
    got.bytes = std::move(socket.held);
    socket.held.clear();
  } else {
    got = socket.receive(socket.is_stream() ? read_size : datagram_size, timing.deadline);
  }
  const std::string after = ms_text(timing.elapsed());
  if (got.kind != Received::Kind::bytes) {
    if (met(socket, step, got, timing)) {
      if (silence && timing.cut()) return missed(rule::nothing, "nothing in " + after, true);
      return Outcome::ok(got.kind == Received::Kind::none ? "nothing"
                                                          : ended_text(got) + " after " + after);
    }
    if (got.kind != Received::Kind::none) {
      const bool waited = step.kind == Expect::Kind::reset && got.kind == Received::Kind::end;
      return missed(rule_of(step, got),
                    ended_text(got) + " after " + after + (waited ? ", and no reset after it" : ""),
                    waited && timing.cut());
    }
    return missed(
        rule_of(step, got),
        "nothing in " + after + (socket.is_datagram() ? "" : ": the connection stays open"),
        timing.cut());
  }

  const std::string from = socket.is_stream() ? "" : " from " + to_string(got.from);
  // On a socket that has asked nothing, a datagram is somebody else's answer where one is missing.
  if (socket.is_datagram() && socket.sent == 0) {
    const auto& all = context.sockets.all();
    const auto waits = std::find_if(all.begin(), all.end(), [&](const auto& one) {
      return one.get() != &socket && one->is_open() && one->is_datagram() &&
             one->side() == socket.side() && one->sent > one->received;
    });
    if (waits != all.end()) {
      return missed(
          rule::answer_wrong_peer,
          fmt::format("{}{} after {}, where socket {} waits for an answer", bytes_text(got.bytes),
                      from, after, wireproof::quoted((*waits)->name())));
    }
  }
  const bool answered = !socket.last_answer.empty();
  const Rule& rule = silence && !answered ? rule::nothing : rule::answer_extra;
  return missed(rule,
                extra_text(socket, std::move(got.bytes), timing) + from + ", first after " + after);
}

}  // namespace wireproof::script
