#include <fmt/format.h>

#include <string_view>

#include "base/text.h"
#include "script/expect.h"
#include "script/pattern.h"
#include "script/rules.h"
#include "script/wording.h"

namespace wireproof::script {
namespace {

using scenario::step::Expect;

std::string datagram_text(const Received& got) {
  std::string text = "a datagram of " + bytes_text(got.bytes);
  if (got.truncated) {
    text = fmt::format("a datagram of {}, truncated to {}", count_text(got.real_length, "byte"),
                       bytes_text(got.bytes));
  }
  return text + " from " + to_string(got.from);
}

// A miss of one datagram against what was wanted, or nothing.
struct Fault {
  const Rule* rule;
  std::string words;
};
using MaybeFault = std::optional<Fault>;

MaybeFault compare(std::string_view wanted, std::string_view came, std::string_view last_answer) {
  if (came == wanted) return std::nullopt;
  if (wanted.starts_with(came)) {
    return Fault{&rule::answer_short,
                 fmt::format("{} of {}", came.size(), count_text(wanted.size(), "byte"))};
  }
  if (came.starts_with(wanted)) {
    const std::string_view extra = came.substr(wanted.size());
    std::string words = fmt::format("{} too many", count_text(extra.size(), "byte"));
    if (!wanted.empty() && extra == wanted) words += ": the answer twice";
    return Fault{&rule::answer_extra, words};
  }
  std::string words = difference_text(wanted, came);
  if (!last_answer.empty() && came == last_answer) words += "; it is the answer before, again";
  return Fault{&rule::answer_wrong, words};
}

MaybeFault content_fault(const Expect& step, const PeerSocket& socket, const Received& got) {
  switch (step.kind) {
    case Expect::Kind::bytes:
      return compare(step.data.bytes, got.bytes, socket.last_answer);
    case Expect::Kind::length:
      if (got.bytes.size() == step.length) return std::nullopt;
      if (got.bytes.size() < step.length) {
        return Fault{&rule::answer_short,
                     fmt::format("{} too few", step.length - got.bytes.size())};
      }
      return Fault{&rule::answer_extra, fmt::format("{} too many", got.bytes.size() - step.length)};
    case Expect::Kind::prefix:
      if (got.bytes.starts_with(step.data.bytes)) return std::nullopt;
      return compare(step.data.bytes, got.bytes, {});
    default:
      break;
  }
  if (Pattern(step.data.bytes).find(got.bytes)) return std::nullopt;
  return Fault{&rule::answer_wrong,
               got.bytes.size() > Pattern::limit
                   ? fmt::format("no match in the first {} bytes", Pattern::limit)
                   : "no match"};
}

}  // namespace

Outcome expect_datagram(Context& context, PeerSocket& socket, const Expect& step,
                        const Timing& timing) {
  std::optional<SocketAddress> from;
  if (step.from == "server") {
    from = context.sockets.server_address();
  } else if (!step.from.empty()) {
    from = context.sockets.open(step.from).local;
  }
  std::string wanted = "a datagram of " + wanted_text(step);
  if (step.truncated) wanted += *step.truncated ? ", truncated" : ", not truncated";
  if (from) wanted += " from " + to_string(*from);
  wanted += fmt::format(" within {} ms", timing.within.count());
  const auto missed = [&](const Rule& rule, std::string seen, bool cut = false) {
    return Outcome::missed(rule, wanted, std::move(seen), other(socket.side()), cut);
  };

  const std::size_t size = step.receive == 0 ? datagram_size : step.receive;
  Received got = socket.receive(size, timing.deadline);
  const std::string after = ms_text(timing.elapsed());
  switch (got.kind) {
    case Received::Kind::error:
      return missed(error_rule(got.error), ended_text(got) + " after " + after);
    case Received::Kind::end:
      return missed(rule::closed_before_answer,
                    "end of stream after " + after + ", and not one message before it");
    case Received::Kind::none: {
      if (timing.cut()) return missed(missing_rule(socket), "nothing in " + after, true);
      if (const std::string elsewhere = misdirected_text(context, socket); !elsewhere.empty()) {
        return missed(rule::answer_wrong_peer, fmt::format("nothing in {}; {}", after, elsewhere));
      }
      const Deadline until = grace(timing);
      got = socket.receive(size, until);
      const std::string late = ms_text(timing.elapsed() - timing.within);
      if (got.kind == Received::Kind::bytes) {
        return missed(rule::answer_late, fmt::format("nothing in {}; {} came {} after the deadline",
                                                     after, datagram_text(got), late));
      }
      std::string then = grace_text(timing, until, false);
      if (got.kind != Received::Kind::none) {
        then = fmt::format("; {} came {} after the deadline", ended_text(got), late);
      }
      return missed(missing_rule(socket), "nothing in " + after + then);
    }
    case Received::Kind::bytes:
      break;
  }

  const std::string seen = datagram_text(got) + " after " + after;
  if (from && !(got.from == *from)) {
    return missed(rule::answer_other_address, seen + ": it is not " + to_string(*from) + "'s");
  }
  if (const MaybeFault fault = content_fault(step, socket, got)) {
    return missed(*fault->rule, seen + ": " + fault->words);
  }
  if (step.truncated && *step.truncated != got.truncated) {
    return missed(rule::truncation, seen + (got.truncated ? ": truncated" : ": not truncated"));
  }
  socket.last_answer = got.bytes.substr(0, remembered_bytes);
  return Outcome::ok(seen);
}

}  // namespace wireproof::script
