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
  CaseReport one = passed_case("wire/close/ack-lost@ipv4");
  one.title = "An acknowledgement is lost";
  one.topology = "wire";
  one.tags = {"wire", "close"};
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

CaseReport lossy_case() {
  CaseReport one = passed_case("tcp/wire/lossy@ipv4");
  one.topology = "wire";
  const auto& segments = one.connections[0].connection.segments;
  const auto decision = [&](WireDecision what, std::int64_t time_ns, std::uint64_t packet) {
    if (!one.wire) one.wire.emplace();
    if (!one.wire_link) one.wire_link.emplace();
    one.wire->decisions.push_back(std::move(what));
    one.wire_link->moments.push_back({time_ns, packet});
  };
  // The numbers are those of the capture at the sender's end: of the client's packets alone they
  // are the judged capture's.
  decision({"rule", "lose-syn", "dropped", "", "client -> server", 1, 1, "SYN seq 0 length 0"},
           segments[0].time_ns, segments[0].packet);
  decision({"rule", "slow", "held", "20 ms", "server -> client", 1, 1, "SYN ACK seq 0 length 0"},
           segments[1].time_ns - 1, 1);
  decision({"script", "cut", "link down", "", "", 0, 0, ""}, segments[2].time_ns + 1, 0);
  decision({"rule", "lose-ack", "dropped", "", "server -> client", 2, 1, "ACK seq 1 length 0"},
           segments[3].time_ns + 1, 3);
  decision({"rule", "twice", "doubled", "", "client -> server", 3, 1, "PSH ACK seq 1 length 3"},
           segments[3].time_ns, segments[3].packet);
  decision({"rule", "other", "dropped", "", "client -> server", 4, 2, "SYN seq 0 length 0"},
           segments[4].time_ns, 99);
  one.wire->rules = 5;
  return one;
}

}  // namespace wireproof::report::sample
