#include "reports/sample.h"

namespace wireproof::report::sample {

CaseReport lossy_case() {
  CaseReport one = passed_case();
  one.id = "tcp/wire/lossy@ipv4";
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
