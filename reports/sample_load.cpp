#include "reports/sample.h"

namespace wireproof::report::sample {

load::LoadResult load_result() {
  load::LoadResult load;
  load.pattern = "request-response";
  load.arrivals = "constant";
  load.target = "127.0.0.1:5555";
  load.engine = "epoll";
  load.close = "client";
  load.connections = 64;
  load.threads = 1;
  load.open_loop = true;
  load.pinned = {1};
  load.asked_rate_per_s = 1'000;
  load.warm_up_s = 1;
  load.measured_s = 10;
  load.paused_s = 0.4;
  load.sent = 10'000;
  load.answered = 9'990;
  load.errors = 4;
  load.timeouts = 5;
  load.in_flight = 1;
  load.connections_made = 64;
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
  load.repetitions = {{999, 9'990, 30'000, 90'000, 95'000}};
  load.doubts = {{"machine stalled", "for up to 60 ms", false}};
  load.limits = {{"p99 < 2ms", 0.09, true, "p99 = 0.09 ms"}};
  load.log_file = "cases/load/latency.hlog";
  return load;
}

CaseReport load_case() {
  CaseReport one = passed_case();
  one.id = "load/requests@ipv4";
  one.title = "A thousand requests a second";
  one.scenario_file = "scenarios/load.json";
  one.tags = {"load", "tcp"};
  one.run_again = "wireproof run scenarios --filter " + one.id;
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

}  // namespace wireproof::report::sample
