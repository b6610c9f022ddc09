#include "cli/load_series.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "base/text.h"
#include "cli/command.h"
#include "load/doubt.h"
#include "load/search.h"
#include "reports/style.h"
#include "reports/time_text.h"
#include "scenario/limit.h"

namespace wireproof::cli {
namespace {

constexpr double first_rate = 1'000;

unsigned whole(const std::string& key, const std::string& value) {
  const auto number = scenario::parse_count(value);
  if (!number || *number < 1 || *number > 1e9) {
    throw UsageError(fmt::format("--sweep {}: {} is no number of 1 or more", key, quoted(value)));
  }
  return static_cast<unsigned>(*number);
}

void set(LoadRequest& request, const std::string& key, const std::string& value) {
  if (key == "connections") {
    request.connections = whole(key, value);
  } else if (key == "depth") {
    request.depth = whole(key, value);
  } else if (key == "threads") {
    request.threads = whole(key, value);
  } else if (key == "size") {
    request.size = whole(key, value);
  } else if (key == "rate") {
    request.rate = value;
  } else if (key == "engine") {
    request.engine = value;
  } else {
    const std::string near =
        nearest(key, {"connections", "depth", "threads", "size", "rate", "engine"});
    throw UsageError(fmt::format("--sweep: {} cannot be swept", quoted(key)),
                     near.empty() ? "connections, depth, threads, size, rate or engine"
                                  : fmt::format("did you mean {}?", near));
  }
}

std::string time_of(const load::LoadResult& load, const char* name) {
  const auto value = load::metric(load, name);
  return value ? report::duration_text(*value) : "-";
}

std::string_view highest(bool by_rate) {
  return by_rate ? "the highest rate" : "the greatest number of connections";
}

// What a trial could not tell, in words: no verdict on the server can rest on it.
std::string unknown(const report::CaseReport& one) {
  if (!one.load) return {};
  for (const load::LimitResult& limit : one.load->limits) {
    if (limit.measured) continue;
    return fmt::format("{} ({} answers in {:.0f} s)", limit.words, one.load->answered,
                       one.load->measured_s);
  }
  return {};
}

bool held(const report::CaseReport& one) {
  if (one.status != report::Status::passed || !one.load) return false;
  for (const load::Doubt& doubt : one.load->doubts) {
    // A rate that was not reached is not sustained, whoever did not keep up.
    if (doubt.about == "rate not reached" || doubt.about == "schedule not kept") return false;
  }
  return true;
}

// A trial lasts until the percentiles that it is judged by have samples enough.
void lengthen(LoadRequest& trial, double rate) {
  const auto limits = scenario::parse_limits(trial.find_max);
  const auto span = scenario::parse_span(trial.duration.empty() ? "10s" : trial.duration);
  if (!limits || !span) return;
  constexpr double some_more = 1.2, longest_s = 60;
  const double needed = some_more * static_cast<double>(load::samples_needed(*limits)) / rate;
  const double given = static_cast<double>(span->count()) / 1e9;
  if (needed > given) trial.duration = fmt::format("{:.1f}s", std::min(needed, longest_s));
}

}  // namespace

std::vector<scenario::Case> sweep_cases(const LoadRequest& request) {
  const std::size_t equals = request.sweep.find('=');
  if (equals == std::string::npos || equals + 1 == request.sweep.size()) {
    throw UsageError(
        fmt::format("--sweep {}: a name and its values are wanted", quoted(request.sweep)),
        "--sweep connections=1,8,64");
  }
  const std::string key = request.sweep.substr(0, equals);
  std::stringstream list(request.sweep.substr(equals + 1));
  std::vector<scenario::Case> cases;
  for (std::string value; std::getline(list, value, ',');) {
    LoadRequest one = request;
    set(one, key, value);
    cases.push_back(load_case_of(one));
    cases.back().id = fmt::format("load@{}={}", key, value);
    cases.back().parameters[key] = value;
  }
  return cases;
}

std::string sweep_table(const report::RunReport& run) {
  std::string out;
  for (const report::CaseReport& one : run.cases) {
    if (!one.load) continue;
    if (out.empty()) {
      out = fmt::format("  {:<20} {:>12} {:>8} {:>8} {:>8} {:>8} {:>7}\n", "", "rate", "p50", "p99",
                        "p99.9", "max", "errors");
    }
    const load::LoadResult& load = *one.load;
    out += fmt::format("  {:<20} {:>10.0f}/s {:>8} {:>8} {:>8} {:>8} {:>7}\n",
                       one.id.substr(std::min<std::size_t>(one.id.size(), 5)),
                       load.throughput_per_s, time_of(load, "p50"), time_of(load, "p99"),
                       time_of(load, "p99.9"), time_of(load, "max"), load.failures());
  }
  return out;
}

report::RunReport find_highest(const LoadRequest& request, const RunLoads& run) {
  const bool by_rate = request.by == "rate";
  double start = by_rate ? first_rate : request.connections;
  if (by_rate && !request.rate.empty()) {
    const auto given = scenario::parse_count(request.rate);
    if (!given || *given <= 0) throw UsageError("--rate: a number of more than 0 is wanted");
    start = *given;
  }
  constexpr double precision = 0.05;
  load::RateSearch search(start, precision, !by_rate);
  report::RunReport all;
  while (const auto level = search.next()) {
    LoadRequest one = request;
    const std::string shown = fmt::format("{:.6g}", *level);
    if (by_rate) {
      one.rate = shown;
      lengthen(one, *level);
    } else {
      one.connections = static_cast<unsigned>(*level);
    }
    one.limits.push_back(request.find_max);
    scenario::Case trial = load_case_of(one);
    trial.id = fmt::format("load@{}={},trial={}", request.by, shown, search.trials().size() + 1);
    trial.parameters[request.by] = shown;
    report::RunReport done = run({trial});
    all.duration_ms += done.duration_ms;
    const bool stopped = done.interrupted || done.cases.empty();
    for (report::CaseReport& report : done.cases) {
      const bool error = report.status == report::Status::error;
      const std::string why = unknown(report);
      if (!error && !stopped && why.empty()) search.tell(held(report));
      all.cases.push_back(std::move(report));
      if (error) return all;  // the machine's fault is no limit of the server
      if (!why.empty() && !stopped) {
        all.cases.back().status = report::Status::inconclusive;
        all.cases.back().reason = why;
        all.notes.push_back(fmt::format("{} is not known: at {} {}", highest(by_rate), shown, why));
        return all;
      }
    }
    if (stopped) {
      all.interrupted = true;
      const auto sofar = search.found();
      all.notes.push_back(fmt::format("interrupted: {} is not known{}", highest(by_rate),
                                      sofar ? fmt::format(", but {:.6g} held", sofar->low) : ""));
      return all;
    }
  }
  const auto found = search.found();
  if (!found) {
    all.notes.push_back(fmt::format("no {} keeps to {}", by_rate ? "rate" : "number of connections",
                                    request.find_max));
    return all;
  }
  // That some rate is too high is what was looked for.
  for (report::CaseReport& report : all.cases) {
    if (report.status == report::Status::failed) report.expected_failure = true;
    if (report.status == report::Status::inconclusive) {
      report.status = report::Status::failed;
      report.expected_failure = true;
    }
  }
  const char* const unit = by_rate ? "/s" : "";
  const std::string held_up_to = fmt::format("{:.0f}{}", found->low, unit);
  all.notes.push_back(
      found->high > found->low
          ? fmt::format(
                "{} that keeps to {} lies between {}, which held in most of its trials, and "
                "{:.0f}{}, which did not ({})",
                highest(by_rate), request.find_max, held_up_to, found->high, unit,
                report::counted(search.trials().size(), "trial"))
          : fmt::format("nothing that was tried broke {}: {} held ({})", request.find_max,
                        held_up_to, report::counted(search.trials().size(), "trial")));
  return all;
}

}  // namespace wireproof::cli
