// Captures of one situation each: what a verifier must make of it.
#include <gtest/gtest.h>

#include "tcp/capture_file.h"
#include "tcp/trace_builder.h"

namespace wireproof::tcp::testing {
namespace {

struct Situation {
  std::string_view file, opening, closing, closed_first;
  Verdict verdict;
  // The rules broken that are no notes, "rule@blame" each, in the order of their ids.
  std::vector<std::string> rules = {};
  std::vector<std::string> notes = {};
};

void PrintTo(const Situation& situation, std::ostream* out) { *out << situation.file; }

constexpr Verdict kPassed = Verdict::passed, kFailed = Verdict::failed,
                  kInconclusive = Verdict::inconclusive;

const std::vector<Situation>& situations() {
  static const std::vector<Situation> all{
      {"02_three_segment_close", "three-way", "three-segment", "client", kPassed},
      {"04_half_close_long_data", "three-way", "four-way", "client", kPassed},
      {"06_simultaneous_open", "simultaneous", "four-way", "client", kPassed},
      {"08_synack_retransmit", "three-way", "four-way", "client", kPassed},
      {"10_syn_to_closed_port_rstack", "refused", "refused", "-", kPassed},
      {"12_half_open_rst_by_client",
       "half-open",
       "reset",
       "client",
       kPassed,
       {},
       {"tcp.handshake.abandoned"}},
      {"14_tfo_data_on_syn_not_accepted",
       "three-way",
       "four-way",
       "client",
       kPassed,
       {"tcp.options.window-scale-unoffered@server"}},
      {"16_final_ack_lost_fin_retrans", "three-way", "four-way", "client", kPassed},
      {"18_rst_established", "three-way", "reset", "client", kPassed},
      {"20_rst_in_window_not_exact_challenge_ack",
       "three-way",
       "four-way",
       "client",
       kPassed,
       {},
       {"tcp.reset.not-exact"}},
      {"22_rst_after_fin_unread_data",
       "three-way",
       "reset",
       "server",
       kPassed,
       {},
       {"tcp.reset.unread-data"}},
      {"24_rst_in_time_wait",
       "three-way",
       "four-way",
       "client",
       kPassed,
       {},
       {"tcp.reset.after-close"}},
      {"26_zero_window_probe", "three-way", "four-way", "client", kPassed},
      {"30_seq_wrap", "three-way", "four-way", "client", kPassed},
      {"30b_fin_at_wrap", "three-way", "four-way", "client", kPassed},
      {"32_capture_truncated_before_close", "three-way", "not-captured", "-", kInconclusive},
      {"34_one_direction_only",
       "inconclusive",
       "inconclusive",
       "client",
       kInconclusive,
       {},
       {"tcp.capture.one-sided"}},
      {"36_close_out_of_order_in_capture", "three-way", "four-way", "client", kPassed},
      {"38_data_out_of_order", "three-way", "four-way", "client", kPassed},
      {"40_snap60", "three-way", "four-way", "client", kPassed},
      {"40b_snap48_tcp_header_cut",
       "three-way",
       "four-way",
       "client",
       kInconclusive,
       {},
       {"tcp.capture.header-cut"}},
      {"40c_nano", "three-way", "four-way", "client", kPassed},
      {"42_vlan", "three-way", "four-way", "client", kPassed},
      {"42b_qinq", "three-way", "four-way", "client", kPassed},
      {"44_ipv6_exthdr", "three-way", "four-way", "client", kPassed},
      {"48_accecn", "three-way", "four-way", "client", kPassed},
      {"50_urgent", "three-way", "four-way", "client", kPassed},
      {"52_bad_tcp_checksum_syn",
       "three-way",
       "four-way",
       "client",
       kFailed,
       {"tcp.segment.bad-checksum-answered@server"},
       {"tcp.segment.corrupted"}},
      {"52b_bad_checksum_fin_retransmitted",
       "three-way",
       "three-segment",
       "client",
       kPassed,
       {},
       {"tcp.segment.corrupted"}},
      {"54_malformed_option_len0",
       "three-way",
       "four-way",
       "client",
       kFailed,
       {"tcp.options.malformed@client"}},
      {"56_hs_ack_wrong_ack",
       "half-open",
       "unfinished",
       "server",
       kFailed,
       {"tcp.handshake.ack-number@client"},
       {"tcp.close.unfinished", "tcp.reset.not-exact"}},
      {"58_fin_acked_wrong",
       "three-way",
       "unfinished",
       "both",
       kInconclusive,
       {},
       {"tcp.close.unfinished"}},
      {"60_data_after_fin_same_side",
       "three-way",
       "four-way",
       "client",
       kFailed,
       {"tcp.close.data-after-fin@client"}},
      {"62_fin_seq_wrong_gap",
       "three-way",
       "unfinished",
       "client",
       kInconclusive,
       {"tcp.data.sequence-gap@client?"},
       {"tcp.close.unfinished"}},
      {"64_payload_overlap_inconsistent_retrans",
       "three-way",
       "four-way",
       "client",
       kFailed,
       {"tcp.data.retransmission-differs@client"}},
      {"66_fin_merged_with_hs_ack", "three-way", "three-segment", "client", kPassed},
      {"68_window_shrink_sack_dsack", "three-way", "four-way", "client", kPassed},
      {"70_rst_with_data", "three-way", "reset", "server", kPassed, {}, {"tcp.reset.with-data"}},
      {"72_paws_old_ts",
       "three-way",
       "unfinished",
       "client",
       kInconclusive,
       {"tcp.options.timestamp-backwards@client"},
       {"tcp.close.unfinished"}},
  };
  return all;
}

class Captured : public ::testing::TestWithParam<Situation> {};
INSTANTIATE_TEST_SUITE_P(Situations, Captured, ::testing::ValuesIn(situations()),
                         [](const auto& one) { return std::string(one.param.file); });

TEST_P(Captured, IsJudgedRightly) {
  const Situation& wanted = GetParam();
  const CaptureFile file(testdata("situations/" + std::string(wanted.file) + ".pcap"));
  Tracker tracker;
  for (const auto& packet : file.packets) tracker.add(packet);
  const auto connections = tracker.finish();
  ASSERT_EQ(connections.size(), 1u);
  const Connection& c = connections.front();
  EXPECT_EQ(name(c.opening), wanted.opening);
  EXPECT_EQ(name(c.closing), wanted.closing);
  EXPECT_EQ(name(c.closed_first), wanted.closed_first);
  const Judgement j = judge(c, {});
  EXPECT_EQ(name(j.verdict), name(wanted.verdict)) << rules_text(j);
  std::vector<std::string> rules, notes;
  for (const Finding& finding : j.findings) {
    if (finding.severity == Severity::note) {
      notes.push_back(finding.rule);
    } else {
      rules.push_back(finding.rule + "@" + std::string(name(finding.blame)) +
                      (finding.inconclusive ? "?" : ""));
    }
  }
  EXPECT_EQ(rules, wanted.rules) << rules_text(j);
  EXPECT_EQ(notes, wanted.notes) << rules_text(j);
}

Connection only(const std::string& name) {
  const CaptureFile file(testdata("situations/" + name + ".pcap"));
  Tracker tracker;
  for (const auto& packet : file.packets) tracker.add(packet);
  return tracker.finish().at(0);
}

TEST(CapturedCounts, AreThoseOfTheSituation) {
  const Connection half_close = only("04_half_close_long_data");
  EXPECT_TRUE(half_close.half_close);
  EXPECT_EQ(half_close.end(Side::server).payload_bytes_after_peer_fin, 2000u);
  EXPECT_EQ(only("06_simultaneous_open").end(Side::server).retransmissions, 0u);
  EXPECT_EQ(only("08_synack_retransmit").end(Side::server).syn_retransmissions, 1u);
  EXPECT_EQ(only("08_synack_retransmit").end(Side::client).duplicate_acks, 0u);
  EXPECT_EQ(only("14_tfo_data_on_syn_not_accepted").end(Side::client).retransmissions, 0u);
  EXPECT_EQ(only("14_tfo_data_on_syn_not_accepted").end(Side::client).payload_bytes, 20u);
  const Connection lost_ack = only("16_final_ack_lost_fin_retrans");
  EXPECT_EQ(lost_ack.end(Side::server).fin_retransmissions, 1u);
  EXPECT_EQ(lost_ack.end(Side::client).state, State::time_wait);
  EXPECT_EQ(lost_ack.end(Side::server).state, State::closed);
  const Connection challenged = only("20_rst_in_window_not_exact_challenge_ack");
  EXPECT_NE(challenged.segments.at(8).marks & mark::challenge_ack, 0u);
  EXPECT_EQ(challenged.end(Side::client).duplicate_acks, 0u);
  const Connection probed = only("26_zero_window_probe");
  EXPECT_EQ(probed.end(Side::client).window_probes, 2u);
  EXPECT_EQ(probed.end(Side::server).zero_windows, 2u);
  EXPECT_EQ(probed.end(Side::client).retransmissions, 0u);
  const Connection late = only("38_data_out_of_order");
  EXPECT_EQ(late.end(Side::client).out_of_order, 1u);
  EXPECT_EQ(late.end(Side::client).retransmissions, 0u);
  EXPECT_TRUE(only("48_accecn").accurate_ecn);
  EXPECT_TRUE(only("50_urgent").urgent);
  EXPECT_EQ(only("68_window_shrink_sack_dsack").end(Side::client).retransmissions, 1u);
}

TEST(CapturedTwice, PortReuseIsTwoConnections) {
  const CaptureFile file(testdata("situations/28_port_reuse_lower_isn.pcap"));
  Tracker tracker;
  for (const auto& packet : file.packets) tracker.add(packet);
  const auto connections = tracker.finish();
  ASSERT_EQ(connections.size(), 2u);
  for (const Connection& c : connections) {
    EXPECT_EQ(c.closing, Closing::four_way);
    EXPECT_EQ(judge(c, {}).verdict, Verdict::passed);
  }
}

// What is only suspected in a capture of unknown completeness is proven in a whole one.
TEST(CapturedWhole, ProvesWhatWasInconclusive) {
  for (const auto& [file, rule] : {std::pair{"62_fin_seq_wrong_gap", "tcp.data.sequence-gap"},
                                   std::pair{"56_hs_ack_wrong_ack", "tcp.handshake.ack-number"}}) {
    const CaptureFile capture(testdata(std::string("situations/") + file + ".pcap"));
    Tracker tracker(kWhole);
    for (const auto& packet : capture.packets) tracker.add(packet);
    const Judgement j = judge(tracker.finish().at(0), kWhole);
    ASSERT_TRUE(broke(j, rule)) << rules_text(j);
    EXPECT_FALSE(find(j, rule)->inconclusive);
    EXPECT_EQ(j.verdict, Verdict::failed);
  }
}

}  // namespace
}  // namespace wireproof::tcp::testing
