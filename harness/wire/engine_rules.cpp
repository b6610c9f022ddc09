// The rules' part of the engine: which apply to a packet, and what they do to it.
#include <fmt/format.h>

#include "wire/answer.h"
#include "wire/engine.h"
#include "wire/match.h"

namespace wireproof::wire {

// One action on one packet. Each returns whether the packet goes on to the next rule.
class Engine::Perform {
 public:
  Perform(Engine& engine, std::size_t rule, Context& context)
      : engine_(engine), rule_(rule), name_(engine.rules_[rule].rule.name), context_(context) {}

  bool operator()(const Pass&) { return say(Deed::passed); }
  bool operator()(const Drop&) {
    say(Deed::dropped);
    return drop();
  }
  bool operator()(const Hold& hold) {
    say(Deed::held, hold.name);
    return wait(Waiting::Kind::hold, hold.name, hold.until_matches, hold.until_after);
  }
  bool operator()(const Release& release) {
    auto released = engine_.waiting_.take([&](const Waiting& one) {
      return one.kind == Waiting::Kind::hold && one.name == release.name;
    });
    if (released.empty())
      say(Deed::not_applicable, fmt::format("nothing held as {}", release.name));
    for (Waiting& one : released) {
      one.rule = rule_;
      context_.behind_it.push_back(std::move(one));
    }
    return true;
  }
  bool operator()(const Duplicate& duplicate) {
    passage().copies += duplicate.copies;
    passage().spacing = duplicate.spacing;
    return say(Deed::duplicated, fmt::format("{} more", duplicate.copies));
  }
  bool operator()(const Delay& delay) {
    passage().extra_delay += delay.by;
    return say(Deed::delayed,
               fmt::format("{:.3f} ms", static_cast<double>(delay.by.count()) / 1e6));
  }
  bool operator()(const ReorderBehind& reorder) {
    say(Deed::reordered, fmt::format("behind the next {}", reorder.packets));
    return wait(Waiting::Kind::behind, name_, reorder.packets, reorder.at_most);
  }
  bool operator()(const Corrupt& corruption) {
    return edited(Deed::corrupted, corrupt(passage().own(), corruption));
  }
  bool operator()(const SetFields& fields) {
    return edited(Deed::changed, set_fields(passage().own(), fields, passage().standing));
  }
  bool operator()(const Truncate& truncation) {
    return edited(Deed::truncated, truncate(passage().own(), truncation));
  }
  bool operator()(const AnswerRst& answer);
  bool operator()(const AnswerIcmp& answer);
  bool operator()(const Split& action);
  bool operator()(const JoinNext& join) {
    return wait(Waiting::Kind::join, name_, std::nullopt, join.at_most);
  }

 private:
  Passage& passage() { return context_.passage; }
  bool say(Deed deed, std::string detail = {}) {
    engine_.decide(context_.now, Cause::rule, name_, deed, std::move(detail), passage().id);
    return true;
  }
  bool drop() {
    ++engine_.lane(passage().id.direction).stats.dropped_by_rule;
    return false;
  }
  bool wait(Waiting::Kind kind, const std::string& name, std::optional<std::uint64_t> remaining,
            std::optional<nanoseconds> at_most) {
    Waiting waiting{kind, 0, name, rule_, remaining, {}, {}};
    if (at_most) waiting.deadline = context_.now + *at_most;
    waiting.passage = std::move(passage());
    engine_.wait(std::move(waiting));
    return false;
  }
  // Later rules see what the edit left.
  bool edited(Deed deed, const Edited& edit) {
    context_.packet = decoded(passage().view());
    return say(edit.done ? deed : Deed::not_applicable, edit.what);
  }
  bool after_answer(bool pass) {
    if (pass) return true;
    say(Deed::dropped, "answered instead");
    return drop();
  }

  Engine& engine_;
  std::size_t rule_;
  const std::string& name_;
  Context& context_;
};

bool Engine::Perform::operator()(const AnswerRst& answer) {
  const Direction direction = passage().id.direction;
  if (answer.to != AnswerRst::To::receiver) {
    auto frame = rst_to_sender(passage().view(), answer.sequence_offset);
    if (!frame) return say(Deed::not_applicable, "no TCP segment");
    say(Deed::answered, "RST to its sender");
    engine_.answer(passage(), opposite(direction), std::move(*frame), context_.now, context_.out);
  }
  if (answer.to != AnswerRst::To::sender) {
    auto frame = rst_to_receiver(passage().view(), answer.pass, answer.sequence_offset);
    if (!frame) return say(Deed::not_applicable, "no TCP segment");
    say(Deed::answered, "RST to its receiver");
    Waiting reset;
    reset.kind = Waiting::Kind::behind;
    reset.name = name_;
    reset.passage.id = passage().id;
    reset.passage.bytes = std::move(*frame);
    reset.passage.owned = reset.passage.chosen = true;
    context_.behind_it.push_back(std::move(reset));
  }
  return after_answer(answer.pass);
}

bool Engine::Perform::operator()(const AnswerIcmp& answer) {
  auto frame = icmp_error(passage().view(), answer);
  if (!frame) return say(Deed::not_applicable, "an ICMP error is not answered by one");
  const packet::Packet reply = decoded(*frame);
  say(Deed::answered, fmt::format("ICMP type {} code {}", reply.icmp.type, reply.icmp.code));
  engine_.answer(passage(), opposite(passage().id.direction), std::move(*frame), context_.now,
                 context_.out);
  return after_answer(answer.pass);
}

bool Engine::Perform::operator()(const Split& action) {
  auto parts = split(passage().view(), action.payload_bytes);
  if (!parts) return say(Deed::not_applicable, "no segment with more payload than that");
  say(Deed::split, fmt::format("{} and {} bytes", action.payload_bytes,
                               passage().id.payload_length - action.payload_bytes));
  Passage second = passage();
  passage().bytes = std::move(parts->first);
  second.bytes = std::move(parts->second);
  passage().owned = second.owned = true;
  engine_.enter(std::move(passage()), context_.now, context_.out);
  engine_.enter(std::move(second), context_.now, context_.out);
  return false;
}

// While something is held until a count, packets that fit the rule pass and count.
void Engine::count_for_hold(std::size_t rule, Context& context) {
  auto ready = waiting_.take([&](Waiting& one) {
    return one.kind == Waiting::Kind::hold && one.rule == rule && one.remaining &&
           --*one.remaining == 0;
  });
  for (Waiting& one : ready) context.behind_it.push_back(std::move(one));
}

bool Engine::apply_rules(Context& context) {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    RuleState& state = rules_[i];
    const Rule& rule = state.rule;
    if (!rule.after.empty() && matched(rule.after) == 0) continue;
    if (!fits(rule.on, context.packet, context.passage.standing, context.passage.id.direction))
      continue;
    ++state.fitted;
    const auto* const hold = std::get_if<Hold>(&rule.action);
    if (hold && hold->until_matches) {
      bool counting = false;
      for (const Waiting& one : waiting_.list())
        counting |= one.kind == Waiting::Kind::hold && one.rule == i && one.remaining.has_value();
      if (counting) {
        count_for_hold(i, context);
        continue;
      }
    }
    if (!rule.on.nth.contains(state.fitted)) continue;
    ++state.matched;
    if (!std::visit(Perform(*this, i, context), rule.action)) return false;
  }
  return true;
}

// A segment that another waits for is joined with it; one that does not continue it sends it on.
bool Engine::try_join(Passage& passage, Time now, Outlet& out) {
  const PacketId& id = passage.id;
  if (waiting_.empty() || id.protocol != packet::Protocol::tcp) return false;
  auto found = waiting_.take(
      [&](const Waiting& one) {
        return one.kind == Waiting::Kind::join && one.passage.id.direction == id.direction &&
               one.passage.id.connection == id.connection;
      },
      1);
  if (found.empty()) return false;
  Waiting& first = found.front();
  auto joined = join(first.passage.view(), passage.view(), options_.mtu);
  if (!joined) {
    decide(now, Cause::rule, first.name, Deed::not_applicable,
           "the next segment does not continue it, or both exceed the MTU", first.passage.id);
    enter(std::move(first.passage), now, out);
    return false;
  }
  decide(now, Cause::rule, first.name, Deed::joined,
         fmt::format("{} and {} bytes", first.passage.id.payload_length, id.payload_length),
         first.passage.id);
  first.passage.bytes = std::move(*joined);
  enter(std::move(first.passage), now, out);
  return true;
}

}  // namespace wireproof::wire
