#include "check/summary.h"

#include <algorithm>

namespace wireproof::check {

void RuleCount::add_example(std::uint64_t connection) {
  examples.insert(std::upper_bound(examples.begin(), examples.end(), connection), connection);
  if (examples.size() > kExamples) examples.pop_back();
}

void Summary::add(tcp::Opening opened, tcp::Closing closed, Verdict judged) {
  ++connections;
  ++opening.at(static_cast<std::size_t>(opened));
  ++closing.at(static_cast<std::size_t>(closed));
  ++verdict.at(static_cast<std::size_t>(judged));
}

void Summary::add(const std::string& rule, const RuleCount& more) {
  RuleCount& all = rules[rule];
  all.severity = more.severity;
  all.source = more.source;
  all.connections += more.connections;
  all.findings += more.findings;
  all.inconclusive += more.inconclusive;
  for (const std::uint64_t example : more.examples) all.add_example(example);
}

void Summary::add(const SlowHandshake& one) {
  const auto slower = [](const SlowHandshake& a, const SlowHandshake& b) {
    return a.handshake_ns != b.handshake_ns ? a.handshake_ns > b.handshake_ns : a.index < b.index;
  };
  slowest.insert(std::upper_bound(slowest.begin(), slowest.end(), one, slower), one);
  if (slowest.size() > kSlowest) slowest.pop_back();
}

void Summary::add(const Summary& other) {
  connections += other.connections;
  for (std::size_t i = 0; i < opening.size(); ++i) opening[i] += other.opening[i];
  for (std::size_t i = 0; i < closing.size(); ++i) closing[i] += other.closing[i];
  for (std::size_t i = 0; i < verdict.size(); ++i) verdict[i] += other.verdict[i];
  for (const auto& [rule, count] : other.rules) add(rule, count);
  for (const SlowHandshake& one : other.slowest) add(one);
}

std::vector<std::pair<std::string, RuleCount>> by_frequency(const Summary& summary) {
  std::vector<std::pair<std::string, RuleCount>> all(summary.rules.begin(), summary.rules.end());
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    if (a.second.severity != b.second.severity) return a.second.severity < b.second.severity;
    return a.second.connections > b.second.connections;
  });
  return all;
}

}  // namespace wireproof::check
