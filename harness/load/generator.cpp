#include "load/generator.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <memory>
#include <thread>

#include "base/error.h"
#include "load/flood.h"

namespace wireproof::load {

using scenario::EngineKind;
using scenario::Pattern;
using scenario::Workload;

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::uint64_t files_of_our_own = 64;  // pipes, captures, threads' epoll sets
// A client that closes first leaves each port in TIME_WAIT: so many addresses keep the search for a
// free one short.
constexpr unsigned spread_addresses = 16;

void raise_descriptor_limit(std::uint64_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) throw_errno("read", "the descriptor limit");
  if (limit.rlim_cur >= wanted) return;
  const rlim_t had = limit.rlim_max;
  limit.rlim_cur = std::max<rlim_t>(limit.rlim_cur, std::min<rlim_t>(wanted, limit.rlim_max));
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = limit.rlim_max = wanted;  // what only a privileged process may
  if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) return;
  throw SystemError(
      "open", fmt::format("{} descriptors at once", wanted), EMFILE,
      fmt::format("the limit is {} (ulimit -Hn): fewer connections, or a higher limit", had));
}

unsigned processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
}

// One thread drives thousands of connections, and on a machine that the server shares it is best
// left the other processors.
unsigned threads_for(const Workload& workload, EngineKind engine) {
  if (engine == EngineKind::blocking) return workload.connections;
  if (workload.threads != 0) return std::min(workload.threads, workload.connections);
  return std::clamp(processors() / 4, 1u, workload.connections);
}

// Measured: one connection goes fastest in recv(2) itself, more through epoll (docs/load.md).
EngineKind engine_for(const Workload& workload) {
  if (workload.engine != EngineKind::automatic) return workload.engine;
  const bool alone = workload.connections == 1 && !workload.connects_each_time() &&
                     workload.depth == 1 && !workload.open_loop();
  return alone && workload.pattern == Pattern::request_response ? EngineKind::blocking
                                                                : EngineKind::epoll;
}

void name_and_pin(std::thread& thread, unsigned share, const Workload& workload) {
  ::pthread_setname_np(thread.native_handle(), fmt::format("load-{}", share).c_str());
  if (workload.pin.empty()) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  const unsigned cpu = workload.pin[share % workload.pin.size()];
  CPU_SET(cpu, &set);
  const int error = ::pthread_setaffinity_np(thread.native_handle(), sizeof set, &set);
  if (error != 0) {
    throw SystemError("pin a thread to", fmt::format("processor {}", cpu), error,
                      fmt::format("this process may use {} processors", processors()));
  }
}

void merge_into(Window& sum, const Window& more, std::array<Histogram, phase_count>& scratch) {
  sum.counts.add(more.counts);
  for (std::size_t i = 0; i < failure_count; ++i) sum.failures[i] += more.failures[i];
  for (std::size_t i = 0; i < phase_count; ++i) {
    if (sum.phases[i].counts.empty()) {
      sum.phases[i] = more.phases[i];
    } else if (!more.phases[i].counts.empty()) {
      scratch[i].add(sum.phases[i]);
      scratch[i].add(more.phases[i]);
      sum.phases[i] = scratch[i].take();
    }
  }
}

// Progress from what the workers have finished: the windows of the last second.
class ProgressTeller {
 public:
  ProgressTeller(const Plan& plan, const std::vector<std::unique_ptr<Worker>>& workers,
                 const GeneratorOptions& options)
      : plan_(plan), workers_(workers), options_(options), known_(workers.size()) {}

  void tell() {
    if (!options_.progress) return;
    const std::int64_t now = now_ns();
    if (now - told_ns_ < second_ns) return;
    const double span_s =
        static_cast<double>(told_ns_ == 0 ? now - plan_.start_ns : now - told_ns_) / 1e9;
    told_ns_ = now;
    Counts counts;
    latency_.take();
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      const auto fresh = workers_[i]->recorder().windows_since(known_[i]);
      known_[i] += fresh.size();
      for (const Window& window : fresh) {
        counts.add(window.counts);
        latency_.add(window.phases[static_cast<std::size_t>(Phase::latency)]);
      }
    }
    failed_ += counts.errors + counts.timeouts + counts.connect_errors;
    Tick tick;
    tick.at_s = static_cast<double>(now - plan_.start_ns) / 1e9;
    tick.whole_s = static_cast<double>(plan_.end_ns - plan_.start_ns) / 1e9;
    tick.answered = counts.answered;
    tick.rate_per_s = static_cast<double>(counts.answered) / span_s;
    tick.connections = counts.connections;
    tick.failed = failed_;
    tick.bytes_per_s = static_cast<double>(counts.bytes_sent + counts.bytes_received) / span_s;
    tick.p50_ns = latency_.value_at(0.5);
    tick.p99_ns = latency_.value_at(0.99);
    tick.most_ns = latency_.most();
    options_.progress(tick);
  }

 private:
  const Plan& plan_;
  const std::vector<std::unique_ptr<Worker>>& workers_;
  const GeneratorOptions& options_;
  std::vector<std::size_t> known_;
  Histogram latency_;
  std::int64_t told_ns_ = 0;
  std::uint64_t failed_ = 0;
};

void gather(const Worker& worker, Recording& recording) {
  const WorkerEnd& end = worker.end();
  WorkerEnd& sum = recording.end;
  sum.in_flight += end.in_flight;
  sum.not_sent += end.not_sent;
  sum.warm_up_requests += end.warm_up_requests;
  sum.most_connected += end.most_connected;
  sum.last_answer_ns = std::max(sum.last_answer_ns, end.last_answer_ns);
  sum.run_ns = std::max(sum.run_ns, end.run_ns);  // of the busiest
  sum.runqueue_ns = std::max(sum.runqueue_ns, end.runqueue_ns);
  sum.tcp_infos.insert(sum.tcp_infos.end(), end.tcp_infos.begin(), end.tcp_infos.end());
  sum.sends_ns.insert(sum.sends_ns.end(), end.sends_ns.begin(), end.sends_ns.end());
  if (sum.failure.empty()) sum.failure = end.failure;
  for (const auto& [kind, examples] : worker.recorder().examples()) {
    auto& all = recording.examples[kind];
    all.insert(all.end(), examples.begin(), examples.end());
  }
  if (recording.engine.empty()) recording.engine = worker.engine_name();
}

}  // namespace

std::vector<Window> merge_windows(std::vector<std::vector<Window>> threads) {
  std::map<std::int64_t, Window> windows;
  std::array<Histogram, phase_count> scratch;
  for (auto& thread : threads) {
    for (Window& window : thread) {
      const auto [at, added] = windows.try_emplace(window.index);
      if (added) {
        at->second = std::move(window);
      } else {
        merge_into(at->second, window, scratch);
      }
    }
  }
  std::vector<Window> list;
  for (auto& [index, window] : windows) list.push_back(std::move(window));
  return list;
}

Plan make_plan(const Workload& workload, const Destination& to) {
  Plan plan;
  plan.workload = workload;
  plan.to = to;
  plan.engine = engine_for(workload);
  plan.threads = threads_for(workload, plan.engine);
  raise_descriptor_limit(workload.connections + files_of_our_own);
  if (workload.source_addresses > 1 && !to.loopback_ipv4()) {
    throw SystemError("spread over", fmt::format("{} source addresses", workload.source_addresses),
                      EADDRNOTAVAIL, "only 127.0.0.0/8 has as many: the server is at " + to.shown);
  }
  if (workload.source_addresses != 0) {
    plan.source_addresses = workload.source_addresses;
  } else if (to.loopback_ipv4() && to.type == SOCK_STREAM) {
    const bool fills_ports = workload.connections > 20'000;
    if (workload.connects_each_time() || fills_ports) plan.source_addresses = spread_addresses;
  }
  return plan;
}

Recording run_generator(Plan plan, const GeneratorOptions& options) {
  if (plan.workload.pattern == Pattern::one_way) return run_flood(std::move(plan), options);
  const Workload& workload = plan.workload;
  const std::int64_t warm_up = workload.warm_up_span().count();
  // Fine windows where a run is short: intervals need some twenty of them.
  plan.window_ns = workload.duration.count() <= 30 * second_ns ? second_ns / 10 : second_ns;
  plan.start_ns = now_ns() + 5'000'000;
  plan.measure_ns =
      plan.start_ns + (warm_up + plan.window_ns - 1) / plan.window_ns * plan.window_ns;
  plan.end_ns = plan.measure_ns + workload.duration.count();
  // Long enough for the last request to time out, unless that takes long, and for the look that
  // notices it (Worker::sweep).
  const std::int64_t timeout = std::min<std::int64_t>(workload.timeout.count(), 2 * second_ns);
  plan.drain_ns = plan.end_ns + timeout + timeout / 10 + 10'000'000;
  plan.stop = options.stop;

  Recording recording;
  recording.plan = plan;
  std::vector<std::unique_ptr<Worker>> workers;
  for (unsigned i = 0; i < plan.threads; ++i)
    workers.push_back(std::make_unique<Worker>(recording.plan, i));
  std::atomic<unsigned> running{plan.threads};
  std::vector<std::thread> threads;
  std::string refused;
  for (unsigned i = 0; i < plan.threads; ++i) {
    threads.emplace_back([&, i] {
      // Signals are the main thread's; a timer that may be 50 microseconds late is no pace.
      sigset_t all;
      ::sigfillset(&all);
      ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
      ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
      workers[i]->run();
      --running;
    });
    try {
      name_and_pin(threads.back(), i, workload);
    } catch (const SystemError& error) {
      refused = std::string(error.what()) + " (" + error.hint() + ")";
    }
  }
  ProgressTeller teller(recording.plan, workers, options);
  const std::int64_t last_word = plan.drain_ns + 5 * second_ns;
  while (running > 0 && now_ns() < last_word) {
    const timespec beat{0, running > 0 ? 20'000'000 : 0};
    ::nanosleep(&beat, nullptr);
    teller.tell();
    if (options.every_tick) options.every_tick();
  }
  for (std::thread& thread : threads) thread.join();
  recording.ended_ns = now_ns();
  recording.interrupted = options.stop != nullptr && options.stop->load();

  std::vector<std::vector<Window>> windows;
  for (const auto& worker : workers) {
    gather(*worker, recording);
    windows.push_back(worker->recorder().take());
  }
  recording.windows = merge_windows(std::move(windows));
  if (recording.end.failure.empty()) recording.end.failure = refused;
  return recording;
}

}  // namespace wireproof::load
