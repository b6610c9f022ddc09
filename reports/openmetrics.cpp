#include "reports/openmetrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <map>
#include <utility>

#include "base/text.h"
#include "reports/load_words.h"
#include "reports/time_text.h"

namespace wireproof::report {
namespace {

// All families are gauges, each a reading of one finished run: the types that only OpenMetrics has
// (info, stateset) are errors to readers of the older text format.
class Families {
 public:
  void family(std::string_view name, std::string_view help) {
    name_ = name;
    fmt::format_to(std::back_inserter(out_), "# TYPE {0} gauge\n# HELP {0} {1}\n", name, help);
  }
  void sample(std::initializer_list<std::pair<std::string_view, std::string_view>> labels,
              double value) {
    out_ += name_;
    if (labels.size() > 0) {
      char before = '{';
      for (const auto& [key, text] : labels) {
        fmt::format_to(std::back_inserter(out_), "{}{}=\"{}\"", before, key, label_value(text));
        before = ',';
      }
      out_ += '}';
    }
    fmt::format_to(std::back_inserter(out_), " {}\n", value);
  }
  std::string end() && { return std::move(out_) + "# EOF\n"; }

 private:
  std::string out_, name_;
};

using Counts = std::map<std::string, std::uint64_t>;

void add(Counts& sum, const Counts& more) {
  for (const auto& [key, count] : more) sum[key] += count;
}

void run_families(Families& out, const RunReport& run) {
  const Context& context = run.context;
  out.family("wireproof_run_info", "What ran, and on what: always 1.");
  out.sample({{"version", context.version},
              {"kernel", context.kernel},
              {"os", context.os},
              {"host", context.host_name},
              {"isolation", context.isolation}},
             1);
  if (const auto started = utc_from_text(context.started_at)) {
    out.family("wireproof_run_start_timestamp_seconds", "When the run began, in Unix time.");
    out.sample({}, static_cast<double>(*started) / 1e9);
  }
  out.family("wireproof_run_duration_seconds", "How long the run took.");
  out.sample({}, run.duration_ms / 1e3);
  out.family("wireproof_run_interrupted", "1: a signal ended the run before all cases had run.");
  out.sample({}, run.interrupted ? 1 : 0);
}

void totals_families(Families& out, const Totals& sum) {
  out.family("wireproof_cases", "Cases of the run by how they ended.");
  out.sample({{"status", "passed"}}, static_cast<double>(sum.passed));
  out.sample({{"status", "failed"}}, static_cast<double>(sum.failed));
  out.sample({{"status", "failed_as_expected"}}, static_cast<double>(sum.failed_as_expected));
  out.sample({{"status", "error"}}, static_cast<double>(sum.error));
  out.sample({{"status", "skipped"}}, static_cast<double>(sum.skipped));
  out.sample({{"status", "inconclusive"}}, static_cast<double>(sum.inconclusive));
  out.family("wireproof_cases_retried", "Cases that were tried again after an inconclusive try.");
  out.sample({}, static_cast<double>(sum.retried));
}

std::string_view outcome(const CaseReport& one) {
  return one.expected_failure ? "failed_as_expected" : name(one.status);
}

// Ids as label values are one each in a scrape: repeated cases (--repeat) have the same id, so each
// is told once, by the worst of its outcomes and the longest of its durations.
struct ByCase {
  const CaseReport* worst = nullptr;
  double longest_ms = 0;
};

bool is_worse(const CaseReport& a, const CaseReport& b) {
  const auto weight = [](const CaseReport& one) {
    constexpr int of_status[] = {0, 4, 3, 1, 2};  // passed, failed, error, skipped, inconclusive
    return one.expected_failure ? 0 : of_status[static_cast<std::size_t>(one.status)];
  };
  return weight(a) > weight(b);
}

using Cases = std::map<std::string, ByCase>;  // by the label's text

Cases cases_of(const RunReport& run) {
  Cases cases;
  for (const CaseReport& one : run.cases) {
    ByCase& by_case = cases[label_value(one.id)];
    if (by_case.worst == nullptr || is_worse(one, *by_case.worst)) by_case.worst = &one;
    by_case.longest_ms = std::max(by_case.longest_ms, one.duration_ms);
  }
  return cases;
}

void case_families(Families& out, const Cases& cases) {
  out.family("wireproof_case_passed", "1: the case passed, or failed just as is expected of it.");
  for (const auto& [id, by_case] : cases) {
    const CaseReport& one = *by_case.worst;
    const bool passed = one.status == Status::passed || one.expected_failure;
    out.sample({{"case", one.id},
                {"status", outcome(one)},
                {"transport", one.transport},
                {"family", one.family}},
               passed ? 1 : 0);
  }
  out.family("wireproof_case_duration_seconds", "How long the case took, its set-up included.");
  for (const auto& [id, by_case] : cases) {
    out.sample({{"case", by_case.worst->id}}, by_case.longest_ms / 1e3);
  }
}

// A family with samples of each load.
template <class Tell>
void load_family(Families& out, const Cases& cases, std::string_view name, std::string_view help,
                 Tell tell) {
  out.family(name, help);
  for (const auto& [id, by_case] : cases) {
    if (by_case.worst->load) tell(std::string_view(by_case.worst->id), *by_case.worst->load);
  }
}

void load_rates(Families& out, const Cases& cases) {
  load_family(out, cases, "wireproof_load_throughput_requests_per_second",
              "Requests that were answered in a second.", [&](auto id, const auto& load) {
                if (!is_stream(load)) out.sample({{"case", id}}, load.throughput_per_s);
              });
  load_family(out, cases, "wireproof_load_throughput_interval_requests_per_second",
              "Ends of the 95 % interval of that.", [&](auto id, const auto& load) {
                if (is_stream(load) || !load.throughput_interval) return;
                out.sample({{"case", id}, {"end", "low"}}, load.throughput_interval->low);
                out.sample({{"case", id}, {"end", "high"}}, load.throughput_interval->high);
              });
  load_family(out, cases, "wireproof_load_throughput_bytes_per_second",
              "Payload of the load by its direction.", [&](auto id, const auto& load) {
                out.sample({{"case", id}, {"direction", "sent"}}, load.bytes_sent_per_s);
                out.sample({{"case", id}, {"direction", "received"}}, load.bytes_received_per_s);
              });
}

void load_latencies(Families& out, const Cases& cases) {
  // By the label's text: a report that was edited may have a phase twice.
  const auto phases = [](const load::LoadResult& load) {
    std::map<std::string, const load::PhaseResult*> by_name;
    for (const load::PhaseResult& phase : load.phases) by_name[label_value(phase.phase)] = &phase;
    return by_name;
  };
  load_family(out, cases, "wireproof_load_latency_seconds",
              "Percentiles of each phase that had samples enough.", [&](auto id, const auto& load) {
                for (const auto& [name, phase] : phases(load)) {
                  std::map<std::string, std::uint64_t> values;
                  for (const auto& one : phase->percentiles) {
                    values[fmt::format("{:.6g}", one.quantile)] = one.value_ns;
                  }
                  for (const auto& [quantile, ns] : values) {
                    out.sample({{"case", id}, {"phase", phase->phase}, {"quantile", quantile}},
                               static_cast<double>(ns) / 1e9);
                  }
                }
              });
  load_family(out, cases, "wireproof_load_latency_max_seconds", "The longest of each phase.",
              [&](auto id, const auto& load) {
                for (const auto& [name, phase] : phases(load)) {
                  out.sample({{"case", id}, {"phase", phase->phase}},
                             static_cast<double>(phase->most_ns) / 1e9);
                }
              });
}

void load_counts(Families& out, const Cases& cases) {
  const auto counted = [&](auto id, std::string_view label, std::string_view value,
                           std::uint64_t count) {
    out.sample({{"case", id}, {label, value}}, static_cast<double>(count));
  };
  load_family(out, cases, "wireproof_load_requests", "Requests by what became of them.",
              [&](auto id, const auto& load) {
                counted(id, "result", "answered", load.answered);
                counted(id, "result", "error", load.errors);
                counted(id, "result", "timeout", load.timeouts);
                counted(id, "result", "in_flight", load.in_flight);
                counted(id, "result", "not_sent", load.not_sent);
              });
  load_family(out, cases, "wireproof_load_errors", "What failed, by kind.",
              [&](auto id, const auto& load) {
                Counts kinds;
                for (const auto& kind : load.error_kinds) kinds[printable(kind.kind)] += kind.count;
                for (const auto& [kind, count] : kinds) counted(id, "kind", kind, count);
              });
  load_family(out, cases, "wireproof_load_connections",
              "Connections made, that failed to be made, and proven by their packets.",
              [&](auto id, const auto& load) {
                counted(id, "state", "made", load.connections_made);
                counted(id, "state", "failed", load.connect_errors);
                if (!load.proof) return;
                counted(id, "state", "handshake_proven", load.proof->handshakes_proven);
                counted(id, "state", "close_proven", load.proof->closes_proven);
              });
  load_family(out, cases, "wireproof_load_datagrams", "Datagrams one way by their fate.",
              [&](auto id, const auto& load) {
                if (!load.datagrams) return;
                counted(id, "fate", "sent", load.datagrams->sent);
                counted(id, "fate", "received", load.datagrams->received);
                counted(id, "fate", "lost", load.datagrams->lost);
                counted(id, "fate", "duplicated", load.datagrams->duplicated);
                counted(id, "fate", "reordered", load.datagrams->reordered);
              });
}

void load_trust(Families& out, const Cases& cases) {
  load_family(out, cases, "wireproof_load_doubts",
              "Doubts about the measurement itself; decisive ones make it no proof.",
              [&](auto id, const auto& load) {
                const auto decisive = std::count_if(load.doubts.begin(), load.doubts.end(),
                                                    [](const auto& one) { return one.decisive; });
                const auto others = static_cast<std::ptrdiff_t>(load.doubts.size()) - decisive;
                out.sample({{"case", id}, {"decisive", "true"}}, static_cast<double>(decisive));
                out.sample({{"case", id}, {"decisive", "false"}}, static_cast<double>(others));
              });
  load_family(out, cases, "wireproof_load_limit_kept", "1: the limit was kept.",
              [&](auto id, const auto& load) {
                std::map<std::string, bool> kept;
                for (const auto& limit : load.limits) kept[printable(limit.limit)] = limit.held;
                for (const auto& [limit, held] : kept) {
                  out.sample({{"case", id}, {"limit", limit}}, held ? 1 : 0);
                }
              });
}

void load_families(Families& out, const Cases& cases) {
  const bool any = std::any_of(cases.begin(), cases.end(), [](const auto& entry) {
    return entry.second.worst->load.has_value();
  });
  if (!any) return;
  load_rates(out, cases);
  load_latencies(out, cases);
  load_counts(out, cases);
  load_trust(out, cases);
}

void traffic_families(Families& out, const RunReport& run) {
  std::map<std::pair<std::string, std::string>, std::uint64_t> findings;
  ConnectionTotals sum;
  std::uint64_t lost = 0, packets = 0;
  for (const CaseReport& one : run.cases) {
    for (const Finding& finding : one.findings) {
      ++findings[{printable(finding.rule),
                  finding.inconclusive ? "inconclusive" : std::string(name(finding.severity))}];
    }
    const ConnectionTotals of_case =
        one.connection_totals.count > 0 ? one.connection_totals : totals(one.connections);
    sum.count += of_case.count;
    add(sum.opening, of_case.opening);
    add(sum.closing, of_case.closing);
    for (const CaptureReport& capture : one.captures) {
      packets += capture.packets;
      lost += capture.dropped_by_kernel + capture.dropped_by_interface + capture.dropped_by_limit;
    }
  }
  out.family("wireproof_findings", "Findings in reports of the cases, by rule.");
  for (const auto& [key, count] : findings) {
    out.sample({{"rule", key.first}, {"severity", key.second}}, static_cast<double>(count));
  }
  out.family("wireproof_connections_opened", "TCP connections by how they opened.");
  for (const auto& [kind, count] : sum.opening) {
    out.sample({{"opening", kind}}, static_cast<double>(count));
  }
  out.family("wireproof_connections_closed", "TCP connections by how they closed.");
  for (const auto& [kind, count] : sum.closing) {
    out.sample({{"closing", kind}}, static_cast<double>(count));
  }
  out.family("wireproof_captured_packets", "Packets in all captures.");
  out.sample({}, static_cast<double>(packets));
  out.family("wireproof_capture_lost_packets", "Packets that captures lost.");
  out.sample({}, static_cast<double>(lost));
}

}  // namespace

std::string label_value(std::string_view hostile, std::size_t limit) {
  std::string out;
  for (const char c : printable(hostile, limit)) {
    if (c == '\\' || c == '"') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

std::string to_openmetrics(const RunReport& run) {
  Families out;
  run_families(out, run);
  totals_families(out, totals(run));
  const Cases cases = cases_of(run);
  case_families(out, cases);
  load_families(out, cases);
  traffic_families(out, run);
  return std::move(out).end();
}

}  // namespace wireproof::report
