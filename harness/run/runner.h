// Schedules cases: a process each, many at once, results in the scenarios' order whatever ends
// first. Thread rule: a single-threaded event loop in the calling thread (the run must not have
// threads: it forks). Lifetime: run() leaves no process behind.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "lab/lab.h"
#include "reports/model.h"
#include "run/case_runner.h"
#include "scenario/model.h"

namespace wireproof::run {

// One of `count` shares of the cases: together they are all of them, and no case is in two. Cases
// are dealt out in turn, so that the shares of a folder of slow ones are alike.
struct Shard {
  unsigned index = 1, count = 1;
  bool has(std::size_t place) const { return place % count == index - 1; }  // place: from 0
};

struct RunOptions {
  CaseSettings settings;
  unsigned jobs = 0;  // 0: default_jobs()
  unsigned repeat = 1;
  bool until_fail = false;  // repeats until a case fails (at most `repeat` times if > 1)
  unsigned inconclusive_retries = 2;
  Shard shard;
};

// How many of so many cases' runs there will be, all repetitions counted; 0: nobody knows.
std::size_t planned_runs(std::size_t cases, const RunOptions& options);

// Called in the scheduling loop as things happen.
struct Progress {
  std::function<void(const scenario::Case&)> started;
  std::function<void(const scenario::Case&)> retried;  // an attempt ended; another will start
  std::function<void(const report::CaseReport&, std::size_t done, std::size_t total)> finished;
  std::function<void()> tick;  // several times a second, whether anything happens or not
};

unsigned default_jobs();  // most cases wait: several a processor

// Interrupted by SIGINT or SIGTERM: ends the running cases, reports what ran, marks the run.
report::RunReport run(const std::vector<scenario::Case>& cases, const RunOptions& options,
                      const Progress& progress);

}  // namespace wireproof::run
