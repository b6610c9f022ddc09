#include "reports/sample.h"

namespace wireproof::report::sample {

namespace {

// A thousand requests a second for ten seconds.
load::LoadResult requests(unsigned connections) {
  load::LoadResult load;
  load.pattern = "request-response";
  load.arrivals = "constant";
  load.engine = "epoll";
  load.close = "client";
  load.connections = connections;
  load.connections_made = connections;
  load.threads = 1;
  load.open_loop = true;
  load.asked_rate_per_s = 1'000;
  load.measured_s = 10;
  load.sent = 10'000;
  return load;
}

load::LoadResult exchanges() {
  load::LoadResult load = requests(8);
  load.answered = 9'995;
  load.errors = load.timeouts = load.connect_errors = 1;
  load.in_flight = 3;
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

load::LoadResult load_result() {
  load::LoadResult load = requests(64);
  load.target = "127.0.0.1:5555";
  load.pinned = {1};
  load.warm_up_s = 1;
  load.paused_s = 0.4;
  load.answered = 9'990;
  load.errors = 4;
  load.timeouts = 5;
  load.in_flight = 1;
  load.throughput_per_s = 999;
  load.throughput_interval = {999, 998, 1'000};
  load.throughput_method = "batch means over 20 batches, Student's t";
  load.phases = {{"latency",
                  9'996,
                  9'000,
                  5'000'000'000,
                  40'000,
                  10'000,
                  {{0.5, 30'000, 29'000, 31'000}, {0.99, 90'000, {}, {}}},
                  "order statistics (Hahn & Meeker 5.2)",
                  "HISTFAAAABx4nJNpmSzMwMDAxAABzFCaEUoz2X+A0FAAAC4QAYU="}};
  load.series = {{0,
                  1,
                  1'000,
                  998,
                  1,
                  1,
                  64,
                  5'000,
                  7'000,
                  30'000,
                  90'000,
                  95'000,
                  {{"wrong answer", 1}},
                  0.5,
                  1.5,
                  20}};
  load.processes = 2;
  load.warm_up_found = true;
  load.error_kinds = {{"wrong answer", 4, 0.5, {"7 bytes \"failure\" instead of \"success\""}}};
  load.cpu.generator_cpus = {0};
  load.cpu.server_cpus = {1};
  load.tcp = load::TcpSummary{64, 0, 0, 20, 10, 10, 1'000'000};
  load.kernel_counters = {{"tcp_retransmitted", 0}};
  load.datagrams = load::DatagramResult{100, 99, 1, 0, 0, 1.5, 100, 99};
  load.reference = load::Reference{50'000,
                                   20'000,
                                   40'000,
                                   6,
                                   0.02,
                                   1.5,
                                   load::Interval{0.02, 0.019, 0.021},
                                   load::Interval{1.5, 1.4, 1.6}};
  load.proof = load::ProofResult{};
  load.proof->connections_made = load.proof->handshakes_proven = load.proof->closes_proven = 64;
  load.proof->openings = {{"three-way", 64}};
  load.proof->closings = {{"three-segment", 64}};
  load.proof->closed_first = {{"client", 64}};
  load.proof->broken_rules = {{"tcp.close.reset", 1}};
  load.proof->capture = "headers";
  load.proof->basis = "all packets' headers";
  load.proof->balanced = true;
  load.server_growth = load::ServerGrowth{5'000, 5'004, 70, 70, 3, 3, 0.1, 0, 0.1, 10};
  load.steps = {{0, 5, 32, {}, 998, 4'990, 0, 29'000, 88'000},
                {5, 10, 64, 1'000, 999, 5'000, 4, 31'000, {}}};
  load.repetitions = {{999, 9'990, 30'000, 90'000, 95'000}};
  load.doubts = {{"machine stalled", "for up to 60 ms", false}};
  load.limits = {{"p99 < 2ms", 0.09, true, "p99 = 0.09 ms"}};
  load.log_file = "cases/load/latency.hlog";
  return load;
}

CaseReport load_case() {
  CaseReport one = passed_case("load/requests@ipv4");
  one.title = "A thousand requests a second";
  one.scenario_file = "scenarios/load.json";
  one.tags = {"load", "tcp"};
  one.folder = "cases/" + one.id;
  one.steps.clear();
  one.captures.clear();
  one.connections.clear();
  one.frames.clear();
  one.witness = {};
  one.load = load_result();
  // A second of warm-up, whose answers are not counted, and ten of measuring.
  load::SeriesPoint point = one.load->series[0];
  one.load->series = {point};
  one.load->series[0].answered = one.load->series[0].errors = 0;
  one.load->series[0].failures.clear();
  one.load->series[0].p50_ns.reset();
  one.load->series[0].p99_ns.reset();
  one.load->series[0].most_ns = 0;
  for (int second = 1; second < 11; ++second) {
    point.at_s = second;
    point.errors = second == 7 ? 4 : 0;
    point.timeouts = second == 8 ? 5 : 0;
    point.failures.clear();
    if (second == 7) point.failures = {{"wrong answer", 4}};
    one.load->series.push_back(point);
  }
  return one;
}

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
