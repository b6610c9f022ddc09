#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "script/expect.h"
#include "script/pattern.h"
#include "script/rules.h"
#include "script/wording.h"

namespace wireproof::script {
namespace {

using scenario::step::Expect;

// The answer as it has come so far, and how reading it ended.
struct Answer {
  std::string start;  // at most remembered_bytes, or all that is compared
  std::uint64_t total = 0;
  bool wrong = false;
  Received last;         // `none`: the deadline, or all that is wanted is there
  nanoseconds ended{0};  // from the step's start

  std::string text() const { return total == 0 ? "nothing" : bytes_text(start, total); }
};

// What was read before and wanted by nobody comes first.
Received take(PeerSocket& socket, std::size_t most, Deadline deadline) {
  if (socket.held.empty()) return socket.receive(std::min(most, read_size), deadline);
  Received got;
  got.kind = Received::Kind::bytes;
  got.bytes = socket.held.substr(0, most);
  socket.held.erase(0, got.bytes.size());
  return got;
}

// Reads on until `wanted` bytes are there, no more: the rest stays in the kernel, so that a close
// with unread data and a window that fills up are as the scenario wants them. With `compared` the
// first wrong byte ends it.
void read_on(PeerSocket& socket, std::uint64_t wanted, const std::string* compared, Answer& answer,
             const Timing& timing, Deadline deadline) {
  while (answer.total < wanted && !answer.wrong) {
    const std::uint64_t left = wanted - answer.total;
    answer.last =
        take(socket, static_cast<std::size_t>(std::min<std::uint64_t>(left, read_size)), deadline);
    if (answer.last.kind != Received::Kind::bytes) break;
    const std::string& bytes = answer.last.bytes;
    if (compared != nullptr) {
      answer.wrong = std::string_view(*compared).substr(answer.total, bytes.size()) != bytes;
      answer.start += bytes;
    } else {
      answer.start.append(bytes, 0,
                          remembered_bytes - std::min(remembered_bytes, answer.start.size()));
    }
    answer.total += bytes.size();
  }
  answer.ended = timing.elapsed();
}

Outcome missed(const Rule& rule, PeerSocket& socket, const Expect& step, const Timing& timing,
               std::string seen, bool cut = false) {
  return Outcome::missed(rule,
                         fmt::format("{} within {} ms", wanted_text(step), timing.within.count()),
                         std::move(seen), other(socket.side()), cut);
}

// By its deadline the answer was not there: was it on its way?
Outcome after_deadline(PeerSocket& socket, const Expect& step, const Timing& timing,
                       std::uint64_t wanted, const std::string* compared, Answer answer) {
  const Answer by_deadline = answer;
  const Deadline until = grace(timing);
  const std::string in = fmt::format("{} in {}", by_deadline.text(), ms_text(by_deadline.ended));
  if (timing.cut()) {
    return missed(by_deadline.total == 0 ? missing_rule(socket) : rule::answer_short, socket, step,
                  timing, in, true);
  }
  read_on(socket, wanted, compared, answer, timing, until);
  const bool came = answer.total > by_deadline.total;
  const std::string late = ms_text(answer.ended - timing.within);
  if (came && (by_deadline.total == 0 || answer.total == wanted)) {
    const std::string what =
        by_deadline.total == 0
            ? answer.text()
            : "the other " + count_text(answer.total - by_deadline.total, "byte");
    return missed(rule::answer_late, socket, step, timing,
                  fmt::format("{}; {} came {} after the deadline", in, what, late));
  }
  std::string then = grace_text(timing, until, by_deadline.total > 0);
  if (answer.last.kind != Received::Kind::none) {
    then = fmt::format("; {} came {} after the deadline", ended_text(answer.last), late);
  }
  return missed(by_deadline.total == 0 ? missing_rule(socket) : rule::answer_short, socket, step,
                timing, in + then);
}

// The answer ended before it was whole, or has a wrong byte.
Outcome ended_early(PeerSocket& socket, const Expect& step, const Timing& timing,
                    const std::string* compared, const Answer& answer) {
  const std::string after = ms_text(answer.ended);
  if (answer.wrong) {
    return missed(rule::answer_wrong, socket, step, timing,
                  fmt::format("{} after {}: {}", answer.text(), after,
                              difference_text(*compared, answer.start)));
  }
  const std::string then = ended_text(answer.last) + " after " + after;
  const std::string seen = answer.total == 0 ? then : answer.text() + ", then " + then;
  if (answer.last.kind == Received::Kind::error) {
    return missed(error_rule(answer.last.error), socket, step, timing, seen);
  }
  return missed(answer.total == 0 ? rule::closed_before_answer : rule::answer_short, socket, step,
                timing, answer.total == 0 ? then + ", and not one byte before it" : seen);
}

Outcome expect_match(PeerSocket& socket, const Expect& step, const Timing& timing) {
  const Pattern pattern(step.data.bytes);
  Answer answer;
  bool late = false;
  Deadline until = timing.deadline;
  for (;;) {
    if (!answer.start.empty()) {
      if (const auto end = pattern.find(answer.start); end && !late) {
        socket.last_answer = answer.start.substr(0, *end);
        socket.held.insert(0, answer.start, *end);
        return Outcome::ok(
            fmt::format("{} after {}", bytes_text(socket.last_answer), ms_text(timing.elapsed())));
      } else if (end) {
        answer.ended = timing.elapsed();
        return missed(
            rule::answer_late, socket, step, timing,
            fmt::format("no match in {}; {} came by {} after the deadline", ms_text(timing.within),
                        bytes_text(answer.start), ms_text(answer.ended - timing.within)));
      }
    }
    if (answer.start.size() >= Pattern::limit) {
      return missed(rule::answer_wrong, socket, step, timing,
                    fmt::format("no match in the first {} bytes: {}", Pattern::limit,
                                bytes_text(answer.start)));
    }
    // One read takes all that is there: a search, which may be costly, is made once a read.
    answer.last = take(socket, Pattern::limit - answer.start.size(), until);
    answer.ended = timing.elapsed();
    if (answer.last.kind == Received::Kind::bytes) {
      answer.start += answer.last.bytes;
      answer.total = answer.start.size();
      continue;
    }
    const std::string came =
        answer.total == 0 ? ""
                          : fmt::format("{}, which do not match, then ", bytes_text(answer.start));
    if (answer.last.kind == Received::Kind::error) {
      return missed(error_rule(answer.last.error), socket, step, timing,
                    came + ended_text(answer.last) + " after " + ms_text(answer.ended));
    }
    if (answer.last.kind == Received::Kind::end) {
      return missed(answer.total == 0 ? rule::closed_before_answer : rule::answer_wrong, socket,
                    step, timing, came + "end of stream after " + ms_text(answer.ended));
    }
    if (late || timing.cut() || answer.total > 0) {
      const Rule& rule = answer.total == 0 ? missing_rule(socket) : rule::answer_wrong;
      return missed(rule, socket, step, timing,
                    fmt::format("{} in {}", came + (answer.total == 0 ? "nothing" : "nothing more"),
                                ms_text(answer.ended)),
                    timing.cut());
    }
    late = true;
    until = grace(timing);
  }
}

}  // namespace

Outcome expect_stream(PeerSocket& socket, const Expect& step, const Timing& timing) {
  if (step.kind == Expect::Kind::regex) return expect_match(socket, step, timing);
  const bool any = step.kind == Expect::Kind::length;
  const std::string* compared = any ? nullptr : &step.data.bytes;
  const std::uint64_t wanted = any ? step.length : step.data.bytes.size();

  Answer answer;
  read_on(socket, wanted, compared, answer, timing, timing.deadline);
  if (answer.total == wanted && !answer.wrong) {
    socket.last_answer = answer.start.substr(0, remembered_bytes);
    return Outcome::ok(fmt::format("{} after {}", answer.text(), ms_text(answer.ended)));
  }
  if (answer.last.kind != Received::Kind::none || answer.wrong) {
    return ended_early(socket, step, timing, compared, answer);
  }
  return after_deadline(socket, step, timing, wanted, compared, std::move(answer));
}

}  // namespace wireproof::script
