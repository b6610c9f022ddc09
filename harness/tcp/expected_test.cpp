// The short way of the segments that are as expected leads where the long way does: a connection
// whose segments are kept goes the long way (flow_expected.cpp), and is the same but for them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tcp/tcp_model.h"
#include "tcp/trace_builder.h"

namespace wireproof::tcp::testing {
namespace {

using Packets = std::vector<packet::Packet>;

template <typename Number>
std::string text_of(const Number& number) {
  return number ? std::to_string(*number) : "-";
}

std::string text_of(const End& e) {
  const RoundTrips& t = e.round_trips;
  std::string text = fmt::format(
      "  {}: {} segments, {} sent, {} good, {} bad, {} data, {} payload, isn {} {}, mss {}, scale "
      "{}, {}, {}{}{}{}, trips {} {} {} {} {} {}, flights {} {}, data {} {}, at {} {} {} {}, fin "
      "{} "
      "{}\n",
      packet::to_string(e.endpoint), e.segments, e.payload_bytes_sent, e.good_checksums,
      e.bad_checksums, e.data_segments, e.payload_bytes, e.isn, e.isn_known, text_of(e.mss),
      text_of(e.window_scale), name(e.state), e.sack_permitted, e.timestamps, e.ecn_setup,
      e.reset_in_time_wait, t.samples, t.min_ns, t.max_ns, t.sum_ns, t.smoothed_ns, t.variation_ns,
      e.initial_flight, e.largest_flight, text_of(e.first_data_ns), text_of(e.last_data_ns),
      text_of(e.first_segment_packet), text_of(e.syn_packet), text_of(e.fin_packet),
      text_of(e.fin_ack_packet), text_of(e.fin_time_ns), text_of(e.fin_seq));
  text += fmt::format(
      "    rst {}, late {}, again {}: {} {} {} {} {} {}, {} {} {} {} {} {} {} {} {} {}, {} {}",
      text_of(e.rst_packet), e.payload_bytes_after_peer_fin, e.retransmissions,
      e.syn_retransmissions, e.fin_retransmissions, e.fast_retransmissions,
      e.timeout_retransmissions, e.tail_loss_probes, e.spurious_retransmissions, e.duplicate_acks,
      e.out_of_order, e.zero_windows, e.keep_alives, e.window_probes, e.capture_duplicates,
      e.duplicate_sacks, e.old_stamps, e.bad_data_checksums, e.zero_window_ns,
      text_of(e.data_after_peer_fin_packet), e.data_after_peer_fin_length);
  for (const Repeat& one : e.repeats) {
    text += fmt::format(", {} {} {}", one.packet, one.time_ns, one.fin);
  }
  return text + "\n";
}

// All but the segments.
std::string text_of(const Connection& c) {
  std::string text = fmt::format(
      "{}: {} packets, {} to {}, first {}, {}{}{}{}{}{}{}, {} {} {} {}, took {} {} {}, reset {}\n",
      c.index, c.packets, c.first_time_ns, c.last_time_ns, c.first_packet, c.fast_open, c.mptcp,
      c.urgent, c.ecn, c.accurate_ecn, c.one_sided, c.handshake_done, name(c.opening),
      name(c.closing), static_cast<int>(c.closed_first), c.half_close, text_of(c.handshake_ns),
      text_of(c.first_byte_ns), text_of(c.close_ns),
      c.reset_by ? static_cast<int>(*c.reset_by) : -1);
  for (const End& end : c.ends) text += text_of(end);
  for (const Transition& t : c.transitions) {
    text += fmt::format("  {} {} to {} by {} at {}\n", static_cast<int>(t.side), name(t.from),
                        name(t.to), t.packet, t.time_ns);
  }
  for (const Oddity& odd : c.oddities) {
    text += fmt::format("  odd {} {} {} {} wanted {} seen {} {}{} {}\n", static_cast<int>(odd.kind),
                        static_cast<int>(odd.side), odd.packet, odd.other_packet, odd.wanted,
                        odd.seen, odd.certain, odd.doubtful, odd.detail);
  }
  for (const std::uint64_t packet : c.icmp_packets) text += fmt::format("  icmp {}\n", packet);
  return text;
}

std::string told(const Packets& packets, std::size_t segments) {
  TrackerOptions options;
  options.segments = segments;
  Tracker tracker(CaptureFacts{}, options);
  tracker.add(packets);
  std::string text;
  for (const Connection& connection : tracker.finish()) text += text_of(connection);
  return text;
}

// One field of it is another.
void disturb(packet::Packet& packet, std::mt19937_64& random) {
  const auto upto = [&](std::uint32_t most) { return static_cast<std::uint32_t>(random() % most); };
  const auto near = [&] { return upto(2) == 0 ? upto(5) - 2 : upto(2001) - 1000; };
  packet::TcpHeader& tcp = packet.tcp;
  packet::TcpOptions& options = tcp.options;
  switch (upto(17)) {
    case 0:
      tcp.seq += near();
      break;
    case 1:
      tcp.ack += near();
      break;
    case 2:
      tcp.window = static_cast<std::uint16_t>(upto(2) == 0 ? upto(3) : tcp.window + near());
      break;
    case 3:
      tcp.flags ^= static_cast<std::uint16_t>(1u << upto(9));
      break;
    case 4:
      packet.checksum = static_cast<packet::Checksum>(upto(5));
      break;
    case 5:
      packet.ecn = static_cast<std::uint8_t>(upto(4));
      break;
    case 6:
      packet.payload_length += near();
      packet.payload =
          packet.payload.first(std::min<std::size_t>(packet.payload.size(), packet.payload_length));
      break;
    case 7:
      packet.cut = true;
      break;
    case 8:
      packet.malformed = "TCP data offset 3 is below 5";
      break;
    case 9:
      options.malformed = "option 8 has length 0";
      break;
    case 10:
      options.timestamps.reset();
      break;
    case 11:
      options.timestamps = packet::TcpOptions::Timestamps{};
      break;
    case 12:
      if (options.timestamps) options.timestamps->value += near();
      break;
    case 13:
      if (options.timestamps) options.timestamps->echo_reply += near();
      break;
    case 14:
      options.sack_count = 1;
      options.sack[0] = {tcp.ack + near(), tcp.ack + near()};
      break;
    case 15:
      if (upto(2) == 0) {
        options.mss = static_cast<std::uint16_t>(upto(100));
      } else {
        options.window_scale = static_cast<std::uint8_t>(upto(16));
      }
      break;
    default:
      options.sack_permitted = upto(2) == 0;
      options.fast_open = upto(2) == 0;
      options.mptcp = upto(2) == 0;
  }
}

// Lost, twice, late, after a pause, or disturbed; `often` of a thousand are.
Packets disturbed(const Packets& packets, std::uint64_t often, std::mt19937_64& random) {
  constexpr std::int64_t second = 1'000'000'000;
  const auto scale = static_cast<std::uint8_t>(random() % 3);
  std::int64_t pause_ns = 0;
  Packets all;
  for (const packet::Packet& packet : packets) {
    all.push_back(packet);
    packet::TcpOptions& options = all.back().tcp.options;
    if (options.window_scale) options.window_scale = scale;
    if (random() % 1000 < often) {
      switch (random() % 8) {
        case 0:
          all.pop_back();
          break;
        case 1:
          all.push_back(all.back());
          break;
        case 2:
          if (all.size() > 1) std::swap(all.back(), all[all.size() - 2]);
          break;
        case 3:
          pause_ns += random() % 2 == 0 ? second : 7200 * second;
          break;
        default:
          disturb(all.back(), random);
      }
    }
    if (!all.empty()) all.back().frame.time_ns += pause_ns;
  }
  for (std::size_t i = 0; i < all.size(); ++i) all[i].frame.number = i + 1;
  return all;
}

TEST(Expected, TheShortWayLeadsWhereTheLongWayDoes) {
  std::size_t with_oddities = 0;
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    std::mt19937_64 random(seed);
    PlayOptions options = random_options(random);
    if (seed % 2 == 0) options.loss = options.reorder = options.duplicate = 0;
    const Play made = play(options, random);
    const Packets packets = disturbed(made.packets, seed % 3 == 0 ? 0 : random() % 150, random);
    const std::string long_way = told(packets, TrackerOptions::kAll);
    ASSERT_EQ(told(packets, 0), long_way) << "seed " << seed;
    if (long_way.find("  odd ") != std::string::npos) ++with_oddities;
  }
  EXPECT_GT(with_oddities, 5000u);
  EXPECT_LT(with_oddities, 19'000u);
}

}  // namespace
}  // namespace wireproof::tcp::testing
