// "load" and "limits": what is read, and what is told, at its place.
#include <gtest/gtest.h>

#include "scenario/limit.h"
#include "scenario/load.h"
#include "scenario/workload_check.h"

namespace wireproof::scenario {
namespace {

std::string file(const std::string& load, const std::string& more = "") {
  return "{\"title\": \"t\", \"server\": {\"target\": \"tcp-server\"},\n\"load\": " + load + more +
         "}";
}

std::string first_error(const std::string& text) {
  const auto cases = load_text(text, "f.json", "f");
  if (cases) return "none";
  const Error& error = cases.error().front();
  return std::to_string(error.position.line) + ":" + std::to_string(error.position.column) + " " +
         error.message;
}

TEST(Workload, IsReadAsItStands) {
  const auto cases =
      load_text(file(R"({"pattern": "connect-request-close", "rate": 250, "arrivals": "poisson",
               "connections": 8, "duration_ms": 300, "warm_up_ms": 0, "close": "server",
               "message": {"text": "m"}, "answer": {"delimiter": "\n"}, "repetitions": 3,
               "ramp_ms": 100, "ramp_steps": 4, "timestamps": false, "capture": "whole"})",
                     R"(, "limits": ["p99 < 2ms and errors = 0", "rate >= 1k"])"),
                "f.json", "f");
  ASSERT_TRUE(cases) << to_string(cases.error().front());
  ASSERT_TRUE((*cases)[0].load);
  const Workload& load = *(*cases)[0].load;
  EXPECT_EQ(load.pattern, Pattern::connect_request_close);
  EXPECT_EQ(load.arrivals.kind, ArrivalKind::poisson);
  EXPECT_EQ(load.arrivals.rate, 250);
  EXPECT_EQ(load.connections, 8u);
  EXPECT_EQ(load.duration, milliseconds(300));
  EXPECT_EQ(load.warm_up, milliseconds(0));
  EXPECT_EQ(load.close, CloseBy::server);
  EXPECT_EQ(load.answer.framing, Framing::delimiter);
  EXPECT_EQ(load.answer.text, "\n");
  EXPECT_EQ(load.repetitions, 3u);
  EXPECT_EQ(load.ramp_steps, 4u);
  EXPECT_EQ(load.capture, CaptureKind::whole);
  EXPECT_FALSE(load.timestamps);
  EXPECT_FALSE(load.find_warm_up);
  ASSERT_EQ(load.limits.size(), 3u);
  EXPECT_EQ(load.limits[0].metric, "p99");
  EXPECT_EQ(load.limits[2].value, 1'000);
  EXPECT_GE((*cases)[0].time_limit, time_limit_of(load));
}

TEST(Workload, ASchedule) {
  const auto cases =
      load_text(file(R"({"arrivals": {"schedule": [[0, 10], [2, 100.5]]}})"), "f.json", "f");
  ASSERT_TRUE(cases) << to_string(cases.error().front());
  const Arrivals& arrivals = (*cases)[0].load->arrivals;
  EXPECT_EQ(arrivals.kind, ArrivalKind::schedule);
  ASSERT_EQ(arrivals.points.size(), 2u);
  EXPECT_EQ(arrivals.points[1].rate, 100.5);
}

TEST(Workload, WhatIsWrongIsToldAtItsPlace) {
  EXPECT_EQ(first_error(file(R"({"conections": 3})")).substr(0, 5), "2:10 ");
  EXPECT_NE(first_error(file(R"({"rate": 0})")).find("2:10 a rate of 0"), std::string::npos);
  EXPECT_NE(first_error(file(R"({"rate": 1e12})")).find("no generator"), std::string::npos);
  EXPECT_NE(first_error(file(R"({"pattern": "flood"})")).find("2:21 unknown pattern"),
            std::string::npos);
  EXPECT_NE(first_error(file(R"({"depth": 4})")).find("where an answer ends"), std::string::npos);
  EXPECT_NE(first_error(file(R"({"arrivals": "poisson"})")).find("without a rate"),
            std::string::npos);
  EXPECT_NE(first_error(file(R"({"arrivals": {"schedule": [[2, 1], [1, 1]]}})")).find("go back"),
            std::string::npos);
  EXPECT_NE(first_error(file(R"({"answer": {"echo": true, "length": 3}})")).find("one way to tell"),
            std::string::npos);
  EXPECT_NE(first_error(file("{}", R"(, "steps": [{"connect": {}}])")).find("beside \"load\""),
            std::string::npos);
  EXPECT_NE(
      first_error(R"({"title": "t", "server": {"target": "tcp-server"}, "limits": "rate > 1"})")
          .find("limits without a load"),
      std::string::npos);
  // The limit's own place within its text.
  EXPECT_EQ(first_error(file("{}", ",\n\"limits\": \"p99 < 2ms and p98x < 1ms\"")).substr(0, 5),
            "3:26 ");
}

TEST(Limits, InWordsAndBack) {
  const auto limits = parse_limits("p99.9<500us and errors = 0 and rate>=1.5k and proven = 100%");
  ASSERT_TRUE(limits) << limits.error().message;
  ASSERT_EQ(limits->size(), 4u);
  EXPECT_DOUBLE_EQ((*limits)[0].value, 0.5);
  EXPECT_EQ((*limits)[0].shown, "p99.9<500us");
  EXPECT_EQ((*limits)[2].value, 1'500);
  EXPECT_TRUE(holds((*limits)[2], 1'500));
  EXPECT_FALSE(holds((*limits)[2], 1'499));
  EXPECT_FALSE(holds((*limits)[1], 1));
  EXPECT_TRUE(holds((*limits)[0], 0.49));
  EXPECT_FALSE(holds((*limits)[0], 0.5));
}

TEST(Limits, WhatIsNone) {
  for (const char* text :
       {"", "p99", "p99 <", "p99 < x", "p0 < 1", "p100 < 1", "pp < 1", "p99 < 2kg", "p99 < 2",
        "connect_mean < 0.5", "max = 0", "p99 < 2ms errors = 0", "p99 < 2ms and", "errors = -1",
        "rate > 1ms", "rate > nan", "rate > inf"}) {
    EXPECT_FALSE(parse_limits(text)) << text;
  }
  EXPECT_EQ(parse_limits("erors = 0").error().hint, "did you mean \"errors\"?");
  EXPECT_EQ(parse_limits("p99<2").error().message, "p99 is a time: a unit is wanted");
  EXPECT_EQ(parse_limits("p99<2").error().hint, "ns, us, ms or s, as p99<2ms");
  EXPECT_EQ(parse_limits("p99 < 2ms nd errors = 0").error().at, 10u);
}

TEST(Spans, AndCounts) {
  EXPECT_EQ(*parse_span("1.5s"), milliseconds(1'500));
  EXPECT_EQ(*parse_span("2m"), std::chrono::minutes(2));
  EXPECT_EQ(*parse_span("10"), std::chrono::seconds(10));
  EXPECT_EQ(*parse_span("250us"), nanoseconds(250'000));
  for (const char* text : {"", "s", "-1s", "1d", "1e30s", "nan"})
    EXPECT_FALSE(parse_span(text)) << text;
  EXPECT_EQ(*parse_count("20k"), 20'000);
  EXPECT_EQ(*parse_count("1.5M"), 1'500'000);
  for (const char* text : {"", "k", "20q", "inf"}) EXPECT_FALSE(parse_count(text)) << text;
}

TEST(Escapes, AsACommandLineWritesThem) {
  EXPECT_EQ(unescaped("a\\r\\n\\t\\\\b"), "a\r\n\t\\b");
  EXPECT_EQ(unescaped("\\x41\\x00z"), std::string("A\0z", 3));
  EXPECT_EQ(unescaped("\\q\\x4"), "\\q\\x4");
  EXPECT_EQ(unescaped("end\\"), "end\\");
}

}  // namespace
}  // namespace wireproof::scenario
