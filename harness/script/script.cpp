#include "script/script.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "script/context.h"
#include "script/rules.h"
#include "script/wording.h"

namespace wireproof::script {
namespace {

using scenario::RepeatStep;
using scenario::Step;

// Records of repeated steps beyond these are left out, but for a miss: the repeat itself tells how
// often they ran.
constexpr std::size_t repeated_records = 1000;

milliseconds span_of(const Step& step) {
  if (const auto* pause = std::get_if<scenario::step::Pause>(&step.action)) return pause->span;
  const auto* expect = std::get_if<scenario::step::Expect>(&step.action);
  if (expect != nullptr && expect->kind == scenario::step::Expect::Kind::nothing) {
    return expect->quiet;
  }
  return step.within;
}

}  // namespace

struct Script::Impl {
  Impl(const scenario::Case& one, Stage& stage)
      : sockets(one, stage), context{one, stage, sockets, result.readings, {}} {}

  Result result;
  Sockets sockets;
  Context context;
  bool repeated = false;  // inside a repeat

  bool run(const std::vector<Step>& steps, const std::string& number, Deadline limit);
  bool run(const Step& step, const std::string& number, Deadline limit);
  bool repeat(const RepeatStep& steps, const std::string& number, Deadline limit,
              StepRecord& record);
  void add_finding(const Miss& miss, const std::string& where);
};

// How a miss is reported. What ran into the case's time limit proves nothing of its own deadline.
void Script::Impl::add_finding(const Miss& miss, const std::string& where) {
  const scenario::Case& one = context.one;
  Blame blame = Blame::none;
  std::string seen = miss.seen;
  if (miss.by && context.has_program(*miss.by)) {
    blame = *miss.by == Side::client ? Blame::client : Blame::server;
    if (!context.stage.running(*miss.by) && miss.rule != &rule::await_exit) {
      seen += fmt::format("; the {}: {}", name(*miss.by), context.stage.describe(*miss.by));
    }
  }
  std::string wanted = miss.wanted;
  if (miss.cut) {
    wanted = fmt::format("the case's time limit of {} ms leaves room for: {}",
                         one.time_limit.count(), wanted);
  }
  Finding finding = make_finding(miss.cut ? rule::time_limit : *miss.rule, blame, {},
                                 std::move(wanted), std::move(seen));
  finding.where = where;
  result.findings.push_back(std::move(finding));
}

bool Script::Impl::run(const std::vector<Step>& steps, const std::string& number, Deadline limit) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!run(steps[i], fmt::format("{}{}", number, i + 1), limit)) return false;
  }
  return true;
}

bool Script::Impl::repeat(const RepeatStep& steps, const std::string& number, Deadline limit,
                          StepRecord& record) {
  const bool outer = std::exchange(repeated, true);
  std::size_t done = 0;
  while (done < steps.times &&
         run(steps.steps, fmt::format("{}, time {}, step ", number, done + 1), limit)) {
    ++done;
  }
  repeated = outer;
  record.seen = fmt::format("{} of {} times", done, steps.times);
  return done == steps.times;
}

bool Script::Impl::run(const Step& step, const std::string& number, Deadline limit) {
  const std::string where = fmt::format("step {}, {}", number, to_string(step.position));
  StepRecord record;
  record.shown = step.shown;
  record.why = step.why;
  record.position = step.position;
  record.start_ns = realtime_ns();
  const auto start = Deadline::Clock::now();
  const milliseconds span = span_of(step);
  const Timing timing{start, span, earlier(Deadline::at(start + span), limit), limit};

  const auto keep = [&] {
    record.end_ns = realtime_ns();
    if (record.ok && repeated && result.steps.size() >= repeated_records) return;
    result.steps.push_back(record);
  };
  try {
    if (const auto* steps = std::get_if<RepeatStep>(&step.action)) {
      record.ok = repeat(*steps, number, limit, record);
    } else {
      context.where = where;
      Outcome outcome = std::visit(
          [&](const auto& action) {
            if constexpr (std::is_same_v<std::decay_t<decltype(action)>, RepeatStep>) {
              return Outcome::ok();
            } else {
              return perform(context, action, timing);
            }
          },
          step.action);
      record.ok = !outcome.miss;
      record.seen = std::move(outcome.seen);
      if (outcome.miss) {
        add_finding(*outcome.miss, where);
        record.wanted = result.findings.back().expected;
        record.seen = result.findings.back().observed;
      }
    }
  } catch (const std::exception& error) {
    record.ok = false;
    record.seen = error.what();
    keep();
    throw;
  }
  keep();
  return record.ok;
}

Script::Script(const scenario::Case& one, Stage& stage)
    : impl_(std::make_unique<Impl>(one, stage)) {}
Script::~Script() = default;

Result Script::run(Deadline deadline) {
  impl_->result.completed = impl_->run(impl_->context.one.steps, "", deadline);
  return impl_->result;
}

const Result& Script::so_far() const { return impl_->result; }

void Script::close_all() { impl_->sockets.close_all(); }

}  // namespace wireproof::script
