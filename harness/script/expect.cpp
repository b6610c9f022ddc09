#include "script/expect.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "script/rules.h"
#include "script/wording.h"

namespace wireproof::script {

using scenario::step::Expect;

Outcome perform(Context& context, const Expect& step, const Timing& timing) {
  PeerSocket& socket = context.sockets.open(step.socket);
  switch (step.kind) {
    case Expect::Kind::bytes:
    case Expect::Kind::length:
    case Expect::Kind::prefix:
    case Expect::Kind::regex:
      return socket.is_stream() ? expect_stream(socket, step, timing)
                                : expect_datagram(context, socket, step, timing);
    case Expect::Kind::end:
    case Expect::Kind::reset:
    case Expect::Kind::refused:
    case Expect::Kind::error:
    case Expect::Kind::nothing:
      break;
  }
  return expect_end(context, socket, step, timing);
}

std::string wanted_text(const Expect& step) {
  switch (step.kind) {
    case Expect::Kind::bytes:
      return bytes_text(step.data.bytes);
    case Expect::Kind::length:
      return count_text(step.length, "byte");
    case Expect::Kind::prefix:
      return "bytes that begin with " + wireproof::quoted(step.data.bytes);
    case Expect::Kind::regex:
      return "bytes that match " + wireproof::quoted(step.data.bytes);
    case Expect::Kind::end:
      return "the end of the stream";
    case Expect::Kind::reset:
      return "a reset (ECONNRESET)";
    case Expect::Kind::refused:
      return "a refusal (ECONNREFUSED)";
    case Expect::Kind::error:
      return step.error;
    case Expect::Kind::nothing:
      return "nothing";
  }
  return {};
}

std::string ended_text(const Received& got) {
  switch (got.kind) {
    case Received::Kind::end:
      return "end of stream";
    case Received::Kind::error:
      return got.error == ECONNRESET ? "reset (ECONNRESET)" : errno_text(got.error);
    case Received::Kind::none:
    case Received::Kind::bytes:
      break;
  }
  return "nothing more";
}

Deadline grace(const Timing& timing) {
  const auto span = std::min<nanoseconds>(timing.within, std::chrono::seconds(3));
  return earlier(Deadline::after(span), timing.limit);
}

std::string grace_text(const Timing& timing, Deadline until, bool some) {
  const auto more = until.moment() - timing.deadline.moment();
  if (more < milliseconds(1)) return {};
  return fmt::format(", {} in {} more", some ? "and nothing" : "nor", ms_text(more));
}

std::string misdirected_text(Context& context, const PeerSocket& asker) {
  if (!asker.is_datagram()) return {};
  for (const auto& one : context.sockets.all()) {
    if (one.get() == &asker || !one->is_open() || one->side() != asker.side()) continue;
    // The script ends with this miss: what the others hold may be read to be counted.
    std::string last;
    for (Received got = one->receive(datagram_size); got.kind == Received::Kind::bytes;
         got = one->receive(datagram_size)) {
      last = fmt::format("{} from {}", bytes_text(got.bytes), to_string(got.from));
    }
    if (!last.empty() && one->received > one->sent) {
      return fmt::format("socket {} was sent {} and had not asked for it",
                         wireproof::quoted(one->name()), last);
    }
  }
  return {};
}

const Rule& missing_rule(const PeerSocket& socket) {
  return socket.write_shut && !socket.is_datagram() ? rule::half_close_ignored
                                                    : rule::answer_missing;
}

const Rule& error_rule(int error) {
  if (error == ECONNRESET) return rule::reset_before_answer;
  if (error == ECONNREFUSED) return rule::answer_refused;
  return rule::expect;
}

}  // namespace wireproof::script
