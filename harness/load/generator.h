// Runs a workload against a server: threads, windows, totals. The caller's thread watches and tells
// progress; each other thread is a Worker (worker.h), and shares nothing with the rest but the
// plan. Thread rule: run() blocks its caller; stop may be set by any thread or signal handler.
// Lifetime: no thread outlives run(). No global state: many may run at once, on one machine or on
// many, and what they record is merged by windows (merge.h).
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "load/plan.h"
#include "load/recorder.h"
#include "load/result.h"
#include "load/worker.h"

namespace wireproof::load {

// As far as it has come: of the last second.
struct Tick {
  double at_s = 0, whole_s = 0;  // whole_s 0: not known while it warms up
  double rate_per_s = 0;
  std::uint64_t answered = 0, failed = 0, connections = 0;  // failed: since the start
  std::uint64_t p50_ns = 0, p99_ns = 0, most_ns = 0;
  double bytes_per_s = 0;
};

struct GeneratorOptions {
  std::function<void(const Tick&)> progress;  // about once a second
  std::function<void()> every_tick;           // about fifty times a second
  // Once in each pause, for at most so long. A closed loop of exchanges that lasts long enough
  // pauses where this is given.
  std::function<void(std::chrono::nanoseconds)> in_pause;
  const std::atomic<bool>* stop = nullptr;
};

// All threads' windows together, and what each thread left.
struct Recording {
  Plan plan;
  std::vector<Window> windows;  // by index, all threads merged; gaps are left out
  WorkerEnd end;                // sums, and all threads' lists
  std::map<Failure, std::vector<FailureExample>> examples;
  std::string engine;
  std::optional<DatagramResult> datagrams;  // one_way (flood.h)
  bool interrupted = false;
  bool warm_up_found = false;
  std::int64_t ended_ns = 0;
};

// Threads, processes, engine, addresses and times chosen where the workload leaves them open.
// Raises the descriptor limit as far as it goes; throws SystemError where that is not far enough.
Plan make_plan(const scenario::Workload& workload, const Destination& to,
               const Ipv6Sources& sources = {});

// Throws where make_plan() would for want of descriptors, and leaves their limit as it is.
void require_descriptors(const scenario::Workload& workload);
// Of several threads or processes: windows merged, sums made, nothing averaged.
void join(Recording& whole, std::vector<Recording> parts);
// Of several threads, by index.
std::vector<Window> merge_windows(std::vector<std::vector<Window>> threads);

Recording run_generator(Plan plan, const GeneratorOptions& options);
// Of a plan whose moments are set, these of its threads (processes.h runs each share of them in a
// process of its own).
Recording run_threads(Plan plan, unsigned first, unsigned count, const GeneratorOptions& options);

// Calls in_pause when there is a pause: of the thread that watches a run.
class PauseWatch {
 public:
  PauseWatch(const Plan& plan, const GeneratorOptions& options) : plan_(plan), options_(options) {}
  void look();

 private:
  const Plan& plan_;
  const GeneratorOptions& options_;
  std::int64_t seen_until_ns_ = 0;  // the pause that was used
};

// Figures of one recording; those of machine and proof are added by their owners.
LoadResult summarize(const Recording& recording);
// Several repetitions of one plan as one result: histograms merged, intervals between repetitions.
LoadResult summarize(const std::vector<Recording>& repetitions);

}  // namespace wireproof::load
