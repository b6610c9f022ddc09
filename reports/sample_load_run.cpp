#include "reports/sample.h"

namespace wireproof::report::sample {
namespace {

load::LoadResult exchanges() {
  load::LoadResult load;
  load.pattern = "request-response";
  load.arrivals = "constant";
  load.engine = "epoll";
  load.close = "client";
  load.connections = 8;
  load.threads = 1;
  load.open_loop = true;
  load.asked_rate_per_s = 1'000;
  load.measured_s = 10;
  load.sent = 10'000;
  load.answered = 9'995;
  load.errors = load.timeouts = load.connect_errors = 1;
  load.in_flight = 3;
  load.connections_made = 8;
  load.throughput_per_s = 999.5;
  load.throughput_interval = {999.5, 998, 1'001};
  load.bytes_sent_per_s = 3'000;
  load.bytes_received_per_s = 7'000;
  load.phases = {
      {"latency",
       9'995,
       9'000,
       5'000'000,
       40'000,
       10'000,
       {{0.5, 30'000, 29'000, 31'000}, {0.9, 60'000, {}, {}}, {0.99, 90'000, {}, {}}},
       "order statistics",
       ""},
      {"service", 9'995, 8'000, 4'000'000, 30'000, 9'000, {{0.5, 25'000, {}, {}}}, "", ""}};
  load.error_kinds = {{"wrong answer", 1, 0.5, {"7 bytes \"failure\""}}, {"timeout", 1, 2.5, {}}};
  load.proof.emplace();
  load.proof->connections_made = 8;
  load.proof->handshakes_proven = 8;
  load.proof->closes_proven = 1;
  load.proof->packets = 20'032;
  load.proof->difference = "7 closes were not seen";
  load.doubts = {{"generator saturated", "its thread was busy 97 % of the time", true},
                 {"too few samples", "p99.9 needs 10,000", false}};
  load.trusted = false;
  load.limits = {{"p99 < 50us", 0.09, false, "p99 = 0.09 ms"},
                 {"rate > 900", 999.5, true, "rate = 999.5"}};
  return load;
}

load::LoadResult stream() {
  load::LoadResult load;
  load.pattern = "stream to-server";
  load.arrivals = "closed";
  load.engine = "io_uring";
  load.close = "shutdown";
  load.connections = load.threads = 1;
  load.measured_s = 2;
  load.connections_made = 1;
  load.bytes_sent_per_s = 812e6;
  load.bytes_received_per_s = 3'100;
  return load;
}

}  // namespace

RunReport load_run() {
  RunReport all = run();
  all.cases.clear();
  CaseReport& one = all.cases.emplace_back();
  one.id = "load@connections=8";
  one.title = "tcp://127.0.0.1:5555";
  one.scenario_file = "wireproof load";
  one.transport = "tcp";
  one.family = "ipv4";
  one.topology = "remote";
  one.status = Status::failed;
  one.reason = "1 limit of 2 was not kept";
  one.duration_ms = 11'000;
  one.load = exchanges();
  CaseReport& other = all.cases.emplace_back(one);
  other.id = "load/stream@ipv4";
  other.title = "As much as fits";
  other.scenario_file = "scenarios/load/stream.json";
  other.scenario_line = 3;
  other.status = Status::passed;
  other.reason.clear();
  other.load = stream();
  return all;
}

}  // namespace wireproof::report::sample
