// Captures of good connections between Linux stacks (testdata/good), each mutated in one place: the
// judge must notice. What it does not notice though the meaning changes stands with the reason in
// testdata/mutations_unnoticed.txt, and an entry there that is noticed after all fails the test
// too.
#include "tcp/mutation.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "tcp/capture_file.h"
#include "tcp/trace_builder.h"

namespace wireproof::tcp::testing {
namespace {

constexpr double kShare = 0.95;

struct Result {
  Connection connection;
  Judgement judgement;
  std::size_t connections = 0;
};

Result run(const Packets& packets, const Expectation& expected) {
  Tracker tracker(kWhole);
  for (std::size_t i = 0; i < packets.size(); ++i) {
    packet::Packet p = packets[i];
    p.frame.number = i + 1;
    tracker.add(p);
  }
  Result result;
  auto all = tracker.finish();
  result.connections = all.size();
  if (all.empty()) return result;
  result.connection = std::move(all.front());
  result.judgement = judge(result.connection, kWhole, expected);
  return result;
}

// What the good connection was: all that an expectation can say.
Expectation expectation_of(const Connection& c) {
  Expectation expected;
  expected.opening = {c.opening};
  expected.closing = {c.closing};
  expected.closed_first = c.closed_first;
  expected.half_close = c.half_close;
  expected.client_states = state_path(c, Side::client);
  expected.server_states = state_path(c, Side::server);
  expected.client_bytes = c.end(Side::client).payload_bytes;
  expected.server_bytes = c.end(Side::server).payload_bytes;
  expected.max_retransmissions = 0;
  return expected;
}

bool noticed(const Result& good, const Result& mutant) {
  if (mutant.connections != good.connections) return true;
  if (mutant.judgement.verdict != good.judgement.verdict) return true;
  std::multiset<std::string> before, now;
  for (const Finding& finding : good.judgement.findings) before.insert(finding.rule);
  for (const Finding& finding : mutant.judgement.findings) now.insert(finding.rule);
  return before != now;
}

std::map<std::string, std::string> listed() {
  std::map<std::string, std::string> reasons;
  std::ifstream file(testdata("mutations_unnoticed.txt"));
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const auto bar = line.find(" | ");
    reasons[line.substr(0, bar)] = bar == std::string::npos ? "" : line.substr(bar + 3);
  }
  return reasons;
}

TEST(Mutation, IsNoticed) {
  auto reasons = listed();
  std::size_t meaningful = 0, seen = 0, meaningless = 0;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(testdata("good")))
    if (entry.path().extension() == ".pcap") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  ASSERT_GE(files.size(), 10u);
  for (const auto& path : files) {
    const CaptureFile file(path);
    const Expectation expected = expectation_of(run(file.packets, {}).connection);
    const Result good = run(file.packets, expected);
    EXPECT_EQ(good.connections, 1u);
    EXPECT_EQ(good.judgement.verdict, Verdict::passed) << path << rules_text(good.judgement);
    for (const Finding& finding : good.judgement.findings)
      EXPECT_EQ(finding.severity, Severity::note) << path << ": " << finding.rule;
    for (const Mutation& mutation : mutations(file.packets)) {
      const bool caught = noticed(good, run(mutation.apply(file.packets), expected));
      if (!mutation.same_meaning.empty()) {
        ++meaningless;
        continue;
      }
      ++meaningful;
      if (caught) ++seen;
      const std::string key = path.stem().string() + " " + mutation.name;
      const auto reason = reasons.find(key);
      if (caught) {
        EXPECT_EQ(reason, reasons.end()) << key << " is listed as unnoticed, and is noticed";
      } else {
        EXPECT_NE(reason, reasons.end()) << key << " is not noticed, and not listed with a reason";
      }
      if (reason != reasons.end()) {
        EXPECT_FALSE(reason->second.empty()) << key << " is listed without a reason";
        reasons.erase(reason);
      }
    }
  }
  for (const auto& [key, reason] : reasons) ADD_FAILURE() << key << " is listed, and no mutation";
  ASSERT_GT(meaningful, 3000u);
  EXPECT_GE(static_cast<double>(seen), kShare * static_cast<double>(meaningful))
      << seen << " of " << meaningful;
  RecordProperty("meaningful", static_cast<int>(meaningful));
  RecordProperty("noticed", static_cast<int>(seen));
  std::printf("%zu of %zu mutations noticed (%.2f %%), %zu more mean the same\n", seen, meaningful,
              100.0 * static_cast<double>(seen) / static_cast<double>(meaningful), meaningless);
}

}  // namespace
}  // namespace wireproof::tcp::testing
