#include "run/packet_expectations.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "packet/decode.h"
#include "run/rules.h"
#include "wire/match.h"

namespace wireproof::run {
namespace {

struct Seen {
  packet::Packet packet;
  wire::Standing standing;
  wire::Direction direction;
};

// Views of packets live as long as the frames.
std::vector<Seen> follow(std::span<const packet::Frame> frames, const packet::Address& client) {
  wire::Conversations conversations;
  std::vector<Seen> all;
  for (const packet::Frame& frame : frames) {
    Seen seen{packet::decode(frame, false), {}, wire::Direction::server_to_client};
    if (wire::is_housekeeping(seen.packet)) continue;
    if (seen.packet.source.address == client) seen.direction = wire::Direction::client_to_server;
    seen.standing = conversations.follow(seen.packet, seen.direction);
    all.push_back(seen);
  }
  return all;
}

std::string words(const wire::Range& range) {
  if (range.from == range.to) return std::to_string(range.from);
  if (range.to == wire::Range{}.to) return fmt::format("at least {}", range.from);
  return range.from == 0 ? fmt::format("at most {}", range.to)
                         : fmt::format("{} to {}", range.from, range.to);
}

double ms_between(const Seen& a, const Seen& b) {
  return static_cast<double>(b.packet.frame.time_ns - a.packet.frame.time_ns) / 1e6;
}

using Where = scenario::PacketsExpected::Where;

std::string_view name(Where where) {
  switch (where) {
    case Where::sent:
      return "sent";
    case Where::received:
      return "received";
    case Where::lost:
      return "lost";
  }
  return "?";
}

// Of one capture; where packets are lost, of the sender's, beside the receiver's.
class Check {
 public:
  Check(const scenario::PacketsExpected& wanted, const std::vector<Seen>& captured,
        std::size_t arrived)
      : wanted_(wanted), arrived_(arrived) {
    for (const Seen& seen : captured) {
      if (!wire::fits(wanted.on, seen.packet, seen.standing, seen.direction)) continue;
      if (wanted.on.nth.contains(++fitted_)) found_.push_back(&seen);
    }
  }

  std::size_t count() const { return found_.size(); }

  void into(std::vector<Finding>& findings) const {
    if (wanted_.where == Where::lost) {
      const std::size_t lost = found_.size() - std::min(found_.size(), arrived_);
      if (wanted_.count.contains(lost)) return;
      findings.push_back(
          finding(rule::wire_packets, words(wanted_.count) + " " + subject(),
                  fmt::format("{}: {} sent, {} received", lost, found_.size(), arrived_)));
      return;
    }
    if (!wanted_.count.contains(found_.size())) {
      findings.push_back(finding(rule::wire_packets, words(wanted_.count) + " " + subject(),
                                 std::to_string(found_.size()) + times()));
      return;
    }
    for (std::size_t i = 0; i < wanted_.gaps_ms.size() && i + 1 < found_.size(); ++i) {
      const wire::Range& range = wanted_.gaps_ms[i];
      const double gap = ms_between(*found_[i], *found_[i + 1]);
      if (gap >= static_cast<double>(range.from) && gap <= static_cast<double>(range.to)) continue;
      findings.push_back(
          finding(rule::wire_gaps,
                  fmt::format("{} ms between the {} and the next of {}", words(range),
                              i == 0 ? "first" : fmt::format("{}th", i + 1), subject()),
                  fmt::format("{:.1f} ms{}", gap, times())));
      return;
    }
  }

 private:
  std::string subject() const {
    return fmt::format("{} {}", wire::describe(wanted_.on), name(wanted_.where));
  }
  // ", at 0, 1024.0 and 3051.2 ms"
  std::string times() const {
    constexpr std::size_t shown = 8;
    std::string text;
    for (std::size_t i = 0; i < std::min(found_.size(), shown); ++i) {
      text += fmt::format("{}{:.1f}", i == 0 ? ", at " : ", ", ms_between(*found_[0], *found_[i]));
    }
    if (found_.size() > shown) text += " ...";
    return text.empty() ? text : text + " ms";
  }
  Finding finding(const Rule& rule, std::string expected, std::string observed) const {
    Finding made = make_finding(rule, Blame::none, {}, std::move(expected), std::move(observed));
    const bool at_client = (wanted_.where == Where::received) !=
                           (wanted_.on.direction == wire::Direction::client_to_server);
    made.where = fmt::format("the {}'s capture; {}", at_client ? "client" : "server",
                             scenario::to_string(wanted_.position));
    if (at_client) {
      for (const Seen* seen : found_) made.packets.push_back(seen->packet.frame.number);
    }
    return made;
  }

  const scenario::PacketsExpected& wanted_;
  std::size_t arrived_;
  std::uint64_t fitted_ = 0;
  std::vector<const Seen*> found_;
};

}  // namespace

std::vector<Finding> judge_packets(const std::vector<scenario::PacketsExpected>& expected,
                                   const EndsCaptured& ends) {
  std::vector<Finding> findings;
  if (expected.empty()) return findings;
  const std::vector<Seen> at_client = follow(ends.client, ends.client_address);
  const std::vector<Seen> at_server = follow(ends.server, ends.client_address);
  for (const scenario::PacketsExpected& wanted : expected) {
    const bool from_client = wanted.on.direction == wire::Direction::client_to_server;
    const auto& sender = from_client ? at_client : at_server;
    const auto& receiver = from_client ? at_server : at_client;
    const Check received(wanted, receiver, 0);
    if (wanted.where == Where::received) {
      received.into(findings);
    } else {
      Check(wanted, sender, received.count()).into(findings);
    }
  }
  return findings;
}

}  // namespace wireproof::run
