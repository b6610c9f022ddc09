#include "explore/explore.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <thread>

#include "base/atomic_file.h"
#include "scenario/load.h"
#include "tcp/ladder.h"

namespace wireproof::explore {
namespace {

namespace fs = std::filesystem;

// Beyond an undisturbed connection: what is sent again.
constexpr std::size_t more_packets = 4;

std::string folder_name(const std::string& case_id) {
  std::string name = case_id;
  std::replace(name.begin(), name.end(), '/', '-');
  return name;
}

struct Prepared {
  Faults faults;
  std::string text;
  scenario::Case one;
};

class Exploration {
 public:
  Exploration(const std::string& source, const scenario::Case& one, const Options& options,
              const run::Progress& progress)
      : source_(source), one_(one), options_(options), progress_(progress) {
    report_.case_id = one.id;
    report_.budget = options.budget;
    report_.kinds = options.kinds;
  }

  Report all() {
    const auto start = std::chrono::steady_clock::now();
    if (undisturbed()) explore_all();
    report_.duration_ms =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    std::stable_sort(report_.outcomes.begin(), report_.outcomes.end(),
                     [](const Group& a, const Group& b) { return a.runs > b.runs; });
    return std::move(report_);
  }

 private:
  fs::path results() const { return options_.run.settings.results_folder; }

  Prepared prepared(const Faults& faults) const {
    auto text = document(source_, one_, faults, options_.programs);
    if (!text) throw std::invalid_argument(text.error());
    const std::string id = folder_name(one_.id) + "/" + name(faults);
    auto cases = scenario::load_text(*text, id + ".json", id, options_.vocabulary);
    if (!cases) {
      throw std::invalid_argument(
          fmt::format("what is made of {} is no scenario (a defect of wireproof): {}", one_.id,
                      scenario::to_string(cases.error().front())));
    }
    if (cases->size() != 1) {
      throw std::invalid_argument(fmt::format(
          "{} cases are made of {} alone (a defect of wireproof)", cases->size(), one_.id));
    }
    Prepared result{faults, std::move(*text), std::move(cases->front())};
    result.one.id = id;  // without the matrix: one case, one name
    return result;
  }

  report::RunReport run_cases(const std::vector<Prepared>& all) {
    std::vector<scenario::Case> cases;
    cases.reserve(all.size());
    for (const Prepared& each : all) cases.push_back(each.one);
    run::RunOptions options = options_.run;
    if (options.jobs == 0) options.jobs = default_jobs();
    report::RunReport run = run::run(cases, options, progress_);
    report_.interrupted = report_.interrupted || run.interrupted;
    return run;
  }

  // The connection without faults: who sends what, in which order. False: it is not right itself.
  bool undisturbed() {
    report_.planned = 1;
    const std::vector<Prepared> only = {prepared({})};
    const report::RunReport run = run_cases(only);
    if (run.cases.empty()) return false;
    const report::CaseReport& one = run.cases.front();
    for (const auto& each : one.connections) {
      for (const tcp::Segment& segment : each.connection.segments)
        report_.baseline.push_back(segment.from);
    }
    for (const auto& exchange : one.exchanges) {
      for (const udp::Datagram& datagram : exchange.datagrams)
        report_.baseline.push_back(datagram.from);
    }
    add(only.front(), one);
    if (outcome_of(one).kind == Class::right && !report_.baseline.empty()) return true;
    report_.refusal = "the undisturbed connection is not right itself";
    return false;
  }

  void explore_all() {
    const std::size_t count =
        options_.packets != 0 ? options_.packets : report_.baseline.size() + more_packets;
    report_.places = places(report_.baseline, count);
    const std::uint64_t runs = count_combinations(report_.places.size(), options_.kinds.size(),
                                                  options_.budget, options_.most_runs + 1);
    if (runs > options_.most_runs) {
      throw std::invalid_argument(
          fmt::format("{} faults on {} packets are more than {} runs: fewer --packets or --faults",
                      options_.budget, report_.places.size(), options_.most_runs));
    }
    std::vector<Prepared> all;
    for (const Faults& faults : combinations(report_.places, options_.kinds, options_.budget)) {
      if (!faults.empty()) all.push_back(prepared(faults));
    }
    report_.planned += all.size();
    const report::RunReport run = run_cases(all);
    std::map<std::string, const Prepared*> by_id;
    for (const Prepared& each : all) by_id[each.one.id] = &each;
    for (const report::CaseReport& one : run.cases) add(*by_id.at(one.id), one);
  }

  void add(const Prepared& run, const report::CaseReport& one) {
    ++report_.runs;
    report_.cpu_ms += one.cpu_ms;
    if (one.attempts > 1) ++report_.retried;
    const Outcome outcome = outcome_of(one);
    if (outcome.kind == Class::not_proven) {
      report_.not_proven.push_back({run.faults, outcome.reason});
    } else if (outcome.kind == Class::violation) {
      report_.violations.push_back(
          {run.faults, one.folder, kept_file(run), outcome.violations, ladder_of(one)});
    } else if (group(run, one, outcome)) {
      return;
    }
    if (outcome.kind == Class::right || outcome.kind == Class::honest) {
      std::error_code ignored;
      fs::remove_all(results() / one.folder, ignored);
    }
  }

  // True: it is the first of its outcome, whose files are kept.
  bool group(const Prepared& run, const report::CaseReport& one, const Outcome& outcome) {
    const auto at =
        std::find_if(report_.outcomes.begin(), report_.outcomes.end(), [&](const Group& each) {
          return each.kind == outcome.kind && each.words == outcome.words;
        });
    if (at != report_.outcomes.end()) {
      ++at->runs;
      return false;
    }
    report_.outcomes.push_back(
        {outcome.kind, outcome.words, 1, {run.faults, one.folder, kept_file(run), ladder_of(one)}});
    return true;
  }

  // The scenario that runs it again.
  std::string kept_file(const Prepared& run) const {
    const std::string file = "scenarios/" + run.one.id + ".json";
    fs::create_directories((results() / file).parent_path());
    write_file_atomically(results() / file, run.text);
    return file;
  }

  static std::string ladder_of(const report::CaseReport& one) {
    std::string text;
    for (const auto& each : one.connections) {
      tcp::LadderOptions options;
      options.width = 80;
      options.unicode = false;
      text += tcp::ladder(each.connection, {}, options);
    }
    return text;
  }

  const std::string& source_;
  const scenario::Case& one_;
  const Options& options_;
  const run::Progress& progress_;
  Report report_;
};

}  // namespace

unsigned default_jobs() { return std::max(32u, 48 * std::thread::hardware_concurrency()); }

Report explore(const std::string& source, const scenario::Case& one, const Options& options,
               const run::Progress& progress) {
  return Exploration(source, one, options, progress).all();
}

int exit_status(const Report& report) {
  if (report.interrupted) return 130;
  const bool all = report.violations.empty() && report.not_proven.empty() &&
                   report.refusal.empty() && report.runs == report.planned;
  return all ? 0 : 1;
}

}  // namespace wireproof::explore
