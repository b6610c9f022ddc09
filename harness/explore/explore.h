// Every combination of small faults on one connection, each in a lab of its own, many at once; and
// what came of them. Thread rule: as run/runner.h: one thread, which forks.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "explore/document.h"
#include "explore/faults.h"
#include "explore/outcome.h"
#include "run/runner.h"
#include "scenario/load.h"

namespace wireproof::explore {

struct Options {
  run::RunOptions run;      // its results_folder gets what is kept; jobs 0: default_jobs()
  std::size_t packets = 0;  // 0: all of an undisturbed connection, and four more
  unsigned budget = 2;      // faults at once
  std::vector<Kind> kinds = {std::begin(all_kinds), std::end(all_kinds)};
  std::uint64_t most_runs = 20'000;
  Programs programs;
  scenario::Vocabulary vocabulary;
};

unsigned default_jobs();  // more than for scenarios: these runs wait for timers

struct Example {
  Faults faults;
  std::string folder, file;  // of its case, and its scenario; relative to the results folder
  std::string ladder;        // of the client's end; plain text
};
struct Group {  // runs with the same outcome
  Class kind = Class::right;
  std::string words;
  std::uint64_t runs = 0;
  Example example;  // of the fewest faults
};
struct Violation {
  Faults faults;
  std::string folder, file;
  std::vector<Finding> findings;
  std::string ladder;
};
struct NotProven {
  Faults faults;
  std::string reason;
};

struct Report {
  std::string case_id;
  std::vector<Side> baseline;  // who sent each packet of the undisturbed connection
  std::vector<Place> places;
  unsigned budget = 0;
  std::vector<Kind> kinds;
  std::uint64_t runs = 0, planned = 0, retried = 0;
  std::vector<Group> outcomes;  // the most frequent first
  std::vector<Violation> violations;
  std::vector<NotProven> not_proven;
  double duration_ms = 0, cpu_ms = 0;
  bool interrupted = false;
  std::string refusal;  // why nothing was explored: the undisturbed connection itself is not right
};

// `one` is a case of `source`, the text of its scenario file. Progress is told as of run(). Throws
// SystemError; std::invalid_argument, in words, where the scenario cannot be explored so.
Report explore(const std::string& source, const scenario::Case& one, const Options& options,
               const run::Progress& progress);

// 0: every run was right, or an honest error; 1: a violation, or not all is proven; 130.
int exit_status(const Report& report);

std::string to_text(const Report& report, const std::string& results, bool unicode);
std::string to_json(const std::vector<Report>& reports);

}  // namespace wireproof::explore
