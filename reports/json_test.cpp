#include "reports/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "reports/golden.h"
#include "reports/sample.h"

namespace wireproof::report {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

TEST(ReportJson, GoldenFile) { golden("report.json", to_json(sample::run())); }

TEST(ReportJson, ReadsBackEveryField) {
  const std::string text = to_json(sample::every_field());
  const auto read = run_from_json(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_json(*read), text);
}

TEST(ReportJson, ReadsBackACase) {
  const CaseReport one = sample::failed_case();
  const auto read = case_from_json(to_json(one));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_json(*read), to_json(one));
  EXPECT_EQ(read->started_ns, one.started_ns);
  EXPECT_EQ(read->findings, one.findings);
  const tcp::Connection& connection = read->connections.at(0).connection;
  EXPECT_EQ(connection.segments.size(), 11u);
  EXPECT_EQ(connection.segments[9].flags, packet::flag::fin | packet::flag::ack);
  EXPECT_EQ(connection.segments[9].time_ns, one.connections[0].connection.segments[9].time_ns);
  EXPECT_EQ(connection.ends[0].endpoint, one.connections[0].connection.ends[0].endpoint);
  EXPECT_EQ(read->steps[0].position.file, one.scenario_file);
}

TEST(ReportJson, NamesWhatTheDesignNames) {
  const Json one = Json::parse(to_json(sample::failed_case()));
  EXPECT_EQ(one["id"], "tcp/close/client-first@ipv6");
  EXPECT_EQ(one["status"], "failed");
  EXPECT_EQ(one["duration_ms"], 48.2);
  const Json& finding = one["findings"][0];
  EXPECT_EQ(finding["rule"], "tcp.close.fin-acknowledged");
  EXPECT_EQ(finding["severity"], "must");
  EXPECT_EQ(finding["packets"], Json({10, 11}));
  EXPECT_EQ(finding["expected"], "ACK number 9, the FIN's number plus one");
  EXPECT_EQ(finding["observed"], "ACK number 8");
  const Json& connection = one["connections"][0];
  EXPECT_EQ(connection["opening"], "three-way");
  EXPECT_EQ(connection["closing"], "unfinished");
  EXPECT_EQ(connection["closed_first"], "client");
  EXPECT_EQ(connection["verdict"], "failed");
  EXPECT_EQ(connection["verdict_opening"], "passed");
}

TEST(ReportJson, HostileTextIsEscapedAndComesBack) {
  const CaseReport one = sample::hostile_case();
  const std::string text = to_json(one);
  for (const char c : text) {
    EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << "a raw control character";
    EXPECT_NE(c, '\x7f');
  }
  EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos) << "a raw bidirectional override";
  EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos) << "a raw C1 control";
  const Json parsed = Json::parse(text);  // throws on broken UTF-8
  const std::string story = parsed["story"];
  EXPECT_THAT(story, HasSubstr("<b>&\"']]>\x1b[31m\a\r\n\t\x7f"));
  EXPECT_THAT(story, HasSubstr("\\xff\\xc0\\x80\\xed\\xa0\\x80"));  // nothing is dropped
  EXPECT_THAT(story, HasSubstr(std::string(1, '\0')));
  const auto read = case_from_json(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_json(*read), text);
}

TEST(ReportJson, DatagramBytesAreHexadecimal) {
  CaseReport one = sample::udp_case();
  one.exchanges[0].datagrams[0].payload_start = std::string("\x00\xff\x1b", 3);
  const Json parsed = Json::parse(to_json(one));
  EXPECT_EQ(parsed["exchanges"][0]["datagrams"][0]["payload_start_hex"], "00ff1b");
  EXPECT_EQ(case_from_json(to_json(one))->exchanges[0].datagrams[0].payload_start,
            one.exchanges[0].datagrams[0].payload_start);
}

TEST(ReportJson, LongListsKeepBothEndsAndCountTheRest) {
  CaseReport one = sample::failed_case();
  std::vector<tcp::Segment>& segments = one.connections[0].connection.segments;
  const tcp::Segment model = segments.back();
  segments.assign(10'001, model);
  for (std::size_t i = 0; i < segments.size(); ++i) segments[i].packet = i + 1;
  std::string text = to_json(one);
  const auto read = case_from_json(text);
  ASSERT_TRUE(read);
  const auto& kept = read->connections[0].connection.segments;
  ASSERT_EQ(kept.size(), 10'000u);
  EXPECT_EQ(kept[4'999].packet, 5'000u);
  EXPECT_EQ(kept[5'000].packet, 5'002u);
  EXPECT_EQ(read->connections[0].segments_left_out, 1u);
  EXPECT_EQ(to_json(*read), text) << "a second writing leaves out more";

  segments.resize(10'000);
  EXPECT_EQ(Json::parse(to_json(one))["connections"][0].count("segments_left_out"), 0u);
}

TEST(ReportJson, OrdinaryConnectionsKeepFewer) {
  CaseReport one = sample::passed_case();
  std::vector<tcp::Segment>& segments = one.connections[0].connection.segments;
  segments.resize(9'000, segments.back());
  const auto read = case_from_json(to_json(one));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->connections[0].connection.segments.size(), 400u);
  EXPECT_EQ(read->connections[0].segments_left_out, 8'600u);
}

TEST(ReportJson, LongConnectionsShareOneBudget) {
  CaseReport one = sample::failed_case();
  std::vector<tcp::Segment>& segments = one.connections[0].connection.segments;
  segments.resize(12'000, segments.back());
  one.connections.resize(6, one.connections[0]);
  const std::string text = to_json(one);
  const auto read = case_from_json(text);
  ASSERT_TRUE(read);
  std::vector<std::size_t> kept;
  for (const ConnectionReport& each : read->connections) {
    kept.push_back(each.connection.segments.size());
    EXPECT_EQ(kept.back() + each.segments_left_out, 12'000u);
  }
  EXPECT_EQ(kept, (std::vector<std::size_t>{10'000, 5'000, 2'500, 1'250, 624, 312}));
  EXPECT_EQ(to_json(*read), text) << "a second writing leaves out more";
}

TEST(ReportJson, LongOutputsKeepBothEnds) {
  CaseReport one = sample::passed_case();
  one.targets[0].output = "first" + std::string(1'000'000, '.') + "last";
  const std::string text = to_json(one);
  const auto read = case_from_json(text);
  ASSERT_TRUE(read);
  const std::string& kept = read->targets[0].output;
  EXPECT_LT(kept.size(), 70'000u);
  EXPECT_TRUE(kept.starts_with("first"));
  EXPECT_TRUE(kept.ends_with("last"));
  EXPECT_THAT(kept, HasSubstr("[... 934473 bytes left out ...]"));
  EXPECT_EQ(to_json(*read), text) << "a second writing leaves out more";
}

TEST(ReportJson, FramesAreHexadecimal) {
  CaseReport one = sample::passed_case();
  one.frames = {{3, 0, 1'514, std::string("\x00\xff<", 3)}};
  one.frames_left_out = 2;
  const Json parsed = Json::parse(to_json(one));
  EXPECT_EQ(parsed["frames"][0]["bytes_hex"], "00ff3c");
  EXPECT_EQ(parsed["frames_left_out"], 2);
  EXPECT_EQ(case_from_json(to_json(one))->frames[0].bytes, one.frames[0].bytes);
}

TEST(ReportJson, VeryManyConnectionsKeepEndsAndWhatDidNotPass) {
  CaseReport one = sample::passed_case();
  one.connections.resize(20'000, one.connections[0]);
  for (std::size_t i = 0; i < one.connections.size(); ++i)
    one.connections[i].connection.index = i + 1;
  one.connections[10'000] = sample::failed_case().connections[0];
  one.connections[10'000].connection.index = 10'001;
  const std::string text = to_json(one);
  const auto read = case_from_json(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->connections.size(), 5'001u);
  EXPECT_EQ(read->connections_left_out, 14'999u);
  EXPECT_EQ(read->connection_totals.count, 20'000u);
  EXPECT_EQ(read->connection_totals.verdict.at("failed"), 1u);
  EXPECT_EQ(read->connections[2'500].connection.index, 10'001u);
  EXPECT_EQ(read->connections[2'500].connection.segments.size(), 11u);
  EXPECT_EQ(read->connections.back().connection.segments.size(), 0u) << "past the budget";
  EXPECT_EQ(read->connections.back().segments_left_out, 11u);
  EXPECT_EQ(to_json(*read), text);
}

TEST(ReportJson, NumbersThatAreNotFiniteStayJson) {
  CaseReport one = sample::passed_case();
  one.duration_ms = 1.0 / 0.0;
  EXPECT_TRUE(Json::parse(to_json(one))["duration_ms"].is_null());
}

TEST(ReportJson, RefusesWhatIsNotAReport) {
  const auto message = [](std::string_view text) {
    const auto read = run_from_json(text);
    return read ? std::string("read") : read.error().message;
  };
  EXPECT_THAT(message(""), HasSubstr("not whole JSON"));
  EXPECT_THAT(message("{\"cases\": ["), HasSubstr("from byte"));
  EXPECT_THAT(message("[]"), HasSubstr("not a report"));
  EXPECT_THAT(message("{}"), HasSubstr("no \"cases\""));
  EXPECT_THAT(message("{\"cases\": []}"), HasSubstr("no schema_version"));
  EXPECT_THAT(message("{\"cases\": [], \"schema_version\": 2}"), HasSubstr("newer than the 1"));
  EXPECT_THAT(message("{\"cases\": [], \"schema_version\": 0}"), HasSubstr("never was"));
  EXPECT_EQ(message("{\"cases\": [], \"schema_version\": 1, \"later\": {}}"), "read");
}

TEST(ReportJson, AWrongValueIsNamedByItsPath) {
  const auto message = [](std::string_view pointer, const Json& value) {
    Json report = Json::parse(to_json(sample::run()));
    report[Json::json_pointer(std::string(pointer))] = value;
    const auto read = run_from_json(report.dump());
    return read ? std::string("read") : read.error().message;
  };
  EXPECT_EQ(message("/cases/1/status", "fine"),
            "cases[1].status: wanted a known word, found \"fine\"");
  EXPECT_EQ(message("/cases/0/attempts", -1),
            "cases[0].attempts: wanted a number that is not negative, found -1");
  EXPECT_EQ(message("/cases/0/connections/0/client/port", 70'000),
            "cases[0].connections[0].client.port: wanted a smaller number, found 70000");
  EXPECT_EQ(message("/cases/0/title", 5), "cases[0].title: wanted a text, found 5");
  EXPECT_EQ(
      message("/cases/0/started_at", "today"),
      "cases[0].started_at: wanted a time as 2025-03-04T05:06:07.000000000Z, found \"today\"");
  EXPECT_EQ(message("/cases/0/connections/0/segments/0/flags/0", "SIN"),
            "cases[0].connections[0].segments[0].flags: wanted known words, found [\"SIN\"]");
  EXPECT_EQ(message("/cases", 1), "cases: wanted a list, found 1");
}

}  // namespace
}  // namespace wireproof::report
