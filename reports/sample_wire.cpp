#include "reports/sample.h"

namespace wireproof::report::sample {

WireReport wire() {
  WireReport report;
  report.seed = 7;
  report.rules = 2;
  report.decisions = {
      {"rule", "lose-syn", "dropped", "a detail", "client -> server", 1, 1, "SYN seq 0 length 0"}};
  report.decisions_left_out = 6;
  return report;
}

WireLinkReport wire_link() {
  WireLinkReport link;
  link.client_to_server = {11, 10, 1, 2};
  link.server_to_client = {9, 8, 3, 4};
  link.lost = 1;
  link.moments = {{static_cast<std::int64_t>(passed_case().started_ns) + 2'000'000, 1}};
  link.moments_left_out = 6;
  return link;
}

CaseReport wire_case() {
  CaseReport one = passed_case();
  one.id = "wire/close/ack-lost@ipv4";
  one.title = "An acknowledgement is lost";
  one.topology = "wire";
  one.tags = {"wire", "close"};
  one.run_again = "wireproof run scenarios --filter " + one.id;
  one.folder = "cases/" + one.id;
  one.captures[0].host = "client";
  const std::vector<tcp::Segment>& segments = one.connections[0].connection.segments;
  one.wire = WireReport{7, 2, {}, 0};
  one.wire->decisions = {
      {"rule", "lose-ack", "dropped", "", "client -> server", 2, 1, "ACK seq 1 ack 1 length 0"},
      {"rule", "hold-answer", "delayed", "20 ms", "server -> client", 3, 1,
       "ACK seq 1 ack 4 length 0"}};
  one.wire_link = WireLinkReport{{5, 4, 1, 0}, {4, 4, 0, 0}, 0, {}, 0};
  one.wire_link->moments = {{segments[2].time_ns + 1'000, segments[2].packet},
                            {segments[4].time_ns - 1'000, segments[4].packet}};
  return one;
}

}  // namespace wireproof::report::sample
