#include <fmt/format.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "script/context.h"
#include "script/rules.h"
#include "script/wording.h"

namespace wireproof::script {
namespace {

bool is_there(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  throw_errno("look for", path);
}

}  // namespace

void sleep_until(Deadline moment) {
  const auto since_boot =
      moment.moment().time_since_epoch();  // the steady clock is CLOCK_MONOTONIC
  const auto ns = std::chrono::duration_cast<nanoseconds>(since_boot).count();
  const timespec when{static_cast<time_t>(ns / 1'000'000'000), ns % 1'000'000'000};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, nullptr) == EINTR) {
  }
}

Outcome perform(Context&, const scenario::step::Pause& step, const Timing& timing) {
  sleep_until(timing.deadline);
  if (!timing.cut()) return Outcome::ok();
  return Outcome::missed(rule::time_limit, fmt::format("a pause of {} ms", step.span.count()),
                         ms_text(timing.elapsed()) + " of it", std::nullopt, true);
}

Outcome perform(Context& context, const scenario::step::Launch& step, const Timing& timing) {
  context.stage.launch(step.who, timing.deadline);
  return Outcome::ok();
}

Outcome perform(Context& context, const scenario::step::Signal& step, const Timing&) {
  context.stage.signal(step.who, step.number);
  return Outcome::ok();
}

Outcome perform(Context& context, const scenario::step::Chmod& step, const Timing&) {
  const std::string path = context.sockets.path(step.path);
  if (::chmod(path.c_str(), static_cast<mode_t>(step.mode)) == 0) return Outcome::ok();
  if (errno != ENOENT) throw_errno("change the mode of", path);
  return Outcome::missed(rule::path_missing, fmt::format("a socket at {}", wireproof::quoted(path)),
                         "nothing is there", context.doer(Side::server));
}

Outcome perform(Context& context, const scenario::step::PathExists& step, const Timing& timing) {
  const std::string path = context.sockets.path(step.path);
  for (milliseconds pause{1};; pause = std::min(pause * 2, milliseconds(16))) {
    if (is_there(path) == step.exists) {
      return Outcome::ok(step.exists ? "it is there" : "nothing is there");
    }
    if (timing.deadline.passed()) break;
    sleep_until(earlier(timing.deadline, Deadline::after(pause)));
  }
  return Outcome::missed(
      step.exists ? rule::path_missing : rule::path_left,
      fmt::format("{} at {} within {} ms", step.exists ? "a socket" : "nothing",
                  wireproof::quoted(path), timing.within.count()),
      fmt::format("{} after {}", step.exists ? "nothing is there" : "it is there",
                  ms_text(timing.elapsed())),
      context.doer(Side::server), timing.cut());
}

}  // namespace wireproof::script
