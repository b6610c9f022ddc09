#include "tcp/flow.h"

#include <algorithm>
#include <memory>
#include <type_traits>
#include <utility>

#include "tcp/pool.h"

namespace wireproof::tcp {

namespace flag = packet::flag;
using packet::Checksum;

namespace {

constexpr std::size_t kOdditiesOfAKind = 16;  // more of the same tell nobody anything
constexpr std::size_t kMostKept = 64;         // of what an ordinary connection has a few of
constexpr std::uint64_t kFewPackets = 8;
constexpr std::int64_t kSoonestResent = 100 * kMillisecond;  // half of the least RTO of Linux

bool syn_alone(const packet::Packet& packet) {
  return (packet.tcp.flags & (flag::syn | flag::ack | flag::rst | flag::fin)) == flag::syn;
}

std::uint32_t sequence_length(const packet::Packet& packet) {
  return packet.payload_length + (packet.tcp.has(flag::syn) ? 1u : 0u) +
         (packet.tcp.has(flag::fin) ? 1u : 0u);
}

// Multicast, or the limited broadcast.
bool is_group(const packet::Address& address) {
  if (address.family == packet::Family::ipv6) return address.bytes[0] == 0xFF;
  return address.bytes[0] >> 4 == 14 ||
         std::all_of(address.bytes.begin(), address.bytes.begin() + 4,
                     [](std::uint8_t byte) { return byte == 0xFF; });
}

// Whether the number acknowledges part of the segment.
bool covers(const packet::Packet& sent, std::uint32_t raw_ack) {
  const std::uint32_t reach = raw_ack - sent.tcp.seq;
  return reach != 0 && reach <= sequence_length(sent);
}

// IP says more than the frame holds, the snap length aside: cut by a tool, or not all received.
bool frame_short(const packet::Packet& packet) {
  return packet.malformed.ends_with("exceeds the frame");
}

bool well_formed(const packet::Packet& packet) {
  return packet.malformed.empty() || frame_short(packet);
}

// Less than the fixed 20 bytes were captured: the window is missing, and more.
bool header_cut(const packet::Packet& packet) {
  if (!packet.cut) return false;
  const std::size_t missing = packet.frame.wire_length - packet.frame.bytes.size();
  return packet.frame.wire_length < packet.frame.bytes.size() ||
         packet.tcp.header_length + packet.payload_length < missing + 20;
}

// Where the SYN is not in the capture, the well-known or lower port is the server's.
bool source_is_client(const packet::Packet& packet) {
  if (packet.tcp.has(flag::syn)) return !packet.tcp.has(flag::ack);
  return packet.source.port >= packet.destination.port;
}

}  // namespace

const FlowRarities Flow::kNone;

// The buffer stays, for the next connection.
void Flow::clear() {
  const auto renew = [](auto& object) {
    std::destroy_at(&object);
    std::construct_at(&object);
  };
  for (const Side side : {Side::client, Side::server}) {
    drop_bytes(side);
    renew(half(side));
    renew(end(side));
  }
  renew(static_cast<FlowHead&>(*this));
  rarities_.reset();
}

bool Flow::save(Image& image) const {
  static_assert(std::is_trivially_copyable_v<Image>);
  if (rarities_ || halves_[0].bytes != nullptr || halves_[1].bytes != nullptr) return false;
  image.head = *this;
  image.ends = ends_;
  image.halves = halves_;
  image.endpoints = endpoints_;
  image.transitions = transitions_;
  return true;
}

void Flow::restore(const Image& image, Shared& shared) {
  drop_bytes(Side::client);
  drop_bytes(Side::server);
  rarities_.reset();
  shared_ = &shared;
  static_cast<FlowHead&>(*this) = image.head;
  ends_ = image.ends;
  halves_ = image.halves;
  endpoints_ = image.endpoints;
  transitions_ = image.transitions;
}

std::vector<Transition>& Flow::all_transitions() {
  auto& all = make_rare().transitions;
  all.insert(all.end(), transitions_.begin(), transitions_.begin() + changes_);
  changes_ = 0;
  return all;
}

SentBytes& Flow::bytes_of(Side side) {
  Half& me = half(side);
  if (me.bytes == nullptr) me.bytes = &shared_->bytes.lend();
  return *me.bytes;
}

void Flow::drop_bytes(Side side) {
  Half& me = half(side);
  if (me.bytes != nullptr) shared_->bytes.give_back(*std::exchange(me.bytes, nullptr));
}

void Flow::start(std::uint64_t index, const Packet& first, Shared& shared, const Flow* before) {
  clear();
  shared_ = &shared;
  connection_.index = index;
  connection_.first_packet = first.frame.number;
  const CaptureFacts& facts = shared.facts;
  const auto known = [&](const packet::Endpoint& end) {
    return facts.clients != nullptr && facts.clients->contains(end);
  };
  const bool forward =
      known(first.source) || (!known(first.destination) && source_is_client(first));
  endpoints_ = {forward ? first.source : first.destination,
                forward ? first.destination : first.source};
  ports_ = {endpoints_[0].port, endpoints_[1].port};
  connection_.first_time_ns = connection_.last_time_ns = first.frame.time_ns;
  if (is_group(first.source.address)) {
    note(Odd::group_source, side_of(first), first.frame.number);
  } else if (is_group(first.destination.address)) {
    note(Odd::group_destination, side_of(first), first.frame.number);
  }
  const bool opens = syn_alone(first);
  if (opens && before != nullptr) {
    const Side side = before->endpoint(Side::client) == first.source ? Side::client : Side::server;
    if (before->half(side).syn && before->half(side).base == first.tcp.seq) {
      note(Odd::isn_repeated, Side::client, first.frame.number, 0, first.tcp.seq, {},
           before->connection_.first_packet);
    }
  }
  end(Side::client).state = opens ? State::closed : State::unknown;
  end(Side::server).state = !opens ? State::unknown : forward ? State::listen : State::closed;
}

// One of the two it is: the port tells, unless it is that of both.
Side Flow::side_of(const Packet& packet) const {
  if (packet.source.port != ports_[0]) return Side::server;
  if (ports_[0] != ports_[1]) return Side::client;
  return packet.source.address.bytes == endpoints_[0].address.bytes ? Side::client : Side::server;
}

void Flow::fill(Segment& segment, const Packet& packet, Side from) const {
  const Half& me = half(from);
  const Half& peer = half(other(from));
  segment.packet = packet.frame.number;
  segment.time_ns = packet.frame.time_ns;
  segment.from = from;
  segment.flags = packet.tcp.flags;
  segment.seq = me.based ? me.widened(packet.tcp.seq) : 0;
  segment.ack = peer.based && packet.tcp.has(flag::ack) ? peer.widened(packet.tcp.ack) : 0;
  segment.length = packet.payload_length;
  segment.window = packet.tcp.window;
  segment.marks = 0;
  segment.raw_seq = packet.tcp.seq;
  segment.raw_ack = packet.tcp.ack;
}

// Flattened: of a packet's instructions a seventh were the calls from here to what every segment
// goes through. What is cold or out of the ordinary is declared so, and stays apart.
[[gnu::flatten]] Flow::Fate Flow::add(const Packet& packet) {
  const Side from = side_of(packet);
  if (seen_twice(packet, from)) return Fate::kept;
  Expected expected;
  if (!is_expected(packet, from, expected)) return add_any(packet, from);
  add_expected(packet, from, expected);
  return Fate::kept;
}

[[gnu::flatten]] Flow::Fate Flow::add_any(const Packet& packet, Side from) {
  if (over_ && packet.tcp.has(flag::syn) && !packet.tcp.has(flag::rst) && well_formed(packet)) {
    const bool answer = packet.tcp.has(flag::ack);
    if (!answer || !half(from).based || packet.tcp.seq != half(from).base) return Fate::new_life;
  }
  if (over_ && another_life(packet, from)) return Fate::new_life;
  if (packet.frame.time_ns - connection_.last_time_ns > kLongSilence && !continues(packet, from)) {
    return Fate::new_life;
  }
  Segment& segment = record(packet, from);
  connection_.last_time_ns = std::max(connection_.last_time_ns, segment.time_ns);
  EndFigures& sender = end(from);
  ++sender.segments;
  sender.payload_bytes_sent += segment.length;
  if (segment.length != 0) ++sender.data_segments;
  if (sender.segments == 1 && !sender.first_segment_packet) {
    sender.first_segment_packet = segment.packet;
  }

  Fate fate = Fate::kept;
  if (!well_formed(packet) && packet.is_fragment) {
    segment.marks |= mark::stray;  // the rest is in fragments that nobody put together
  } else if (!well_formed(packet)) {
    note(Odd::malformed, from, segment.packet, 0, 0, packet.malformed);
    segment.marks |= mark::stray;
  } else if (!spoiled(packet, from, segment)) {
    if (header_cut(packet)) note(Odd::header_cut, from, segment.packet);
    if (frame_short(packet)) note(Odd::frame_short, from, segment.packet);
    fate = dispatch(packet, segment);
  }
  if (fate != Fate::kept) {
    unrecord();
    --sender.segments;
    return fate;
  }
  half(from).last_heard_ns = packet.frame.time_ns;
  half(from).spoke = true;
  half(from).ttl = packet.ttl;
  if (rarities_ && rarities_->explained_packet != 0) mend_order();
  if (over_) {
    drop_bytes(Side::client);
    drop_bytes(Side::server);
  }
  return Fate::kept;
}

// Data far from the end of a closed connection: of another one whose SYN is not in the capture.
bool Flow::another_life(const Packet& packet, Side from) const {
  constexpr std::int64_t kAhead = 1 << 20, kBehind = 1 << 30;
  const Half& me = half(from);
  if (!me.based || sequence_length(packet) == 0 || packet.tcp.has(flag::rst)) return false;
  const std::int64_t ahead = me.widened(packet.tcp.seq) - me.next;
  return ahead > kAhead || ahead < -kBehind;
}

// After hours of silence only what fits exactly belongs to the same connection: the next number, or
// a keep-alive's. (Files of collected samples hold packets of one pair of ports from other years.)
bool Flow::continues(const Packet& packet, Side from) const {
  const Half& me = half(from);
  const Half& peer = half(other(from));
  if (packet.tcp.has(flag::syn) || !me.based) return true;  // for others to decide
  const std::int64_t seq = me.widened(packet.tcp.seq);
  const bool in_place = seq == me.next || seq == me.next - 1;
  return in_place &&
         (!packet.tcp.has(flag::ack) || !peer.based || peer.widened(packet.tcp.ack) <= peer.next);
}

Flow::Fate Flow::dispatch(const Packet& packet, Segment& segment) {
  check_flags(packet, segment);
  if ((segment.marks & mark::stray) != 0) return Fate::kept;
  if (rarities_ && rare_half(other(segment.from)).spoiled && packet.tcp.has(flag::ack)) {
    adopt_spoiled(other(segment.from), packet.tcp.ack, segment.packet);
  }
  if (packet.tcp.has(flag::rst)) {
    on_reset(packet, segment);
    return Fate::kept;
  }
  if (packet.tcp.has(flag::syn)) return on_syn(packet, segment);
  on_segment(packet, segment);
  return Fate::kept;
}

// On lo or `any` a capture may hold each packet twice, a mirror port often does; a network may
// double one too. A retransmission is another packet: with an IP identification of its own, later,
// and (but for a lone FIN or SYN) after something else.
bool Flow::seen_twice(const Packet& packet, Side from) {
  Half& me = half(from);
  const std::uint32_t digest = Fingerprint::digest_of(packet);
  const Fingerprint* twin = nullptr;
  if (me.digests[0] == digest || me.digests[1] == digest) [[unlikely]] {
    for (const std::size_t i : {std::size_t{me.newest}, std::size_t{me.newest} ^ 1})
      if (me.last[i].is_like(packet)) twin = &me.last[i];
  }
  if (twin != nullptr) {
    const std::int64_t apart = std::abs(packet.frame.time_ns - twin->time_ns);
    const bool numbered = packet.source.address.family == packet::Family::ipv4 && packet.ip_id != 0;
    const bool adjacent = last_packet_ == twin->packet;
    const std::int64_t limit = numbered                       ? 5 * kMillisecond
                               : sequence_length(packet) != 0 ? kMillisecond
                               : adjacent                     ? kMillisecond / 10
                                                              : -1;
    if (apart <= limit) {
      Segment& segment = record(packet, from);
      segment.marks |= mark::capture_duplicate;
      ++make_rare().end(from).capture_duplicates;
      note(Odd::duplicate, from, segment.packet, 0, 0, {}, twin->packet);
      return true;
    }
  }
  me.newest ^= 1;
  me.last[me.newest].take(packet);
  me.digests[me.newest] = digest;
  return false;
}

// A receiver must drop a segment with a bad checksum (RFC 9293 3.1, MUST-3), or in a synchronised
// state one without ACK (3.10.7.4): so it counts as sent only once it is acknowledged. Where an
// end's every checksum is bad and answered, the capture was taken before hardware filled them in.
bool Flow::spoiled(const Packet& packet, Side from, Segment& segment) {
  Half& me = half(from);
  EndFigures& sender = end(from);
  bool drop = false;
  if (packet.checksum == Checksum::good) {
    ++sender.good_checksums;
  } else if (packet.checksum == Checksum::bad && facts().checksums_valid) {
    ++sender.bad_checksums;
    if (packet.payload_length != 0) ++make_rare().end(from).bad_data_checksums;
    segment.marks |= mark::bad_checksum;
    note(Odd::checksum_bad, from, segment.packet);
    drop = !all_bad(packet, from);
  }
  constexpr std::uint16_t kControl = flag::syn | flag::rst | flag::ack;
  const bool ackless = (packet.tcp.flags & kControl) == 0 && me.any_ack;
  if (ackless && !drop) {
    note(Odd::ack_flag_missing, from, segment.packet, 0, packet.tcp.flags);
    drop = true;
  }
  if (!drop) return false;
  if (sequence_length(packet) != 0 && !packet.tcp.has(flag::rst)) {
    auto copy = std::make_unique<Packet>(packet);
    copy->payload = {};
    copy->frame.bytes = {};
    make_rare().half(from).spoiled = std::move(copy);
  }
  return true;
}

// Whether bad checksums are the rule here, not an accident: one answers another, two come in a row,
// or none was ever good. Then the capture was taken before hardware filled them in, or its
// addresses were changed later, and its segments count like any.
bool Flow::all_bad(const Packet& packet, Side from) {
  constexpr std::uint64_t kEnough = 3;
  Half& me = half(from);
  Half& peer = half(other(from));
  if (me.takes_bad) return true;
  const auto& mine = rare_half(from).spoiled;
  const auto& theirs = rare_half(other(from)).spoiled;
  if (packet.tcp.has(flag::ack) && theirs && theirs->checksum == Checksum::bad &&
      covers(*theirs, packet.tcp.ack)) {
    me.takes_bad = peer.takes_bad = true;
  } else if (mine && mine->checksum == Checksum::bad && mine->tcp.seq != packet.tcp.seq &&
             !packet.tcp.has(flag::rst)) {
    me.takes_bad = true;
    take_spoiled(from);
  } else if (end(from).bad_checksums >= kEnough && end(from).good_checksums == 0) {
    me.takes_bad = true;
  }
  return me.takes_bad;
}

void Flow::adopt_spoiled(Side from, std::uint32_t raw_ack, std::uint64_t packet) {
  Half& me = half(from);
  HalfRarities& mine = make_rare().half(from);
  if (!covers(*mine.spoiled, raw_ack)) return;
  const bool ackless = mine.spoiled->checksum != Checksum::bad;
  if (me.based && me.widened(raw_ack) <= me.next) {
    mine.spoiled.reset();  // a good copy came before
    return;
  }
  Oddity* const answered = note(ackless ? Odd::ackless_acknowledged : Odd::checksum_answered,
                                other(from), packet, 0, 0, {}, mine.spoiled->frame.number, true);
  // So late it may answer a good copy that was sent again and that the capture has not.
  doubt(answered, connection_.last_time_ns - mine.spoiled->frame.time_ns >= kSoonestResent);
  if (!ackless) {
    ++mine.answered_spoiled;
    if (end(from).good_checksums == 0 || mine.answered_spoiled > 1) me.takes_bad = true;
  }
  take_spoiled(from);
}

void Flow::take_spoiled(Side from) {
  const std::unique_ptr<Packet> sent = std::move(make_rare().half(from).spoiled);
  Segment at;
  fill(at, *sent, from);
  auto& kept = make_rare().segments;
  const auto place = std::find_if(kept.rbegin(), kept.rend(), [&](const Segment& segment) {
    return segment.packet == sent->frame.number;
  });
  if (place != kept.rend()) {
    place->seq = at.seq;
    place->ack = at.ack;
  }
  Segment& segment = place == kept.rend() ? at : *place;
  if (sent->tcp.has(flag::syn)) {
    on_syn(*sent, segment);
  } else {
    on_segment(*sent, segment);
  }
}

packet::Packet Flow::take_split_syn() {
  Rarities& rare = make_rare();
  const Packet syn = *rare.pending_syn;
  rare.pending_syn.reset();
  auto& segments = rare.segments;
  const auto it = std::find_if(segments.rbegin(), segments.rend(), [&](const Segment& segment) {
    return segment.packet == syn.frame.number;
  });
  --end(side_of(syn)).segments;
  --connection_.packets;
  if (it != segments.rend()) {
    segments.erase(std::next(it).base());
  } else {
    --rare.segments_left_out;
  }
  forget(Odd::syn_in_connection, syn.frame.number);
  over_ = true;
  return syn;
}

void Flow::add_icmp(const Packet& packet) {
  auto& packets = make_rare().icmp_packets;
  if (packets.size() < kMostKept) packets.push_back(packet.frame.number);
  const Side side =
      packet.icmp.quoted_source == endpoint(Side::client) ? Side::client : Side::server;
  const std::int64_t what = packet.icmp.type << 8 | packet.icmp.code;
  constexpr std::uint8_t kSourceQuench = 4;
  const bool quench =
      packet.protocol == packet::Protocol::icmp && packet.icmp.type == kSourceQuench;
  note(quench ? Odd::icmp_source_quench : Odd::icmp_error, side, packet.frame.number, 0, what,
       packet.protocol == packet::Protocol::icmp ? "ICMP" : "ICMPv6");
}

Flow::Phase Flow::phase() const {
  if (over_) return Phase::closed;
  const bool both = halves_[0].spoke && halves_[1].spoke;
  return both || connection_.packets > kFewPackets ? Phase::open : Phase::attempt;
}

void Flow::prefetch() const {
  constexpr std::size_t kLine = 64;
  fetch(this, kLine);
  for (const EndFigures& each : ends_) fetch(&each, 2 * kLine);
  for (const Half& each : halves_) {
    fetch(&each, 3 * kLine);
    fetch(&each.last, sizeof each.last);
  }
}

void Flow::prefetch_whole() const { fetch(this, sizeof *this); }

// With few to keep, the middle goes: a quarter at a time, so that each is moved but a few times.
Segment& Flow::keep_segment() {
  const std::size_t limit = shared_->options.segments;
  Rarities& rare = make_rare();
  auto& kept = rare.segments;
  if (kept.size() >= limit) {
    const std::size_t first = limit / 2, out = std::max<std::size_t>(limit / 4, 1);
    const auto begin = kept.begin() + static_cast<std::ptrdiff_t>(first);
    kept.erase(begin, begin + static_cast<std::ptrdiff_t>(out));
    rare.segments_left_out += out;
    rare.segments_before_gap = first;
  }
  return kept.emplace_back();
}

Segment& Flow::record(const Packet& packet, Side from) {
  ++connection_.packets;
  last_packet_ = packet.frame.number;
  Segment& segment = shared_->options.segments == 0 ? shared_->scratch : keep_segment();
  fill(segment, packet, from);
  return segment;
}

void Flow::unrecord() {
  --connection_.packets;
  if (shared_->options.segments != 0) make_rare().segments.pop_back();
}

Oddity* Flow::note(Odd kind, Side side, std::uint64_t packet, std::int64_t wanted,
                   std::int64_t seen, std::string_view detail, std::uint64_t other_packet,
                   bool certain) {
  auto& list = make_rare().oddities;
  if (has(kind)) {
    const auto same = std::count_if(list.begin(), list.end(),
                                    [&](const Oddity& oddity) { return oddity.kind == kind; });
    if (static_cast<std::size_t>(same) >= kOdditiesOfAKind) return nullptr;
  }
  rarities_->odd_kinds.add(kind);
  list.push_back({kind, side, packet, other_packet, wanted, seen, certain, false, detail});
  return &list.back();
}

void Flow::doubt(Oddity* oddity, bool reason) {
  if (oddity != nullptr) oddity->doubtful = reason;
}

void Flow::prove(Odd kind, Side side) {
  for (Oddity& oddity : make_rare().oddities)
    if (oddity.kind == kind && oddity.side == side) oddity.certain = true;
}

// Whether the packet, or the one before that it contradicts, may be somebody else's: a middlebox'
// has another TTL, and no stack gives one IP identification to two different packets.
bool Flow::foreign(const Packet& packet, std::uint8_t ttl, std::uint32_t ip_id) {
  const bool numbered = packet.source.address.family == packet::Family::ipv4 && ip_id != 0;
  return packet.ttl != ttl || (numbered && packet.ip_id == ip_id);
}

void Flow::forget(Odd kind, std::uint64_t packet) {
  auto& list = make_rare().oddities;
  std::erase_if(list, [&](const Oddity& oddity) {
    return oddity.kind == kind && (packet == 0 || oddity.packet == packet);
  });
  if (std::none_of(list.begin(), list.end(), [&](const Oddity& o) { return o.kind == kind; })) {
    rarities_->odd_kinds.remove(kind);
  }
}

void Flow::move(Side side, State to, const Segment& cause) {
  move(side, to, cause.packet, cause.time_ns);
}

void Flow::move(Side side, State to, std::uint64_t packet, std::int64_t time_ns) {
  EndFigures& e = end(side);
  if (e.state == to) return;
  const Transition change{side, e.state, to, packet, time_ns};
  e.state = to;
  const bool moved = rarities_ && !rarities_->transitions.empty();
  if (!moved && changes_ < kFewTransitions) {
    transitions_[changes_++] = change;
  } else if (auto& all = all_transitions(); all.size() < kMostKept) {
    all.push_back(change);
  }
}

void Flow::take_back(Side side, State from) {
  auto& list = all_transitions();
  for (auto it = list.rbegin(); it != list.rend(); ++it) {
    if (it->side != side) continue;
    if (it->from == from) {
      end(side).state = from;
      list.erase(std::next(it).base());
    }
    return;
  }
}

// Nothing of that end was seen: its numbers are guessed from what the other acknowledges.
void Flow::base_on_ack(Side side, std::uint32_t raw_ack) {
  Half& unseen = half(side);
  unseen.base = raw_ack - 1;
  unseen.based = true;
  unseen.next = 1;
}

// An acknowledgement that stood before what it acknowledges moves behind it.
void Flow::mend_order() {
  auto& segments = make_rare().segments;
  const std::uint64_t explained = std::exchange(rarities_->explained_packet, 0);
  const auto early = std::find_if(segments.rbegin(), segments.rend(), [&](const Segment& segment) {
    return segment.packet == explained;
  });
  if (early == segments.rend()) return;
  const auto at = std::next(early).base();
  std::rotate(at, at + 1, segments.end());
}

}  // namespace wireproof::tcp
