// Steps about the emulated link. What does not come to it is nobody's fault by name: either end, or
// the scenario itself, may be the reason.
#include <fmt/format.h>

#include "base/text.h"
#include "script/context.h"
#include "script/rules.h"
#include "script/wording.h"

namespace wireproof::script {

Outcome perform(Context& context, const scenario::step::ReleaseHeld& step, const Timing& timing) {
  const std::size_t released = context.stage.release(step.name);
  if (released > 0) return Outcome::ok(count_text(released, "packet") + " released");
  return Outcome::missed(rule::release,
                         fmt::format("a packet is held as {}", wireproof::quoted(step.name)),
                         "none is: nothing was released", std::nullopt, timing.cut());
}

Outcome perform(Context& context, const scenario::step::AwaitHeld& step, const Timing& timing) {
  std::string seen;
  if (context.stage.await_held(step.name, step.count, timing.deadline, seen)) {
    return Outcome::ok(seen);
  }
  return Outcome::missed(rule::await_held,
                         fmt::format("{} held as {} within {} ms", count_text(step.count, "packet"),
                                     wireproof::quoted(step.name), timing.within.count()),
                         seen, std::nullopt, timing.cut());
}

Outcome perform(Context& context, const scenario::step::AwaitMatch& step, const Timing& timing) {
  std::string seen;
  if (context.stage.await_match(step.rule, step.count, timing.deadline, seen)) {
    return Outcome::ok(seen);
  }
  return Outcome::missed(
      rule::await_match,
      fmt::format("rule {} matches {} within {} ms", wireproof::quoted(step.rule),
                  count_text(step.count, "packet"), timing.within.count()),
      seen, std::nullopt, timing.cut());
}

Outcome perform(Context& context, const scenario::step::SetLink& step, const Timing&) {
  context.stage.set_link(step.up);
  return Outcome::ok();
}

Outcome perform(Context& context, const scenario::step::SetConditions& step, const Timing&) {
  context.stage.set_conditions(step.direction, step.conditions);
  return Outcome::ok();
}

}  // namespace wireproof::script
