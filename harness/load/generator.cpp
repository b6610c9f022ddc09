#include "load/generator.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <thread>

#include "base/error.h"
#include "load/flood.h"
#include "load/processes.h"
#include "load/timely.h"
#include "load/turns.h"
#include "load/warm_up.h"

namespace wireproof::load {

using scenario::EngineKind;
using scenario::Pattern;
using scenario::Workload;

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::uint64_t files_of_our_own = 64;  // pipes, captures, threads' epoll sets
// A client that closes first leaves each port in TIME_WAIT: so many addresses keep the search for a
// free one short.
constexpr unsigned spread_addresses = 16, most_ipv4_sources = 65'536;
constexpr unsigned most_uring_connections = 4096;

// How many sockets a process may open: its limit is raised as far as that goes.
std::uint64_t raise_descriptor_limit(std::uint64_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) throw_errno("read", "the descriptor limit");
  if (limit.rlim_cur >= wanted) return limit.rlim_cur;
  rlimit raised{wanted, std::max<rlim_t>(wanted, limit.rlim_max)};
  if (raised.rlim_max > limit.rlim_max && ::setrlimit(RLIMIT_NOFILE, &raised) == 0) return wanted;
  // What only a privileged process may was refused.
  raised = {std::min<rlim_t>(wanted, limit.rlim_max), limit.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &raised);
  return raised.rlim_cur;
}

// One process, or as many as it takes to open all sockets.
unsigned processes_for(const Workload& workload, EngineKind engine) {
  constexpr std::uint64_t most = 64;
  const std::uint64_t limit = raise_descriptor_limit(workload.connections + files_of_our_own);
  if (limit >= workload.connections + files_of_our_own) return 1;
  const std::uint64_t each = limit > files_of_our_own ? limit - files_of_our_own : 0;
  const std::uint64_t wanted = each == 0 ? most + 1 : (workload.connections + each - 1) / each;
  if (wanted <= most && engine != EngineKind::blocking) return static_cast<unsigned>(wanted);
  throw SystemError(
      "open", fmt::format("{} descriptors at once", workload.connections + files_of_our_own),
      EMFILE,
      fmt::format("the limit is {} (ulimit -Hn): fewer connections, or a higher limit", limit));
}

struct KeptDescriptorLimit {
  KeptDescriptorLimit() { ::getrlimit(RLIMIT_NOFILE, &had); }
  ~KeptDescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &had); }
  KeptDescriptorLimit(const KeptDescriptorLimit&) = delete;
  rlimit had{};
};

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

// Measured (docs/load.md): one connection goes fastest in recv(2) itself, several through io_uring,
// as many as its queue of submissions holds, and so does one that only reads a stream; what writes
// one, waits or never sleeps goes through epoll.
EngineKind engine_for(const Workload& workload, const Destination& to) {
  if (workload.engine != EngineKind::automatic) return workload.engine;
  const bool alone = workload.connections == 1 && !workload.connects_each_time() &&
                     workload.depth == 1 && !workload.open_loop();
  if (alone && workload.pattern == Pattern::request_response) return EngineKind::blocking;
  const bool reads = workload.pattern == Pattern::stream && workload.connections == 1 &&
                     workload.direction == scenario::Direction::from_server;
  const bool fits = (workload.exchanges() || reads) && !workload.busy_poll &&
                    !scenario::is_unix(to.transport) &&
                    workload.connections <= most_uring_connections;
  return fits && uring_works() ? EngineKind::io_uring : EngineKind::epoll;
}

// The rate of these is an echo loop's to compare with, and nothing is lost where they wait: what is
// meant for a time, flows or spins would be disturbed.
bool pauses_suit(const Workload& workload) {
  return !workload.open_loop() && !workload.busy_poll && workload.exchanges();
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
        counts.answered += window.counts.warm_up_answered;
        latency_.add(window.phases[static_cast<std::size_t>(Phase::latency)]);
      }
    }
    failed_ += counts.failures();
    Tick tick;
    tick.at_s = static_cast<double>(now - plan_.start_ns) / 1e9;
    const std::int64_t end_ns = plan_.end_ns;
    tick.whole_s = end_ns == never_ns ? 0 : static_cast<double>(end_ns - plan_.start_ns) / 1e9;
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

// Ends the warm-up of a run once its windows have become steady (warm_up.h).
class WarmUpSearch {
 public:
  WarmUpSearch(Recording& recording, const std::vector<std::unique_ptr<Worker>>& workers)
      : recording_(recording),
        workers_(workers),
        looking_(recording.plan.workload.find_warm_up),
        latest_ns_(recording.plan.start_ns + recording.plan.workload.longest_warm_up().count()) {}

  void look() {
    const std::int64_t now = now_ns();
    if (!looking_ || now < next_ns_) return;
    Plan& plan = recording_.plan;
    next_ns_ = now + plan.window_ns;
    std::vector<std::vector<Window>> threads;
    std::size_t whole = ~std::size_t{0};
    for (const auto& worker : workers_) {
      threads.push_back(worker->recorder().windows_since(0));
      whole = std::min(whole, threads.back().size());
    }
    for (auto& windows : threads) windows.resize(whole);
    const bool steady = is_steady(merge_windows(std::move(threads)), plan.workload.open_loop());
    if (!steady && now < latest_ns_) return;
    looking_ = false;
    recording_.warm_up_found = steady;
    // Some time ahead, so that no thread has passed it.
    plan.measure_from(now + plan.window_ns);
  }

 private:
  Recording& recording_;
  const std::vector<std::unique_ptr<Worker>>& workers_;
  bool looking_;
  const std::int64_t latest_ns_;
  std::int64_t next_ns_ = 0;
};

// What one thread leaves, as a recording.
Recording recording_of(Worker& worker) {
  Recording one;
  one.end = worker.end();
  one.examples = worker.recorder().examples();
  one.engine = worker.engine_name();
  one.windows = worker.recorder().take();
  return one;
}

void spread_sources(Plan& plan, const Ipv6Sources& sources) {
  const Workload& workload = plan.workload;
  const bool ipv6 = plan.to.address.storage.ss_family == AF_INET6;
  const unsigned there_are = plan.to.loopback_ipv4() ? most_ipv4_sources : ipv6 ? sources.count : 0;
  const unsigned wanted = workload.source_addresses;
  if (wanted > 1 && wanted > there_are) {
    throw SystemError("spread over", fmt::format("{} source addresses", wanted), EADDRNOTAVAIL,
                      there_are > 0
                          ? fmt::format("there are {} for {}", there_are, plan.to.shown)
                          : "only 127.0.0.0/8 has as many, and ::1 in a lab of our own (--server, "
                            "isolation user or root): the server is at " +
                                plan.to.shown);
  }
  sockaddr_in ipv4_source{};
  ipv4_source.sin_family = AF_INET;
  ipv4_source.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_in6 ipv6_source{};
  ipv6_source.sin6_family = AF_INET6;
  ipv6_source.sin6_addr = sources.first;
  plan.first_source.size = ipv6 ? sizeof ipv6_source : sizeof ipv4_source;
  std::memcpy(&plan.first_source.storage,
              ipv6 ? static_cast<const void*>(&ipv6_source) : &ipv4_source, plan.first_source.size);
  if (wanted != 0) {
    plan.source_addresses = plan.most_sources = wanted;
  } else if (there_are > 1 && plan.to.type == SOCK_STREAM) {
    // connect(2) takes every second port first (Linux, __inet_hash_connect()), 14,116 of the usual
    // 28,232: from there on each search looks at all of these in vain.
    const bool fills_ports = workload.connections > 10'000;
    plan.most_sources = there_are;
    if (workload.connects_each_time() || fills_ports) {
      plan.source_addresses = std::min(spread_addresses, there_are);
    }
  }
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
        at->second.add(window, scratch);
      }
    }
  }
  std::vector<Window> list;
  for (auto& [index, window] : windows) list.push_back(std::move(window));
  return list;
}

void join(Recording& whole, std::vector<Recording> parts) {
  std::vector<std::vector<Window>> windows;
  WorkerEnd& sum = whole.end;
  for (Recording& part : parts) {
    const WorkerEnd& end = part.end;
    sum.in_flight += end.in_flight;
    sum.not_sent += end.not_sent;
    sum.warm_up_requests += end.warm_up_requests;
    sum.most_connected += end.most_connected;
    sum.spread_over = std::max(sum.spread_over, end.spread_over);
    sum.last_answer_ns = std::max(sum.last_answer_ns, end.last_answer_ns);
    sum.run_ns = std::max(sum.run_ns, end.run_ns);  // of the busiest
    sum.runqueue_ns = std::max(sum.runqueue_ns, end.runqueue_ns);
    sum.tcp_infos.insert(sum.tcp_infos.end(), end.tcp_infos.begin(), end.tcp_infos.end());
    sum.sends_ns.insert(sum.sends_ns.end(), end.sends_ns.begin(), end.sends_ns.end());
    if (sum.failure.empty()) sum.failure = end.failure;
    for (const auto& [kind, examples] : part.examples) {
      auto& all = whole.examples[kind];
      all.insert(all.end(), examples.begin(), examples.end());
    }
    if (whole.engine.empty()) whole.engine = part.engine;
    windows.push_back(std::move(part.windows));
  }
  whole.windows = merge_windows(std::move(windows));
}

void require_descriptors(const Workload& workload) {
  const KeptDescriptorLimit kept;
  processes_for(workload, workload.engine);
}

Plan make_plan(const Workload& workload, const Destination& to, const Ipv6Sources& sources) {
  Plan plan;
  plan.workload = workload;
  plan.to = to;
  plan.engine = engine_for(workload, to);
  plan.processes = processes_for(workload, plan.engine);
  plan.threads = std::max(threads_for(workload, plan.engine), plan.processes);
  spread_sources(plan, sources);
  return plan;
}

Recording run_generator(Plan plan, const GeneratorOptions& options) {
  if (plan.workload.pattern == Pattern::one_way) return run_flood(std::move(plan), options);
  const Workload& workload = plan.workload;
  // Fine windows where a run is short: intervals need some twenty of them.
  plan.window_ns = workload.duration.count() <= 30 * second_ns ? second_ns / 10 : second_ns;
  plan.start_ns = now_ns() + 5'000'000;
  plan.may_pause = options.in_pause && pauses_suit(workload);
  plan.stop = options.stop;
  // No process sees all figures.
  if (plan.processes > 1) plan.workload.find_warm_up = false;
  if (plan.workload.find_warm_up) {
    plan.measure_ns = plan.end_ns = plan.drain_ns = never_ns;
  } else {
    plan.measure_from(plan.start_ns + workload.warm_up_span().count());
  }
  const unsigned threads = plan.threads;
  Recording recording = plan.processes > 1 ? run_processes(std::move(plan), options)
                                           : run_threads(std::move(plan), 0, threads, options);
  fold_pauses(recording);
  return recording;
}

void PauseWatch::look() {
  const std::int64_t now = now_ns(), until = options_.in_pause ? plan_.paused_until(now) : 0;
  if (until == 0 || until == seen_until_ns_) return;
  // What was in flight has a tenth of the pause to come back, and the load finds nobody at its end.
  const std::int64_t margin_ns = plan_.window_ns / 10;
  const std::int64_t left_ns = until - margin_ns - now;
  if (now < until - plan_.window_ns + margin_ns) return;
  seen_until_ns_ = until;
  if (left_ns > 2 * margin_ns) options_.in_pause(std::chrono::nanoseconds(left_ns));
}

Recording run_threads(Plan plan, unsigned first, unsigned count, const GeneratorOptions& options) {
  Recording recording;
  recording.plan = std::move(plan);
  std::vector<std::unique_ptr<Worker>> workers;
  for (unsigned i = 0; i < count; ++i)
    workers.push_back(std::make_unique<Worker>(recording.plan, first + i));
  std::atomic<unsigned> running{count};
  std::vector<std::thread> threads;
  std::string refused;
  for (unsigned i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      const Timely timely;
      workers[i]->run();
      --running;
    });
    try {
      name_and_pin(threads.back(), first + i, recording.plan.workload);
    } catch (const SystemError& error) {
      refused = error.what();
    }
  }
  ProgressTeller teller(recording.plan, workers, options);
  WarmUpSearch search(recording, workers);
  PauseWatch pauses(recording.plan, options);
  while (running > 0 && now_ns() - 5 * second_ns < recording.plan.drain_ns) {
    const timespec beat{0, running > 0 ? 20'000'000 : 0};
    ::nanosleep(&beat, nullptr);
    search.look();
    pauses.look();
    teller.tell();
    if (options.every_tick) options.every_tick();
  }
  for (std::thread& thread : threads) thread.join();
  recording.ended_ns = now_ns();
  recording.interrupted = options.stop != nullptr && options.stop->load();
  // Stopped while it still warmed up: nothing was measured.
  if (recording.plan.measure_ns == never_ns) recording.plan.measure_from(recording.ended_ns);

  std::vector<Recording> parts;
  for (const auto& worker : workers) parts.push_back(recording_of(*worker));
  join(recording, std::move(parts));
  if (recording.end.failure.empty()) recording.end.failure = refused;
  return recording;
}

}  // namespace wireproof::load
