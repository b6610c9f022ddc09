#include "reports/compare/digest.h"

#include <gtest/gtest.h>

#include "reports/compare/figures.h"
#include "reports/sample.h"

namespace wireproof::compare {
namespace {

using report::CaseReport;
using report::RunReport;

TEST(Digest, GathersRepetitionsOfACase) {
  RunReport run;
  run.context.label = "nightly";
  run.cases = {report::sample::passed_case(), report::sample::udp_case(),
               report::sample::passed_case(), report::sample::failed_case()};
  run.cases[2].duration_ms = run.cases[0].duration_ms + 1;
  run.cases[3].id = run.cases[0].id;
  const RunDigest digest = digest_of(run, "there");
  EXPECT_EQ(digest.label, "nightly");
  ASSERT_EQ(digest.cases.size(), 2u);
  const CaseDigest& one = digest.cases[0];
  EXPECT_EQ(one.id, run.cases[0].id);
  EXPECT_EQ(one.repetitions(), 3u);
  EXPECT_EQ(one.endings.at(Ending::passed), 2u);
  EXPECT_EQ(one.worst(), Ending::failed);
  EXPECT_TRUE(one.broken.contains(run.cases[3].findings.at(0).rule));
  // What a failed repetition took says nothing of how fast the program is.
  EXPECT_EQ(one.values.at("duration"),
            (std::vector{run.cases[0].duration_ms, run.cases[2].duration_ms}));
}

TEST(Digest, JoinedRunsAreTheirRepetitionsOneAfterTheOther) {
  RunDigest first, second;
  first.machine = "one";
  first.cases = {{"a", {{Ending::passed, 2}}, {}, {{"duration", {1, 2}}}}};
  second.machine = "two";
  second.cases = {{"b", {{Ending::passed, 1}}, {}, {}},
                  {"a", {{Ending::failed, 1}}, {{"rule", Severity::must}}, {{"duration", {3}}}}};
  const RunDigest all = joined({first, second}, "both");
  EXPECT_EQ(all.shown, "both");
  EXPECT_EQ(all.machine, "several machines");
  ASSERT_EQ(all.cases.size(), 2u);
  EXPECT_EQ(all.cases[0].values.at("duration"), (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(all.cases[0].repetitions(), 3u);
  EXPECT_EQ(all.cases[0].worst(), Ending::failed);
  EXPECT_EQ(all.cases[0].broken.count("rule"), 1u);
  EXPECT_EQ(all.cases[1].id, "b");
}

TEST(Digest, JoinedRunsKnowHowManyValuesEachGave) {
  RunDigest one;
  one.cases = {{"a", {}, {}, {{"duration", {1}}}}, {"b", {}, {}, {{"duration", {1}}}}};
  RunDigest other = one;
  other.cases[1].values["duration"].push_back(2);
  RunDigest third = one;
  third.cases.pop_back();
  third.cases.push_back({"c", {}, {}, {{"duration", {1}}}});
  const RunDigest all = joined({one, other, third}, "");
  const auto counts = [&](std::size_t i) { return all.cases[i].values_by_run.at("duration"); };
  EXPECT_EQ(counts(0), (std::vector<std::size_t>{1, 1, 1}));
  EXPECT_EQ(counts(1), (std::vector<std::size_t>{1, 2, 0}));
  EXPECT_EQ(counts(2), (std::vector<std::size_t>{0, 0, 1}));
}

TEST(Digest, RunsMadeInTurnAreSeen) {
  RunDigest base, next;
  base.starts = {"t01", "t04", "t05"};
  next.starts = {"t02", "t03", "t06"};
  EXPECT_TRUE(made_in_turn(base, next)) << "either side first";
  next.starts = {"t02", "t05", "t06"};
  EXPECT_FALSE(made_in_turn(base, next));
  next.starts = {"t02", "t03"};
  EXPECT_FALSE(made_in_turn(base, next));
  EXPECT_FALSE(made_in_turn(RunDigest(), RunDigest()));
}

TEST(Digest, EveryEndingHasItsName) {
  RunReport run;
  run.cases = {report::sample::expected_failure(), report::sample::skipped_case(),
               report::sample::inconclusive_case(), report::sample::error_case()};
  const RunDigest digest = digest_of(run, "");
  const Ending wanted[] = {Ending::failed_as_expected, Ending::skipped, Ending::inconclusive,
                           Ending::error};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(digest.cases[i].worst(), wanted[i]);
    EXPECT_EQ(ending_from_name(name(wanted[i])), wanted[i]);
  }
  EXPECT_FALSE(ending_from_name("fine"));
}

TEST(Digest, InconclusiveFindingsAndNotesBreakNoRule) {
  RunReport run;
  run.cases = {report::sample::passed_case()};
  Finding finding;
  finding.rule = "tcp.a";
  finding.inconclusive = true;
  run.cases[0].findings = {finding};
  finding.inconclusive = false;
  finding.severity = Severity::note;
  finding.rule = "tcp.b";
  run.cases[0].findings.push_back(finding);
  EXPECT_TRUE(digest_of(run, "").cases[0].broken.empty());
}

TEST(Figures, OfAConnectionAreItsPhases) {
  CaseReport one = report::sample::passed_case();
  one.cpu_ms = 3;
  tcp::Connection& connection = one.connections.at(0).connection;
  connection.handshake_ns = 41'000;
  connection.first_byte_ns = std::nullopt;
  connection.close_ns = 2'000'000;
  const auto values = figures_of(one);
  EXPECT_DOUBLE_EQ(values.at("handshake").at(0), 0.041);
  EXPECT_DOUBLE_EQ(values.at("close").at(0), 2);
  EXPECT_FALSE(values.contains("first-byte"));
  EXPECT_DOUBLE_EQ(values.at("duration").at(0), one.duration_ms);
  EXPECT_DOUBLE_EQ(values.at("cpu").at(0), one.cpu_ms);
  for (const auto& [name, list] : values) EXPECT_NE(find_figure(name), nullptr) << name;
  EXPECT_TRUE(figures_of(report::sample::failed_case()).empty());
  EXPECT_FALSE(figures_of(report::sample::expected_failure()).empty());
}

TEST(Figures, OfALoadAreItsOwn) {
  CaseReport one = report::sample::passed_case();
  load::LoadResult& load = one.load.emplace();
  load.answered = 990;
  load.errors = 10;
  load.throughput_per_s = 5000;
  load.cpu.server_us_per_request = 20;
  load.phases.push_back({});
  load.phases[0].phase = "latency";
  load.phases[0].percentiles = {{0.5, 100'000, {}, {}}, {0.99, 900'000, {}, {}}};
  auto values = figures_of(one);
  EXPECT_FALSE(values.contains("duration")) << "it lasts as long as it was asked to";
  EXPECT_FALSE(values.contains("p90"));
  EXPECT_DOUBLE_EQ(values.at("p99").at(0), 0.9);
  EXPECT_DOUBLE_EQ(values.at("throughput").at(0), 5000);
  EXPECT_DOUBLE_EQ(values.at("errors").at(0), load.error_share());
  EXPECT_DOUBLE_EQ(values.at("server-cpu").at(0), 0.02);
  load.repetitions = {{4000, 1, 90'000, std::nullopt, 0}, {6000, 1, 110'000, std::nullopt, 0}};
  values = figures_of(one);
  EXPECT_EQ(values.at("throughput"), (std::vector{4000.0, 6000.0}));
  EXPECT_EQ(values.at("p50"), (std::vector{0.09, 0.11}));
  EXPECT_FALSE(values.contains("p99")) << "too few samples for it";
  for (const auto& [name, list] : values) EXPECT_NE(find_figure(name), nullptr) << name;
}

TEST(Figures, AsText) {
  EXPECT_EQ(value_text(*find_figure("handshake"), 0.041), "41 us");
  EXPECT_EQ(value_text({"rate", Unit::per_second, true, ""}, 19'800), "19800/s");
  EXPECT_EQ(change_text(1.345), "+34 %");
  EXPECT_EQ(change_text(0.9965), "-0.3 %");
  EXPECT_EQ(change_text(0.99999), "+0.0 %");
  EXPECT_EQ(change_text(3.2), "x 3.2");
}

}  // namespace
}  // namespace wireproof::compare
