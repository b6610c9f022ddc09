// Fields of a whole run: the machine it ran on, its totals and its cases (see fields.h).
#pragma once

#include "reports/fields.h"
#include "reports/fields_case.h"
#include "reports/model.h"

namespace wireproof::report {

template <class V>
void describe(V& visit, Ref<V, Context> context) {
  visit("version", context.version);
  visit("command_line", context.command_line);
  visit("started_at", context.started_at);
  visit("host_name", context.host_name);
  visit("user", context.user);
  visit("os", context.os);
  visit("kernel", context.kernel);
  visit("cpu_model", context.cpu_model);
  visit("cpus", context.cpus);
  visit("memory_bytes", context.memory_bytes);
  visit("clock_source", context.clock_source);
  visit("load_average", context.load_average);
  visit("libraries", context.libraries);
  visit("isolation", context.isolation);
  visit("isolation_why", context.isolation_why);
  visit("seed", context.seed);
  visit("jobs", context.jobs);
  visit.rare("label", context.label);
  visit.rare("commit", context.commit);
  visit.rare("branch", context.branch);
  visit.rare("ci", context.ci);
  visit.rare("ci_run", context.ci_run);
  visit.rare("shard", context.shard);
}

template <class V>
void describe(V& visit, Ref<V, Totals> totals) {
  visit("cases", totals.cases);
  visit("passed", totals.passed);
  visit("failed", totals.failed);
  visit("failed_as_expected", totals.failed_as_expected);
  visit("error", totals.error);
  visit("skipped", totals.skipped);
  visit("inconclusive", totals.inconclusive);
  visit("retried", totals.retried);
}

template <>
inline constexpr bool on_one_line<Totals> = true;

template <class V>
void describe(V& visit, Ref<V, RunReport> run) {
  visit("context", run.context);
  visit.totals(run);
  visit("duration_ms", run.duration_ms);
  visit("interrupted", run.interrupted);
  visit("notes", run.notes);
  visit("cases", run.cases);
}

}  // namespace wireproof::report
