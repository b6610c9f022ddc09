// What can be said of the wire: the conditions of each direction, and rules that touch exactly the
// packets they name. Plain values: no thread rule.
//
// A packet that arrives goes through this, in order:
//
//   rules, in their order, each seeing what earlier ones left of the packet
//     (drop, hold, split, join and the answers end it: later rules do not see the packet)
//   the conditions of its direction:
//     link down -> MTU -> loss -> corruption -> duplication -> reordering -> rate -> delay, jitter
//
// ARP, neighbour discovery and multicast listener reports are housekeeping: passed on, not counted,
// spared by conditions (but not by a link that is down) and by rules that do not name them, by
// `protocol` arp or by `icmp_type`; kernels send them when they like.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "packet/packet.h"

namespace wireproof::wire {

using std::chrono::nanoseconds;
using Bytes = std::vector<std::uint8_t>;

enum class Direction : std::uint8_t { client_to_server, server_to_client, both };
constexpr Direction opposite(Direction direction) {
  return direction == Direction::client_to_server ? Direction::server_to_client
                                                  : Direction::client_to_server;
}

struct Range {  // both ends belong to it
  std::uint64_t from = 0, to = std::numeric_limits<std::uint64_t>::max();
  bool contains(std::uint64_t value) const { return from <= value && value <= to; }
  friend bool operator==(const Range&, const Range&) = default;
};
inline std::string to_string(const Range& range) {
  if (range.from == range.to) return std::to_string(range.from);
  if (range.to == std::numeric_limits<std::uint64_t>::max())
    return std::to_string(range.from) + " or more";
  return std::to_string(range.from) + " to " + std::to_string(range.to);
}

// --- Conditions -----------------------------------------------------------------------------

struct Jitter {
  // uniform: delay +- spread. normal: `spread` is the standard deviation. pareto: only ever later,
  // by `spread` on average (Pareto type II; `shape` over 1, the smaller the longer the tail).
  // A total below zero is zero.
  enum class Kind : std::uint8_t { none, uniform, normal, pareto };
  Kind kind = Kind::none;
  nanoseconds spread{0};
  double shape = 3;
  bool may_reorder = false;  // false: a packet never overtakes the one before it
  friend bool operator==(const Jitter&, const Jitter&) = default;
};

struct IndependentLoss {
  double probability = 0;
  friend bool operator==(const IndependentLoss&, const IndependentLoss&) = default;
};
// Bursts: two states, each with a loss of its own, and the chance of changing before each packet.
struct GilbertElliott {
  double to_bad = 0, to_good = 1, loss_in_good = 0, loss_in_bad = 1;
  friend bool operator==(const GilbertElliott&, const GilbertElliott&) = default;
};
using Loss = std::variant<std::monostate, IndependentLoss, GilbertElliott>;

struct Duplication {
  double probability = 0;
  unsigned copies = 1;
  friend bool operator==(const Duplication&, const Duplication&) = default;
};
struct Reordering {  // a packet waits until `behind` later ones have passed, or for `at_most`
  double probability = 0;
  unsigned behind = 1;
  nanoseconds at_most = std::chrono::milliseconds(100);
  friend bool operator==(const Reordering&, const Reordering&) = default;
};
// One bit is flipped, in the transport header or behind it (in IP's payload where neither is).
struct Corruption {
  double probability = 0;
  friend bool operator==(const Corruption&, const Corruption&) = default;
};
// Bytes are those of the frame, Ethernet header included. Behind a full queue packets are dropped;
// without a limit the queue only ends with the link's memory.
struct RateLimit {
  std::uint64_t bits_per_second = 0;
  std::optional<std::uint64_t> queue_bytes = {}, queue_packets = {};  // waiting, not being sent
  friend bool operator==(const RateLimit&, const RateLimit&) = default;
};
// Of IP packets. Longer ones: IPv4 without Don't Fragment is fragmented; else dropped and answered
// (fragmentation needed, packet too big) or, in a black hole, dropped silently.
struct Mtu {
  unsigned bytes = 1500;
  bool black_hole = false;
  friend bool operator==(const Mtu&, const Mtu&) = default;
};

struct Conditions {
  nanoseconds delay{0};
  Jitter jitter = {};
  Loss loss = {};
  Duplication duplication = {};
  Reordering reordering = {};
  Corruption corruption = {};
  std::optional<RateLimit> rate = {};
  std::optional<Mtu> mtu = {};
  friend bool operator==(const Conditions&, const Conditions&) = default;
};

// --- Rules: on ------------------------------------------------------------------------------

enum class Protocol : std::uint8_t { any, tcp, udp, icmp, icmpv6, arp };
enum class Sending : std::uint8_t { any, first, retransmission };

// Everything that is set must hold. Sequence numbers are relative to the sender's initial one: SYN
// is 0, the first byte of data 1.
struct Match {
  Direction direction = Direction::both;
  Protocol protocol = Protocol::any;
  std::uint16_t flags_all_of = 0, flags_none_of = 0;  // packet::flag; TCP only
  // A segment is a retransmission when it begins with a number that was sent before.
  Sending sending = Sending::any;
  std::optional<Range> payload_length = {};
  Bytes payload_prefix = {}, payload_contains = {};
  std::optional<Range> sequence = {};  // any number the segment occupies; its own where it is empty
  std::optional<Range> acknowledgement = {};  // relative to the receiver's initial number
  bool acknowledges_fin = false;              // covers the FIN of the other direction
  std::optional<Range> window = {};           // TCP, as in the header, unscaled
  std::optional<std::uint8_t> icmp_type = {}, icmp_code = {};
  std::optional<std::uint16_t> client_port = {}, server_port = {};
  std::optional<unsigned> connection = {};  // the nth (from 1) that the link has seen begin
  Range nth = {1};                          // of the packets that fit all of the above, from 1
};

// --- Rules: do ------------------------------------------------------------------------------

struct Pass {};  // to be counted, awaited, and followed by other rules (Rule::after)
struct Drop {};
// Until it is released by name or, where set, `until_matches` further packets have fitted `on`
// (these pass, whatever `nth` says) or a time has passed.
struct Hold {
  std::string name;
  std::optional<std::uint64_t> until_matches = {};
  std::optional<nanoseconds> until_after = {};
};
struct Release {  // what is held under a name goes right behind the packet that matched
  std::string name;
};
struct Duplicate {
  unsigned copies = 1;  // beside the packet itself
  nanoseconds spacing{0};
};
struct Delay {  // of this packet alone: later ones overtake it
  nanoseconds by{0};
};
struct ReorderBehind {  // until the next `packets` of its direction have passed
  unsigned packets = 1;
  std::optional<nanoseconds> at_most = {};
};

// Exclusive or of a number in the packet with `mask`, whose lowest byte is the number's last.
struct Corrupt {
  enum class Part : std::uint8_t {
    payload,  // the byte at `offset`; counted from the end where it is negative
    source_port,
    destination_port,
    sequence,
    acknowledgement,
    flags,
    window,
    urgent,
    checksum,
    ttl,
    ip_checksum,
  };
  Part part = Part::payload;
  int offset = 0;
  std::uint32_t mask = 1;
  bool mend_checksum = false;
};

struct SequenceValue {
  enum class Kind : std::uint8_t { add, relative, raw };  // relative: to the initial number
  Kind kind = Kind::add;
  std::int64_t value = 0;
};
struct TimestampsValue {
  std::uint32_t value = 0, echo_reply = 0;
};
// An option that the segment has not is added, as far as the header has room.
struct SetFields {
  std::uint16_t set_flags = 0, clear_flags = 0;
  std::optional<std::uint16_t> window = {}, urgent = {};
  std::optional<SequenceValue> sequence = {}, acknowledgement = {};
  std::optional<std::uint16_t> mss = {};
  std::optional<std::uint8_t> window_scale = {};
  std::optional<TimestampsValue> timestamps = {};
  std::vector<std::uint8_t> strip_options = {};  // option kinds: 3 is the window scale
  std::optional<std::uint8_t> ecn = {};          // IP's two bits
  std::optional<std::uint8_t> ttl = {};          // or hop limit
  bool mend_checksum = true;
};

// Keeps so much of the payload. Lengths not mended: the packet says more than it has.
struct Truncate {
  std::uint32_t payload_bytes = 0;
  bool mend = true;
};

// From the other end's address, numbered such that the addressee must accept it (RFC 9293 3.5.2,
// 3.10.7), moved by `sequence_offset`. The packet that it answers is dropped unless `pass`.
struct AnswerRst {
  enum class To : std::uint8_t { sender, receiver, both };
  To to = To::sender;
  bool pass = false;
  std::int64_t sequence_offset = 0;
};

// `explicit_numbers`: type and code as given, for the family of the packet.
enum class IcmpError : std::uint8_t {
  explicit_numbers,
  net_unreachable,
  host_unreachable,
  port_unreachable,
  prohibited,
  packet_too_big,
  time_exceeded,
};
// To the sender, quoting its packet; from the other end's address unless `from` is set.
struct AnswerIcmp {
  IcmpError error = IcmpError::host_unreachable;
  std::uint8_t type = 0, code = 0;
  std::uint32_t mtu = 0;  // packet_too_big
  std::optional<packet::Address> from = {};
  bool pass = false;
};

struct Split {  // two segments, the first with so much of the payload
  std::uint32_t payload_bytes = 1;
};
// With the next segment of its connection that continues it, into one; apart after `at_most`.
struct JoinNext {
  nanoseconds at_most = std::chrono::milliseconds(200);
};

using Action = std::variant<Drop, Pass, Hold, Release, Duplicate, Delay, ReorderBehind, Corrupt,
                            SetFields, Truncate, AnswerRst, AnswerIcmp, Split, JoinNext>;

struct Rule {
  std::string name;
  Match on = {};
  Action action = Drop{};
  bool may_miss = false;   // that it never matches is no failure
  std::string after = {};  // an earlier rule: nothing fits before that one has matched
};

// All that a link is started with.
struct Plan {
  Conditions client_to_server = {}, server_to_client = {};
  std::vector<Rule> rules = {};
  std::uint64_t seed = 1;
};

}  // namespace wireproof::wire
