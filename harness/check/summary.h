// A capture in numbers: how its connections opened and closed, what was made of them, which rules
// they broke, and which took longest to open. Plain values: no thread rule.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tcp/connection.h"

namespace wireproof::check {

// A rule that did not hold, over all connections.
struct RuleCount {
  static constexpr std::size_t kExamples = 3;
  Severity severity = Severity::must;
  std::string source;
  std::uint64_t connections = 0, findings = 0, inconclusive = 0;
  std::vector<std::uint64_t> examples;  // connections, by index: the first few
  std::uint64_t latest = 0;             // while they are counted: of the last one
  void add_example(std::uint64_t connection);
};

struct SlowHandshake {
  std::int64_t handshake_ns = 0;
  std::uint64_t index = 0;
  packet::Endpoint client, server;
};

struct Summary {
  static constexpr std::size_t kSlowest = 5;
  std::uint64_t connections = 0;
  std::array<std::uint64_t, 8> opening{};
  std::array<std::uint64_t, 9> closing{};
  std::array<std::uint64_t, 3> verdict{};
  std::map<std::string, RuleCount, std::less<>> rules;
  std::vector<SlowHandshake> slowest;  // the slowest first

  void add(tcp::Opening opened, tcp::Closing closed, Verdict judged);
  void add(const std::string& rule, const RuleCount& more);
  void add(const SlowHandshake& one);
  void add(const Summary& other);
  std::uint64_t count(Verdict judged) const { return verdict[static_cast<std::size_t>(judged)]; }
};

// The rules of a summary, those that most connections broke first; must before should before note.
std::vector<std::pair<std::string, RuleCount>> by_frequency(const Summary& summary);

}  // namespace wireproof::check
