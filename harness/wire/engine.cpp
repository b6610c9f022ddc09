#include "wire/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "packet/build.h"
#include "packet/decode.h"
#include "wire/answer.h"
#include "wire/match.h"
#include "wire/validate.h"

namespace wireproof::wire {

namespace {
constexpr Direction directions[] = {Direction::client_to_server, Direction::server_to_client};
}

Engine::Lane::Lane(const Plan& plan, Direction direction)
    : impairment(
          direction == Direction::client_to_server ? plan.client_to_server : plan.server_to_client,
          plan.seed, direction) {}

Engine::Engine(const Plan& plan, const EngineOptions& options)
    : options_(options), lanes_{Lane(plan, directions[0]), Lane(plan, directions[1])} {
  if (const auto problems = problems_of(plan); !problems.empty())
    throw std::invalid_argument("impossible wire plan: " + to_string(problems.front()));
  for (const Rule& rule : plan.rules) rules_.push_back({rule});
}

void Engine::decide(Time now, Cause cause, std::string_view name, Deed deed, std::string detail,
                    const PacketId& packet) {
  if (decisions_.size() >= options_.most_decisions) {
    ++decisions_left_out_;
    return;
  }
  decisions_.push_back({options_.realtime_ns + now.count(), cause, std::string(name), deed,
                        std::move(detail), packet});
}

void Engine::accept(const Arrival& arrival, Outlet& out) {
  Lane& own = lane(arrival.direction);
  ++own.stats.received;
  packet::Packet packet =
      packet::decode(packet::build::frame(arrival.frame, 0, arrival.time_ns), false);
  Passage passage;
  passage.borrowed = arrival.frame;
  const bool housekeeping = is_housekeeping(packet);
  if (housekeeping) {
    ++own.stats.housekeeping;
  } else {
    ++own.numbered;
    passage.standing = conversations_.follow(packet, arrival.direction);
  }
  passage.id.direction = arrival.direction;
  const bool at_rest = rules_.empty() && own.impairment.none() && waiting_.empty() && up_;
  if (!at_rest) {
    passage.id =
        identify(packet, passage.standing, arrival.direction, housekeeping ? 0 : own.numbered);
  }
  passage.chosen = housekeeping;
  if (!rules_.empty()) {
    if (try_join(passage, arrival.at, out)) return;
    Context context{passage, packet, arrival.at, out};
    const bool goes_on = apply_rules(context);
    if (goes_on) enter(std::move(passage), arrival.at, out);
    let_go(std::move(context.behind_it), Cause::rule, {}, arrival.at, out);
    return;
  }
  enter(std::move(passage), arrival.at, out);
}

// Those that waited behind it follow; they themselves count for nobody.
void Engine::enter(Passage passage, Time now, Outlet& out) {
  const Direction direction = passage.id.direction;
  const bool counts = !passage.chosen;
  std::vector<Waiting> ready;
  if (counts && !waiting_.empty()) {
    ready = waiting_.take([&](Waiting& one) {
      return one.kind == Waiting::Kind::behind && one.passage.id.direction == direction &&
             --*one.remaining == 0;
    });
  }
  pass_on(passage, now, out);
  for (Waiting& one : ready) pass_on(one.passage, now, out);
}

void Engine::pass_on(Passage& passage, Time now, Outlet& out) {
  Lane& own = lane(passage.id.direction);
  if (!up_) {
    ++own.stats.dropped_by_condition;
    return decide(now, Cause::condition, "link", Deed::dropped, "the link is down", passage.id);
  }
  if (passage.chosen || own.impairment.none()) return transmit(passage, now, out);
  if (exceeds_mtu(passage, now, out)) return;

  const Impairment::Choice choice = own.impairment.choose();
  const Conditions& conditions = own.impairment.conditions();
  passage.chosen = true;
  if (choice.lose) {
    ++own.stats.dropped_by_condition;
    return decide(now, Cause::condition, "loss", Deed::dropped, choice.in_burst ? "in a burst" : "",
                  passage.id);
  }
  if (choice.corrupt) {
    const Edited edited = flip_bit(passage.own(), choice.corrupt_bit);
    decide(now, Cause::condition, "corruption",
           edited.done ? Deed::corrupted : Deed::not_applicable, edited.what, passage.id);
  }
  if (choice.copies > 0) {
    passage.copies += choice.copies;
    decide(now, Cause::condition, "duplication", Deed::duplicated,
           fmt::format("{} more", choice.copies), passage.id);
  }
  if (choice.jitter.count() != 0) {
    passage.jitter = choice.jitter;
    decide(now, Cause::condition, "jitter", Deed::delayed,
           fmt::format("{:+.3f} ms", static_cast<double>(choice.jitter.count()) / 1e6), passage.id);
  }
  if (choice.reorder) {
    const Reordering& reordering = conditions.reordering;
    decide(now, Cause::condition, "reordering", Deed::reordered,
           fmt::format("behind the next {}", reordering.behind), passage.id);
    return wait({Waiting::Kind::behind, 0, "reordering", 0, reordering.behind,
                 now + reordering.at_most, std::move(passage)});
  }
  transmit(passage, now, out);
}

bool Engine::exceeds_mtu(Passage& passage, Time now, Outlet& out) {
  const auto& mtu = lane(passage.id.direction).impairment.conditions().mtu;
  if (!mtu) return false;
  const packet::Packet packet = decoded(passage.view());
  const std::size_t length = packet.frame.bytes.size() - packet.ip_offset;
  if (packet.ip_offset == 0 || length <= mtu->bytes) return false;
  const std::string detail = fmt::format("{} bytes exceed {}", length, mtu->bytes);
  auto fragments = fragment(passage.view(), mtu->bytes);
  if (!fragments.empty()) {
    decide(now, Cause::condition, "mtu", Deed::fragmented, detail, passage.id);
    for (Bytes& piece : fragments) {
      Passage part = passage;
      part.bytes = std::move(piece);
      part.owned = true;
      pass_on(part, now, out);
    }
    return true;
  }
  ++lane(passage.id.direction).stats.dropped_by_condition;
  decide(now, Cause::condition, "mtu", Deed::dropped, detail, passage.id);
  if (mtu->black_hole) return true;
  AnswerIcmp too_big;
  too_big.error = IcmpError::packet_too_big;
  too_big.mtu = mtu->bytes;
  if (auto frame = icmp_error(passage.view(), too_big)) {
    decide(now, Cause::condition, "mtu", Deed::answered,
           fmt::format("packet too big, MTU {}", mtu->bytes), passage.id);
    answer(passage, opposite(passage.id.direction), std::move(*frame), now, out);
  }
  return true;
}

void Engine::transmit(Passage& passage, Time now, Outlet& out) {
  Lane& own = lane(passage.id.direction);
  const unsigned copies = passage.copies;
  for (unsigned i = 0; i <= copies; ++i) {
    const auto sent = own.impairment.admit(now, passage.view().size());
    if (!sent) {
      ++own.stats.dropped_by_condition;
      decide(now, Cause::condition, "queue", Deed::dropped, "the queue is full", passage.id);
      continue;
    }
    const Time due =
        own.impairment.arrival(*sent, passage.jitter) + passage.extra_delay + i * passage.spacing;
    dispatch(passage, due, now, i == copies, out);
  }
}

void Engine::dispatch(Passage& passage, Time due, Time now, bool last, Outlet& out) {
  const Direction direction = passage.id.direction;
  LaneStats& stats = lane(direction).stats;
  if (due <= now) {
    ++stats.forwarded;
    if (!passage.owned) return out.lend(direction, passage.borrowed);
    return out.give(direction, last ? std::move(passage.bytes) : passage.bytes);
  }
  const std::size_t waiting = schedule_[0].bytes() + schedule_[1].bytes() + waiting_.bytes();
  if (waiting + passage.view().size() > options_.most_waiting_bytes) {
    ++stats.overflowed;
    return;
  }
  Bytes frame =
      last ? std::move(passage.own()) : Bytes(passage.view().begin(), passage.view().end());
  schedule_[static_cast<std::size_t>(direction)].add(due, std::move(frame), passage.id);
}

// Answers are the link's own: chance spares them, the delay of their direction does not.
void Engine::answer(const Passage& passage, Direction direction, Bytes frame, Time now,
                    Outlet& out) {
  Passage reply;
  reply.id = passage.id;
  reply.id.direction = direction;
  reply.bytes = std::move(frame);
  reply.owned = reply.chosen = true;
  if (up_) dispatch(reply, lane(direction).impairment.arrival(now, nanoseconds(0)), now, true, out);
}

void Engine::wait(Waiting waiting) {
  waiting.passage.own();
  const std::size_t bytes = schedule_[0].bytes() + schedule_[1].bytes() + waiting_.bytes();
  if (bytes + waiting.passage.bytes.size() > options_.most_waiting_bytes) {
    ++lane(waiting.passage.id.direction).stats.overflowed;
    return;
  }
  waiting_.add(std::move(waiting));
}

void Engine::let_go(std::vector<Waiting> released, Cause cause, std::string_view by, Time now,
                    Outlet& out) {
  for (Waiting& one : released) {
    if (one.kind == Waiting::Kind::hold) {
      decide(now, cause, by.empty() ? rules_[one.rule].rule.name : by, Deed::released, one.name,
             one.passage.id);
    }
    enter(std::move(one.passage), now, out);
  }
}

std::optional<Time> Engine::next_due() const {
  std::optional<Time> next = waiting_.next_deadline();
  for (const Schedule& schedule : schedule_) {
    const auto due = schedule.next_due();
    if (due && (!next || *due < *next)) next = due;
  }
  return next;
}

void Engine::advance(Time now, Outlet& out) {
  for (auto due = next_due(); due && *due <= now; due = next_due()) {
    for (const Direction direction : directions) {
      Schedule& schedule = schedule_[static_cast<std::size_t>(direction)];
      while (schedule.next_due() && *schedule.next_due() <= *due) {
        Scheduled ready = schedule.take();
        if (up_) {
          ++lane(direction).stats.forwarded;
          out.give(direction, std::move(ready.frame));
        } else {
          ++lane(direction).stats.dropped_by_condition;
          decide(*due, Cause::condition, "link", Deed::dropped, "the link is down", ready.id);
        }
      }
    }
    for (Waiting& one :
         waiting_.take([&](Waiting& w) { return w.deadline && *w.deadline <= *due; })) {
      const std::string detail = one.kind == Waiting::Kind::hold ? one.name : "its time has passed";
      const bool by_rule = one.kind != Waiting::Kind::behind || !one.passage.chosen;
      decide(*due, by_rule ? Cause::rule : Cause::condition,
             one.kind == Waiting::Kind::hold ? rules_[one.rule].rule.name : one.name,
             Deed::released, detail, one.passage.id);
      enter(std::move(one.passage), *due, out);
    }
  }
}

void Engine::set_conditions(Direction direction, const Conditions& conditions) {
  for (const Direction each : directions)
    if (direction == Direction::both || direction == each) lane(each).impairment.set(conditions);
}

void Engine::set_link(bool up, Time now) {
  if (up == up_) return;
  up_ = up;
  PacketId none;
  none.direction = Direction::both;
  decide(now, Cause::script, "link", up ? Deed::link_up : Deed::link_down, {}, none);
}

std::size_t Engine::release(std::string_view name, Time now, Outlet& out) {
  auto released = waiting_.take(
      [&](const Waiting& one) { return one.kind == Waiting::Kind::hold && one.name == name; });
  const std::size_t count = released.size();
  let_go(std::move(released), Cause::script, "release", now, out);
  return count;
}

bool Engine::settle(std::uint64_t serial, Fate fate, Time now, Outlet& out) {
  auto found = waiting_.take(
      [&](const Waiting& one) { return one.kind == Waiting::Kind::hold && one.serial == serial; });
  if (found.empty()) return false;
  Waiting& one = found.front();
  if (fate == Fate::drop) {
    ++lane(one.passage.id.direction).stats.dropped_by_rule;
    decide(now, Cause::script, "step", Deed::dropped, one.name, one.passage.id);
    return true;
  }
  if (fate == Fate::duplicate) {
    ++one.passage.copies;
    decide(now, Cause::script, "step", Deed::duplicated, "1 more", one.passage.id);
  }
  let_go(std::move(found), Cause::script, "step", now, out);
  return true;
}

void Engine::stop_waiting(Time now, Outlet& out) {
  for (Waiting& one : waiting_.take([](const Waiting& w) { return w.kind != Waiting::Kind::hold; }))
    pass_on(one.passage, now, out);
}

void Engine::finish(Time now) {
  for (const Waiting& one : waiting_.take([](const Waiting&) { return true; }))
    decide(now, Cause::script, "end", Deed::dropped, "still waiting: " + one.name, one.passage.id);
  for (Schedule& schedule : schedule_)
    while (schedule.next_due())
      decide(now, Cause::script, "end", Deed::dropped, "still on its way", schedule.take().id);
}

std::vector<HeldPacket> Engine::held() const {
  std::vector<HeldPacket> held;
  for (const Waiting& one : waiting_.list())
    if (one.kind == Waiting::Kind::hold)
      held.push_back({one.serial, one.name, one.passage.id,
                      Bytes(one.passage.view().begin(), one.passage.view().end())});
  return held;
}

std::size_t Engine::held(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      waiting_.list().begin(), waiting_.list().end(),
      [&](const Waiting& one) { return one.kind == Waiting::Kind::hold && one.name == name; }));
}

std::uint64_t Engine::matched(std::string_view rule) const {
  for (const RuleState& state : rules_)
    if (state.rule.name == rule) return state.matched;
  return 0;
}

std::vector<std::string> Engine::unmatched() const {
  std::vector<std::string> names;
  for (const RuleState& state : rules_)
    if (state.matched == 0 && !state.rule.may_miss) names.push_back(state.rule.name);
  return names;
}

}  // namespace wireproof::wire
