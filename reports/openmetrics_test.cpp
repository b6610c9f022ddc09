#include "reports/openmetrics.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/golden.h"
#include "reports/sample.h"

namespace wireproof::report {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

TEST(OpenMetrics, GoldenFile) { golden("report.om", to_openmetrics(sample::run())); }

TEST(OpenMetrics, CountsWhatTheReportHolds) {
  const std::string text = to_openmetrics(sample::run());
  EXPECT_THAT(text, HasSubstr("wireproof_cases{status=\"passed\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("wireproof_cases{status=\"failed_as_expected\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("wireproof_case_passed{case=\"tcp/close/client-first@ipv6\","
                              "status=\"failed\",transport=\"tcp\",family=\"ipv4\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("wireproof_connections_closed{closing=\"four-way\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("wireproof_run_start_timestamp_seconds 1740000000\n"));
  EXPECT_THAT(text, EndsWith("\n# EOF\n"));
}

TEST(OpenMetrics, GoldenFileOfLoads) { golden("load.om", to_openmetrics(sample::load_run())); }

TEST(OpenMetrics, TellsWhatALoadMeasuredAndHowFarToTrustIt) {
  const std::string text = to_openmetrics(sample::load_run());
  const auto of_load = [](const char* name, const char* labels, const char* value) {
    return fmt::format("wireproof_load_{}{{case=\"load@connections=8\"{}}} {}\n", name, labels,
                       value);
  };
  EXPECT_THAT(text, HasSubstr(of_load("throughput_requests_per_second", "", "999.5")));
  EXPECT_THAT(
      text, HasSubstr(of_load("latency_seconds", ",phase=\"latency\",quantile=\"0.99\"", "9e-05")));
  EXPECT_THAT(text, HasSubstr(of_load("latency_max_seconds", ",phase=\"service\"", "0.004")));
  EXPECT_THAT(text, HasSubstr(of_load("requests", ",result=\"answered\"", "9995")));
  EXPECT_THAT(text, HasSubstr(of_load("errors", ",kind=\"timeout\"", "1")));
  EXPECT_THAT(text, HasSubstr(of_load("connections", ",state=\"close_proven\"", "1")));
  EXPECT_THAT(text, HasSubstr(of_load("doubts", ",decisive=\"true\"", "1")));
  EXPECT_THAT(text, HasSubstr(of_load("limit_kept", ",limit=\"p99 < 50us\"", "0")));
  EXPECT_THAT(text, HasSubstr("wireproof_load_throughput_bytes_per_second{"
                              "case=\"load/stream@ipv4\",direction=\"sent\"} 812000000\n"));
  RunReport without;
  without.cases = {sample::passed_case()};
  EXPECT_THAT(to_openmetrics(without), Not(HasSubstr("wireproof_load")));
}

TEST(OpenMetrics, ARepeatedCaseIsToldOnceByItsWorst) {
  RunReport run;
  run.cases = {sample::passed_case(), sample::failed_case(), sample::passed_case()};
  run.cases[1].id = run.cases[0].id;
  run.cases[2].duration_ms = 2'000;
  const std::string text = to_openmetrics(run);
  const std::string sample = "wireproof_case_passed{case=";
  ASSERT_NE(text.find(sample), std::string::npos);
  EXPECT_EQ(text.find(sample), text.rfind(sample));
  EXPECT_THAT(text, HasSubstr("status=\"failed\""));
  EXPECT_THAT(text, HasSubstr("wireproof_case_duration_seconds{"
                              "case=\"tcp/close/client-first@ipv4\"} 2\n"));
}

TEST(OpenMetrics, HostileTextStaysALabel) {
  EXPECT_EQ(label_value("a\"b\\c\nd\x1b\xff"), "a\\\"b\\\\c\\\\nd\\\\x1b\\\\xff");
  RunReport run = sample::run();
  run.cases = {sample::hostile_case()};
  run.cases[0].id = "x\"} 1\nforged 1\n# EOF\n";
  const std::string text = to_openmetrics(run);
  EXPECT_THAT(text, Not(HasSubstr("\nforged")));
  EXPECT_EQ(text.find("# EOF"), text.find("# EOF\\\\n"));  // within the label
  run.cases[0].id.assign(10'000'000, 'x');
  EXPECT_LT(to_openmetrics(run).size(), 20'000u);
}

}  // namespace
}  // namespace wireproof::report
