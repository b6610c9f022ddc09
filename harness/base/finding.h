// What a judgement is made of: rules, findings and verdicts, the same for TCP, UDP, UNIX sockets,
// programs and expectations. Plain values: no thread rule.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wireproof {

enum class Severity : std::uint8_t { must, should, note };
enum class Verdict : std::uint8_t { passed, failed, inconclusive };
// Whose doing it is. The client is the sender of the first SYN (or of the first datagram).
enum class Side : std::uint8_t { client, server };
enum class Blame : std::uint8_t { none, client, server, both, harness };

std::string_view name(Severity);
std::string_view name(Verdict);
std::string_view name(Side);
std::string_view name(Blame);
constexpr Side other(Side side) { return side == Side::client ? Side::server : Side::client; }

// One rule as `wireproof rules` lists it. Static data: rule tables are constexpr arrays.
struct Rule {
  std::string_view id;  // "tcp.handshake.syn-ack-number": part.topic.what
  Severity severity;
  std::string_view source;  // "RFC 9293 3.5, MUST-2"; "scenario" for expectations
  std::string_view title;   // one line: what must hold
};

struct Finding {
  std::string rule;  // Rule::id
  Severity severity = Severity::must;
  std::string source;
  Blame blame = Blame::none;
  std::vector<std::uint64_t> packets;  // numbers in the capture, from 1
  std::string expected;
  std::string observed;
  // True where the evidence does not prove it (lost packets, one-sided capture ...): such a finding
  // makes the verdict inconclusive, not failed.
  bool inconclusive = false;
  std::string where;  // which connection, step, target or file, for a person

  friend bool operator==(const Finding&, const Finding&) = default;
};

Finding make_finding(const Rule& rule, Blame blame, std::vector<std::uint64_t> packets,
                     std::string expected, std::string observed);

}  // namespace wireproof
