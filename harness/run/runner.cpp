#include "run/runner.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <list>
#include <optional>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/signals.h"
#include "reports/report.h"
#include "run/case_process.h"

namespace wireproof::run {
namespace {

constexpr int tick_ms = 200;

struct Job {
  std::size_t at = 0;       // place in the report
  std::uint64_t order = 0;  // CaseReport::order
  const scenario::Case* one = nullptr;
  CaseSettings settings;
  unsigned attempts = 1;
  std::vector<std::string> earlier_attempts;
};

struct Running {
  Job job;
  CaseProcess process;
};

std::string folder_of(const scenario::Case& one, unsigned repetition) {
  std::string folder = "cases/" + one.id;
  if (repetition > 1) folder += "#" + std::to_string(repetition);
  return folder;
}

// What mostly waits starts first, so that the run is not longer than its longest case: what says
// that it is slow; then timers of the kernel on a wire, and deadlines that a fault is to pass.
int start_class(const scenario::Case& one) {
  if (std::find(one.tags.begin(), one.tags.end(), "slow") != one.tags.end()) return 0;
  return one.topology == lab::Topology::wire || !one.expected_failures.empty() ? 1 : 2;
}

class Scheduler {
 public:
  Scheduler(const RunOptions& options, const Progress& progress, std::size_t total)
      : options_(options),
        progress_(progress),
        jobs_(options.jobs != 0 ? options.jobs : default_jobs()),
        total_(total) {}

  void add(const scenario::Case& one, unsigned repetition, std::uint64_t order) {
    Job job;
    job.at = results_.size();
    job.order = order;
    job.one = &one;
    job.settings = options_.settings;
    job.settings.folder = folder_of(one, repetition);
    results_.emplace_back();
    waiting_.push_back(std::move(job));
  }

  // Runs until nothing waits; false when interrupted.
  bool drain() {
    std::stable_sort(waiting_.begin(), waiting_.end(), [](const Job& left, const Job& right) {
      return start_class(*left.one) < start_class(*right.one);
    });
    while (!waiting_.empty() || !running_.empty()) {
      while (!waiting_.empty() && running_.size() < jobs_) launch();
      if (wait()) {
        while (interrupts_.take() != 0) {
        }
        // A load ends with what it has measured; at a second Ctrl-C nothing is waited for.
        const bool again = std::exchange(interrupted_, true);
        waiting_.clear();
        running_.remove_if([&](Running& one) { return again || !one.process.interrupt(); });
        if (running_.empty()) return false;
      }
    }
    return !interrupted_;
  }

  bool any_failed(std::size_t from) const {
    return std::any_of(results_.begin() + static_cast<std::ptrdiff_t>(from), results_.end(),
                       [](const auto& report) {
                         return report && report->status != report::Status::passed &&
                                report->status != report::Status::skipped &&
                                !report->expected_failure;
                       });
  }
  std::size_t size() const { return results_.size(); }

  report::RunReport take() {
    report::RunReport run;
    run.interrupted = interrupted_;
    std::size_t missing = 0;
    for (auto& result : results_) {
      if (result) {
        run.cases.push_back(std::move(*result));
      } else {
        ++missing;
      }
    }
    if (missing > 0) {
      run.notes.push_back("interrupted: " + std::to_string(missing) + " cases did not run");
    }
    return run;
  }

 private:
  void launch() {
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    job.settings.kernel_events_slot = free_slot();
    if (progress_.started) progress_.started(*job.one);
    CaseProcess process(*job.one, job.settings);
    running_.push_back({std::move(job), std::move(process)});
  }

  // A place among the kernel's events that no running case has.
  unsigned free_slot() const {
    unsigned slot = 0;
    while (std::any_of(running_.begin(), running_.end(), [&](const Running& one) {
      return one.job.settings.kernel_events_slot == slot;
    }))
      ++slot;
    return slot;
  }

  // Waits for reports, limits and interrupts; true when interrupted.
  bool wait() {
    std::vector<pollfd> fds{{interrupts_.fd(), POLLIN, 0}};
    std::optional<Deadline> next;
    for (const Running& one : running_) {
      fds.push_back({one.process.fd(), POLLIN, 0});
      next = next ? earlier(*next, one.process.limit()) : one.process.limit();
    }
    int timeout = next ? next->remaining_ms() : -1;
    if (progress_.tick) timeout = timeout < 0 ? tick_ms : std::min(timeout, tick_ms);
    retry_eintr([&] { return ::poll(fds.data(), fds.size(), timeout); });
    if (progress_.tick) progress_.tick();
    if (fds[0].revents != 0) return true;

    std::size_t index = 1;
    for (auto at = running_.begin(); at != running_.end(); ++index) {
      const auto here = at++;
      if (fds[index].revents != 0 && here->process.read()) {
        finished(std::move(here->job), here->process.finish());
        running_.erase(here);
      } else if (here->process.limit().passed()) {
        here->process.kill();
        finished(std::move(here->job), here->process.finish());
        running_.erase(here);
      }
    }
    return false;
  }

  void finished(Job job, report::CaseReport report) {
    const bool again = report.status == report::Status::inconclusive &&
                       job.one->retry_inconclusive && job.attempts <= options_.inconclusive_retries;
    if (again) {
      job.earlier_attempts.push_back(report.reason);
      ++job.attempts;
      if (progress_.retried) progress_.retried(*job.one);
      waiting_.push_front(std::move(job));
      return;
    }
    report.order = job.order;
    report.attempts = job.attempts;
    report.earlier_attempts = std::move(job.earlier_attempts);
    try {
      report::write_case(job.settings.results_folder / job.settings.folder, report);
    } catch (const SystemError& error) {
      // The run goes on: its report can say more than its files.
      report.status = report::Status::error;
      report.expected_failure = false;
      report.reason = error.what();
      report.hint = error.hint();
    }
    ++done_;
    if (progress_.finished) progress_.finished(report, done_, total_);
    results_[job.at] = std::move(report);
  }

  const RunOptions& options_;
  const Progress& progress_;
  const unsigned jobs_;
  const std::size_t total_;
  Signals interrupts_{{SIGINT, SIGTERM}};
  std::deque<Job> waiting_;
  std::list<Running> running_;
  std::vector<std::optional<report::CaseReport>> results_;
  std::size_t done_ = 0;
  bool interrupted_ = false;
};

}  // namespace

unsigned default_jobs() { return std::max(2u, 30 * std::thread::hardware_concurrency()); }

std::size_t planned_runs(std::size_t cases, const RunOptions& options) {
  if (options.until_fail && options.repeat <= 1) return 0;
  std::size_t mine = 0;
  for (std::size_t i = 0; i < cases; ++i) mine += options.shard.has(i) ? 1 : 0;
  return mine * std::max(1u, options.repeat);
}

report::RunReport run(const std::vector<scenario::Case>& cases, const RunOptions& options,
                      const Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  const unsigned rounds = std::max(1u, options.repeat);
  const bool endless = options.until_fail && options.repeat <= 1;
  Scheduler scheduler(options, progress, planned_runs(cases.size(), options));
  // Rounds run one after the other only where a failure ends them; else all repetitions fill the
  // machine together.
  for (unsigned round = 1; endless || round <= rounds; ++round) {
    const std::size_t before = scheduler.size();
    for (std::size_t i = 0; i < cases.size(); ++i) {
      if (options.shard.has(i)) {
        scheduler.add(cases[i], round, std::uint64_t{round - 1} * cases.size() + i + 1);
      }
    }
    if (!options.until_fail) continue;
    if (!scheduler.drain() || scheduler.any_failed(before)) break;
  }
  if (!options.until_fail) scheduler.drain();
  report::RunReport report = scheduler.take();
  // In whole microseconds, as report.json has it: every form says the same, made now or later.
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - start);
  report.duration_ms = static_cast<double>(took.count()) / 1e3;
  return report;
}

}  // namespace wireproof::run
