// How a rule is written: a row of the table in rule_table.cpp and a small function in the themed
// file (rules_handshake.cpp, ...) that turns what the tracker saw into findings.
// Pure functions; no thread rule.
#pragma once

#include <string>
#include <vector>

#include "tcp/judge.h"

namespace wireproof::tcp {

using Findings = std::vector<Finding>;

// One connection before its judges.
struct Trial {
  const Connection& connection;
  const CaptureFacts& facts;
  const Expectation& expected;
  bool whole;  // the capture is known to hold all that passed, in causal order
  bool clean;  // and nothing on the way drops, holds or doubles packets
};

struct RuleEntry {
  Rule rule;
  OddSet triggers;  // applied only if the connection has one of these oddities; none: always
  void (*apply)(const Trial&, const Rule&, Findings&);
};

// What it takes for an oddity to count as proven.
enum class Proof : std::uint8_t {
  always,      // one packet says it all
  whole,       // else the finding is inconclusive
  only_whole,  // else there is none
  only_clean,
};

struct Words {
  std::string expected, observed;
};

// One finding for each end that did it, with all its packets; the first one's words.
void report(const Trial& trial, const Rule& rule, Odd kind, Proof proof, Findings& findings,
            Words (*words)(const Trial&, const Oddity&));

Blame blame(Side side);
ClosedFirst closer(Side side);
std::string number(std::int64_t value);                 // "12", "-1"
std::string packet_text(std::optional<std::uint64_t>);  // "packet 7", "no packet"
std::string since_first_text(const Connection& connection, std::int64_t time_ns);  // "0.200 s"
std::string milliseconds_text(std::int64_t ns);                                    // "12.3 ms"
// Adds one finding about the connection as a whole.
Finding& add(Findings& findings, const Rule& rule, Blame who, std::vector<std::uint64_t> packets,
             std::string expected, std::string observed);

// Whether an expected way of closing or opening was missed, so that what follows from it is not
// reported a second time.
bool opening_missed(const Trial& trial);
bool closing_missed(const Trial& trial);

std::span<const RuleEntry> rule_entries();

}  // namespace wireproof::tcp
