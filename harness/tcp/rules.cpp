#include "tcp/rules.h"

#include <fmt/format.h>

#include <algorithm>

namespace wireproof::tcp {

Blame blame(Side side) { return side == Side::client ? Blame::client : Blame::server; }

ClosedFirst closer(Side side) {
  return side == Side::client ? ClosedFirst::client : ClosedFirst::server;
}

std::string number(std::int64_t value) { return fmt::format("{}", value); }

std::string packet_text(std::optional<std::uint64_t> packet) {
  return packet ? fmt::format("packet {}", *packet) : "no packet";
}

std::string since_first_text(const Connection& connection, std::int64_t time_ns) {
  return fmt::format("{:.3f} s", static_cast<double>(time_ns - connection.first_time_ns) / 1e9);
}

std::string milliseconds_text(std::int64_t ns) {
  return fmt::format("{:.3g} ms", static_cast<double>(ns) / 1e6);
}

Finding& add(Findings& findings, const Rule& rule, Blame who, std::vector<std::uint64_t> packets,
             std::string expected, std::string observed) {
  return findings.emplace_back(
      make_finding(rule, who, std::move(packets), std::move(expected), std::move(observed)));
}

void report(const Trial& trial, const Rule& rule, Odd kind, Proof proof, Findings& findings,
            Words (*words)(const Trial&, const Oddity&)) {
  for (const Side side : {Side::client, Side::server}) {
    Finding* finding = nullptr;
    std::size_t more = 0;
    for (const Oddity& oddity : trial.connection.oddities) {
      if (oddity.kind != kind || oddity.side != side) continue;
      const bool shown = proof == Proof::always || oddity.certain ||
                         (proof == Proof::only_clean ? trial.clean : trial.whole);
      const bool proven = shown && (!oddity.doubtful || trial.clean);
      if (!shown && proof != Proof::whole) continue;
      if (finding == nullptr) {
        Words said = words(trial, oddity);
        finding = &add(findings, rule, blame(side), {}, std::move(said.expected),
                       std::move(said.observed));
        finding->inconclusive = true;
      } else {
        ++more;
      }
      finding->inconclusive = finding->inconclusive && !proven;
      for (const std::uint64_t packet : {oddity.other_packet, oddity.packet}) {
        if (packet != 0 && std::find(finding->packets.begin(), finding->packets.end(), packet) ==
                               finding->packets.end()) {
          finding->packets.push_back(packet);
        }
      }
    }
    if (finding == nullptr) continue;
    std::sort(finding->packets.begin(), finding->packets.end());
    if (more != 0) finding->observed += fmt::format(" (and {} more)", more);
  }
}

bool opening_missed(const Trial& trial) {
  const auto& wanted = trial.expected.opening;
  return !wanted.empty() &&
         std::find(wanted.begin(), wanted.end(), trial.connection.opening) == wanted.end();
}

bool closing_missed(const Trial& trial) {
  const auto& wanted = trial.expected.closing;
  return !wanted.empty() &&
         std::find(wanted.begin(), wanted.end(), trial.connection.closing) == wanted.end();
}

}  // namespace wireproof::tcp
