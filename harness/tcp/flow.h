// One connection being tracked: takes its packets one by one, and is a Connection in the end. All
// its state is its own, so that a finished one can be let go of at any time, and used for another:
// start() keeps the buffers of the one before.
// Thread rule: one thread at a time.
#pragma once

#include <memory>

#include "tcp/half.h"
#include "tcp/tracker.h"

namespace wireproof::tcp {

// What all connections of a tracker share.
struct Shared {
  CaptureFacts facts;
  TrackerOptions options;
  SentBytesPool bytes;
  Segment scratch;              // the newest, where none are kept
  Connection finished;          // the newest
  bool finished_plain = false;  // it has nothing that an ordinary connection has nothing of
};

// What a connection is besides its ends. Trivially copyable; in two lines of the cache, with what
// nearly every packet needs in the first.
struct FlowHead {
  std::uint64_t last_packet_ = 0;
  bool over_ = false;
  bool scales_known_ = false;  // both SYNs were seen
  bool refused_ = false, refused_stray_ = false;
  bool begun_by_syn_ = false, fast_open_rejected_ = false;
  bool wrong_handshake_sequence_ = false;
  // Of the segment in hand: its numbers, or its time stamp, say that it was sent after all that was
  // seen from its end. Else a path that reorders may have let it be overtaken.
  bool newest_ = false, newest_stamp_ = false;
  Side first_fin_ = Side::client;
  std::array<std::uint16_t, 2> ports_{};
  std::uint8_t changes_ = 0;  // how many are in `transitions_`
  ConnectionFigures connection_;
  KnownNumber first_byte_time_;
  KnownNumber first_syn_time_, handshake_time_, first_fin_time_, close_end_time_;
};

// A RST that was taken.
struct FlowReset {
  Side from = Side::client;
  std::uint64_t packet = 0;
  std::int64_t time_ns = 0, seq = 0;
  std::int64_t peer_next = 0;  // what the other end had sent by then
  bool exact = false;
  std::array<State, 2> states{};  // before it
};

// What an ordinary connection has nothing of: made when there is something, so that a connection is
// small and a look at one pointer tells that none of it matters.
struct FlowRarities {
  std::array<EndRarities, 2> ends;
  std::array<HalfRarities, 2> halves;
  std::optional<FlowReset> reset;
  std::unique_ptr<packet::Packet> pending_syn;  // within the connection; it may begin another
  std::uint64_t explained_packet = 0;           // to be moved behind the segment just added
  std::vector<packet::Packet> held;             // what the sender of a RST sent after it
  std::optional<Side> reset_by;
  std::optional<Side> unproven_reset;  // sender of a RST that is not exact
  OddSet odd_kinds;
  std::vector<Oddity> oddities;
  std::vector<Transition> transitions;  // all, where any is here
  std::vector<Segment> segments;
  std::uint64_t segments_left_out = 0, segments_before_gap = 0;
  std::vector<std::uint64_t> icmp_packets;
  EndRarities& end(Side side) { return ends[static_cast<std::size_t>(side)]; }
  HalfRarities& half(Side side) { return halves[static_cast<std::size_t>(side)]; }
};

// Not plain; the first line of the cache begins with it.
struct FlowLinks {
  Shared* shared_ = nullptr;
  std::unique_ptr<FlowRarities> rarities_;
};

class alignas(64) Flow : FlowLinks, FlowHead {
 public:
  Flow() = default;
  // `shared` must outlive the flow; `before`: the last life of these endpoints, or null.
  void start(std::uint64_t index, const packet::Packet& first, Shared& shared, const Flow* before);

  static constexpr std::size_t kFewTransitions = 10;  // as many as an ordinary connection has

  // What may end it, as far as the tracker is concerned.
  enum class Phase : std::uint8_t {
    attempt,  // only one end was heard so far, and little of it
    open,
    closed,  // nothing but strays and resent ends can follow
  };

  // What the caller must do with the packet.
  enum class Fate : std::uint8_t {
    kept,      // it belongs here
    new_life,  // it begins another connection of the same endpoints
    splits,    // it answers `split_syn()`, which begins another connection: add that, then this
  };
  Fate add(const packet::Packet& packet);
  packet::Packet take_split_syn();  // after Fate::splits; its spans are empty
  void add_icmp(const packet::Packet& packet);
  Phase phase() const;
  const packet::Endpoint& endpoint(Side side) const {
    return endpoints_[static_cast<std::size_t>(side)];
  }
  std::uint32_t raw_next(Side side) const {
    return half(side).base + static_cast<std::uint32_t>(half(side).next);
  }
  void prefetch() const;  // what nearly every packet needs
  void prefetch_whole() const;

  // All of a flow that has no rarities, to go on with another one some time. False: it has some.
  struct Image {
    FlowHead head;
    std::array<EndFigures, 2> ends;
    std::array<Half, 2> halves;
    std::array<packet::Endpoint, 2> endpoints;
    std::array<Transition, kFewTransitions> transitions;
  };
  bool save(Image& image) const;
  void restore(const Image& image, Shared& shared);

  Connection& finish();  // once; valid until another one of the tracker's is finished

 private:
  using Packet = packet::Packet;
  Side side_of(const Packet& packet) const;
  Half& half(Side side) { return halves_[static_cast<std::size_t>(side)]; }
  const Half& half(Side side) const { return halves_[static_cast<std::size_t>(side)]; }
  EndFigures& end(Side side) { return ends_[static_cast<std::size_t>(side)]; }
  const EndFigures& end(Side side) const { return ends_[static_cast<std::size_t>(side)]; }

  using Rarities = FlowRarities;
  const Rarities& rare() const { return rarities_ ? *rarities_ : kNone; }
  const HalfRarities& rare_half(Side side) const {
    return rare().halves[static_cast<std::size_t>(side)];
  }
  const EndRarities& rare_end(Side side) const {
    return rare().ends[static_cast<std::size_t>(side)];
  }
  Rarities& make_rare() {
    if (!rarities_) rarities_ = std::make_unique<Rarities>();
    return *rarities_;
  }
  std::vector<Transition>& all_transitions();  // from now on in Rarities
  bool has(Odd kind) const { return rarities_ && rarities_->odd_kinds.has(kind); }
  SentBytes& bytes_of(Side side);  // lent by the pool where there were none
  void drop_bytes(Side side);

  // flow.cpp
  void clear();
  [[gnu::noinline]] Fate add_any(const Packet& packet, Side from);
  Fate dispatch(const Packet& packet, Segment& segment);
  Segment& record(const Packet& packet, Side from);
  [[gnu::cold, gnu::noinline]] Segment& keep_segment();
  [[gnu::cold, gnu::noinline]] void unrecord();
  [[gnu::cold, gnu::noinline]] void mend_order();
  bool another_life(const Packet& packet, Side from) const;
  bool continues(const Packet& packet, Side from) const;
  void fill(Segment& segment, const Packet& packet, Side from) const;
  bool seen_twice(const Packet& packet, Side from);
  bool spoiled(const Packet& packet, Side from, Segment& segment);
  [[gnu::cold, gnu::noinline]] bool all_bad(const Packet& packet, Side from);
  [[gnu::cold, gnu::noinline]] void take_spoiled(Side from);
  [[gnu::cold, gnu::noinline]] void adopt_spoiled(Side from, std::uint32_t raw_ack,
                                                  std::uint64_t packet);
  // Null when there are enough of the kind. Cold: what leads to it is out of the ordinary way.
  [[gnu::cold, gnu::noinline]] Oddity* note(Odd kind, Side side, std::uint64_t packet,
                                            std::int64_t wanted = 0, std::int64_t seen = 0,
                                            std::string_view detail = {}, std::uint64_t other = 0,
                                            bool certain = false);
  static void doubt(Oddity* oddity, bool reason);
  [[gnu::cold, gnu::noinline]] void prove(Odd kind, Side side);
  static bool foreign(const Packet& packet, std::uint8_t ttl, std::uint32_t ip_id);
  [[gnu::cold, gnu::noinline]] void forget(Odd kind, std::uint64_t packet);
  void move(Side side, State to, const Segment& cause);
  void move(Side side, State to, std::uint64_t packet, std::int64_t time_ns);
  // The last transition of `side` out of `from` was a guess that the packets disprove.
  [[gnu::cold, gnu::noinline]] void take_back(Side side, State from);
  [[gnu::cold, gnu::noinline]] void base_on_ack(Side side, std::uint32_t raw_ack);

  // flow_expected.cpp
  struct Expected {
    std::int64_t ack = 0, edge = 0;  // of the window
    std::uint32_t window = 0;
  };
  // Whether all that the segment can mean is the next bytes in order, or an acknowledgement of
  // more.
  bool is_expected(const Packet& packet, Side from, Expected& expected) const;
  bool stamps_expected(const Packet& packet, Side from) const;
  void add_expected(const Packet& packet, Side from, const Expected& expected);

  // flow_open.cpp
  Fate on_syn(const Packet& packet, Segment& segment);
  Fate on_syn_only(const Packet& packet, Segment& segment);
  Fate on_syn_ack(const Packet& packet, Segment& segment);
  void begin(const Packet& packet, Segment& segment);
  void take_syn_options(const Packet& packet, Side from);
  void take_syn_data(const Packet& packet, Segment& segment);
  void rebase(Side side, std::uint32_t isn);
  bool handshake_ack_right(Segment& segment);
  [[gnu::cold, gnu::noinline]] void late_syn(const Packet& packet, Segment& segment);

  // flow_data.cpp
  void on_segment(const Packet& packet, Segment& segment);
  void on_ack(const Packet& packet, Segment& segment);
  void acknowledge(Side from, std::int64_t ack, std::uint64_t packet, std::int64_t time_ns,
                   bool with_fin);
  void release_bytes(Side from, std::int64_t ack, std::uint64_t packet);
  void on_same_ack(const Packet& packet, Segment& segment);
  void explain_early_ack(Side sender, const Segment& by);
  [[gnu::cold, gnu::noinline]] void settle_early_ack(Side side);
  void on_window(const Packet& packet, Segment& segment);

  // flow_sequence.cpp
  bool on_probe(const Packet& packet, Segment& segment);
  void on_sequence(const Packet& packet, Segment& segment);
  void on_new_data(const Packet& packet, Segment& segment);
  [[gnu::cold, gnu::noinline]] void on_old_data(const Packet& packet, Segment& segment);
  void on_fin(Segment& segment);
  [[gnu::cold, gnu::noinline]] void repeated(const Segment& segment, bool fin);  // a SYN or FIN
  void fin_acknowledged(Side by, std::uint64_t packet, std::int64_t time_ns, bool with_fin);
  struct Filled {
    std::int64_t bytes = 0;
    std::int64_t skipped_at = 0;  // when they were skipped; 0: they were not
  };
  [[gnu::cold, gnu::noinline]] static Filled fill_holes(std::vector<Range>& holes,
                                                        std::int64_t from, std::int64_t to);
  [[gnu::cold, gnu::noinline]] void compare_bytes(const Packet& packet, const Segment& segment);
  void check_window(const Segment& segment, std::int64_t data_end);

  // flow_timing.cpp
  void time_segment(const Segment& segment);
  void time_ack(Side sender, std::int64_t ack, std::int64_t time_ns);
  std::int64_t timeout_of(Side sender) const;
  [[gnu::cold, gnu::noinline]] void classify_retransmission(Segment& segment);
  [[gnu::cold, gnu::noinline]] void back_off(const Segment& segment);
  [[gnu::cold, gnu::noinline]] void take_duplicate_sack(const Packet& packet, Segment& segment);
  void measure_flight(const Segment& segment);

  // flow_reset.cpp
  [[gnu::cold, gnu::noinline]] void on_reset(const Packet& packet, Segment& segment);
  [[gnu::cold, gnu::noinline]] bool answers_early_ack(const Packet& packet, const EarlyAck& early,
                                                      const Half& me) const;
  [[gnu::cold, gnu::noinline]] void on_reset_of_syn(const Packet& packet, Segment& segment);
  [[gnu::cold, gnu::noinline]] void check_reset_numbers(const Packet& packet,
                                                        const Segment& segment);
  [[gnu::cold, gnu::noinline]] void after_reset(const Packet& packet, Segment& segment);

  // flow_options.cpp
  void check_flags(const Packet& packet, Segment& segment);
  void check_options(const Packet& packet, Segment& segment);
  void check_option_places(const Packet& packet, const Segment& segment);
  void check_stamps(const Packet& packet, Segment& segment);
  [[gnu::cold, gnu::noinline]] void note_stale(const Packet& packet, Segment& segment);
  [[gnu::cold, gnu::noinline]] void check_fast_open(const Packet& packet, const Segment& segment);
  [[gnu::cold, gnu::noinline]] void check_sack(const Packet& packet, const Segment& segment);
  void check_ecn(const Packet& packet, const Segment& segment);

  // outcome.cpp
  Opening opening() const;
  Closing closing() const;
  ClosedFirst closed_first() const;
  void hand_over(Connection& all);
  void phase_times(Connection& all) const;

  const CaptureFacts& facts() const { return shared_->facts; }

  static const Rarities kNone;
  static constexpr std::int64_t kLongSilence = 3'600 * 1'000 * kMillisecond;
  static constexpr std::int64_t kLongestDelay = 500 * kMillisecond;  // RFC 9293 3.8.6.3, MUST-40

  std::array<EndFigures, 2> ends_;
  std::array<Half, 2> halves_;
  std::array<packet::Endpoint, 2> endpoints_;
  std::array<Transition, kFewTransitions> transitions_;  // unless there are more: then Rarities'
};
static_assert(sizeof(Flow) == 25 * 64);

}  // namespace wireproof::tcp
