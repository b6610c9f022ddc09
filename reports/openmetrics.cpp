#include "reports/openmetrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <map>
#include <utility>

#include "base/text.h"
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

void case_families(Families& out, const RunReport& run) {
  std::map<std::string, ByCase> cases;  // by the label's text
  for (const CaseReport& one : run.cases) {
    ByCase& by_case = cases[label_value(one.id)];
    if (by_case.worst == nullptr || is_worse(one, *by_case.worst)) by_case.worst = &one;
    by_case.longest_ms = std::max(by_case.longest_ms, one.duration_ms);
  }
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
  case_families(out, run);
  traffic_families(out, run);
  return std::move(out).end();
}

}  // namespace wireproof::report
