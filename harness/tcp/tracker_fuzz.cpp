// libFuzzer's entry for the tracker and the rules: structured, packets and not bytes. Twelve bytes
// make a packet near where its end stands in the sequence space, so that runs reach deep states:
//
//   | end, connection | flags | seq +- | ack +- | length | window | options | value | time | oddity
//   |
//          1              1       2        2        1        1         1        1      1       1
//
// Checks what must hold of any trace whatever, and that what is kept of a connection changes
// nothing of what is said. Built as a fuzzer with WIREPROOF_FUZZ; its regression inputs
// (testdata/fuzz) run in the ordinary tests.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "tcp/judge.h"
#include "tcp/tracker.h"

using namespace wireproof;
using namespace wireproof::tcp;

namespace {

constexpr std::size_t kRecord = 12, kMostPackets = 2000;
constexpr std::array<std::uint8_t, 256> kPayload{};

void require(bool condition) {
  if (!condition) std::abort();
}

std::int16_t signed16(const std::uint8_t* at) {
  return static_cast<std::int16_t>(at[0] << 8 | at[1]);
}

// Plays the records: both ends of four connections, each with the number it would send next.
class Player {
 public:
  Player() {
    for (std::uint32_t i = 0; i < next_.size(); ++i) next_[i] = {i * 0x3FFFFFFFu, ~i * 77u};
  }

  packet::Packet packet(const std::uint8_t* r) {
    const std::size_t which = r[0] >> 1 & 3;
    const bool client = (r[0] & 1) == 0;
    const std::array<packet::Endpoint, 2> ends = endpoints(which);
    std::uint32_t& mine = next_[which][client ? 0 : 1];
    const std::uint32_t theirs = next_[which][client ? 1 : 0];
    packet::Packet p;
    p.frame.number = ++number_;
    time_ns_ += time_step(r[10]);
    p.frame.time_ns = time_ns_;
    p.source = ends[client ? 0 : 1];
    p.destination = ends[client ? 1 : 0];
    p.ttl = (r[11] & 1) != 0 ? 7 : 64;
    p.ip_id = (r[11] & 2) != 0 ? 5 : static_cast<std::uint32_t>(number_);
    if ((r[11] & 0xF0) == 0xF0) {
      quote(p, theirs);
      return p;
    }
    p.protocol = packet::Protocol::tcp;
    p.tcp.flags = static_cast<std::uint16_t>(r[1] | ((r[0] & 0x80) != 0 ? 0x100 : 0));
    p.tcp.seq = mine + static_cast<std::uint32_t>(signed16(r + 2)) * jump(r[0]);
    if (p.tcp.has(packet::flag::ack)) {
      p.tcp.ack = theirs + static_cast<std::uint32_t>(signed16(r + 4)) * jump(r[0] << 1);
    }
    p.tcp.header_length = 20;
    p.tcp.window = static_cast<std::uint16_t>(r[7] * 257);
    p.tcp.urgent = r[9];
    p.payload_length = r[6] == 0xFF ? 60'000 : r[6];
    p.payload = {kPayload.data(), r[6]};
    p.checksum = (r[11] & 4) != 0 ? packet::Checksum::bad : packet::Checksum::good;
    p.ecn = r[9] & 3;
    p.cut = (r[11] & 8) != 0;
    p.frame.wire_length = p.cut ? 1000 : 0;
    if ((r[11] & 0xF0) == 0xE0) p.malformed = "TCP data offset 3 is below 5";
    if ((r[11] & 0xF0) == 0xD0) p.malformed = "IPv4 total length exceeds the frame";
    options(p.tcp.options, r[8], r[9], mine, theirs);
    mine = p.tcp.seq + p.payload_length + (p.tcp.has(packet::flag::syn) ? 1u : 0u) +
           (p.tcp.has(packet::flag::fin) ? 1u : 0u);
    return p;
  }

 private:
  static std::array<packet::Endpoint, 2> endpoints(std::size_t which) {
    std::array<packet::Endpoint, 2> ends;
    for (packet::Endpoint& end : ends) end.address.family = packet::Family::ipv4;
    ends[0].address.bytes = {10, 0, 0, 1};
    ends[1].address.bytes = {which == 3 ? std::uint8_t{224} : std::uint8_t{10}, 0, 0, 2};
    ends[0].port = static_cast<std::uint16_t>(40'000 + which);
    ends[1].port = 80;
    return ends;
  }
  static std::uint32_t jump(int bits) { return (bits & 0x40) != 0 ? 70'001u : 1u; }
  static std::int64_t time_step(std::uint8_t code) {
    constexpr std::array<std::int64_t, 8> kUnits{0,       1'000,         1'000'000, 50'000'000,
                                                 1 << 30, 7'200'000'000, 1LL << 44, -1'000'000};
    return kUnits[code & 7] * (code >> 3);
  }
  void quote(packet::Packet& p, std::uint32_t seq) {
    p.protocol = packet::Protocol::icmp;
    p.icmp.is_error = true;
    p.icmp.type = 3;
    p.icmp.quoted_protocol = packet::Protocol::tcp;
    p.icmp.quoted_source = p.destination;
    p.icmp.quoted_destination = p.source;
    p.icmp.quoted_tcp_seq = seq;
  }
  static void options(packet::TcpOptions& o, std::uint8_t which, std::uint8_t value,
                      std::uint32_t mine, std::uint32_t theirs) {
    if ((which & 1) != 0) o.mss = static_cast<std::uint16_t>(value * 10);
    if ((which & 2) != 0) o.window_scale = value;
    if ((which & 4) != 0) o.timestamps = {1000u + value, 1000u + value * 3u};
    if ((which & 8) != 0) o.sack_permitted = true;
    if ((which & 16) != 0) {
      o.sack_count = static_cast<std::uint8_t>(1 + value % 4);
      for (std::uint32_t i = 0; i < o.sack_count; ++i) {
        o.sack[i] = {theirs - value + i * 9, theirs + i * 9};
      }
    }
    if ((which & 32) != 0) o.fast_open = true, o.fast_open_cookie_length = value;
    if ((which & 64) != 0) o.mptcp = true;
    if ((which & 128) != 0) o.malformed = "option 8 has length 0";
    (void)mine;
  }

  std::array<std::array<std::uint32_t, 2>, 4> next_{};
  std::int64_t time_ns_ = 1'700'000'000'000'000'000;
  std::uint64_t number_ = 0;
};

void check_connection(const Connection& c, const TrackerOptions& options, std::uint64_t last) {
  require(c.segments.size() <= options.segments);
  require(c.segments.size() + c.segments_left_out == c.packets);
  require(c.transitions.size() <= 64 && c.icmp_packets.size() <= 64);
  require(c.ends[0].segments + c.ends[1].segments <= c.packets);
  for (const Segment& segment : c.segments) require(segment.packet >= 1 && segment.packet <= last);
  for (const Oddity& odd : c.oddities) require(odd.packet <= last && c.has(odd.kind));
}

struct Said {
  Opening opening;
  Closing closing;
  Verdict verdict;
  std::vector<Finding> findings;
  friend bool operator==(const Said&, const Said&) = default;
};

std::vector<Said> play(const std::uint8_t* data, std::size_t size, const TrackerOptions& options,
                       const CaptureFacts& facts) {
  std::vector<Said> said;
  std::uint64_t segments = 0, counted = 0, last = 0;
  Tracker tracker(facts, options, [&](Connection& c) {
    check_connection(c, options, last);
    counted += c.packets;
    const Judgement j = judge(c, facts);
    for (const Finding& finding : j.findings) {
      require(!finding.expected.empty() && !finding.observed.empty());
      for (const std::uint64_t packet : finding.packets) require(packet >= 1 && packet <= last);
    }
    said.push_back({c.opening, c.closing, j.verdict, j.findings});
  });
  Player player;
  for (std::size_t at = 1; at + kRecord <= size && last < kMostPackets; at += kRecord) {
    const packet::Packet p = player.packet(data + at);
    last = p.frame.number;
    segments += p.protocol == packet::Protocol::tcp ? 1 : 0;
    tracker.add(p);
    require(tracker.tracked() <= 4);
  }
  tracker.finish();
  require(tracker.tracked() == 0);
  require(counted + tracker.remnants() <= segments);
  return said;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 + kRecord) return 0;
  CaptureFacts facts;
  facts.starts_before_traffic = facts.ends_after_traffic = (data[0] & 1) != 0;
  facts.checksums_valid = (data[0] & 2) == 0;
  TrackerOptions all, some, none;
  all.lingering = some.lingering = none.lingering = (data[0] & 4) != 0 ? 1 : 1000;
  some.segments = 5;
  none.segments = 0;
  const std::vector<Said> said = play(data, size, all, facts);
  require(play(data, size, some, facts) == said);
  require(play(data, size, none, facts) == said);
  return 0;
}
