#include "tcp/tracker.h"

#include <algorithm>

#include "tcp/remnants.h"
#include "tcp/roster.h"
#include "tcp/trace_clock.h"

namespace wireproof::tcp {
namespace {

using Phase = Flow::Phase;
constexpr std::uint32_t kNone = FlowTable::kNone;
constexpr std::int64_t kSweepEvery = 1'000'000'000;
constexpr std::size_t kBatch = 128;
constexpr std::size_t kFlowAhead = 10;  // how many packets ahead a flow's memory is asked for

bool quotes_tcp(const packet::Packet& packet) {
  return packet.icmp.is_error && packet.icmp.quoted_protocol == packet::Protocol::tcp;
}

}  // namespace

struct Tracker::Impl {
  Impl(CaptureFacts facts, TrackerOptions options, Sink s, Settling settles)
      : shared{facts, options, SentBytesPool(options.payload_bytes), {}, {}, false},
        sink(std::move(s)),
        settling(std::move(settles)) {}

  std::uint32_t find(const Route& route) const {
    return table.find(route.hash,
                      [&](std::uint32_t place) { return roster.at(place).key == route.key; });
  }

  // `old`: the place of the connection that these endpoints had before, or kNone.
  std::uint32_t start(const Route& route, std::uint32_t old, const packet::Packet& packet) {
    const std::uint32_t place = roster.take();
    Roster::Place& made = roster.at(place);
    made.key = route.key;
    made.hash = route.hash;
    made.flow->start(++started, packet, shared, old == kNone ? nullptr : roster.at(old).flow);
    if (shared.options.begun != nullptr) shared.options.begun->push_back(packet.frame.number);
    roster.enqueue(place, Phase::attempt, clock.now());
    if (old == kNone) {
      table.insert(route.hash, place);
    } else {
      table.replace(route.hash, old, place);
      deliver(old);
    }
    return place;
  }

  // `guess`: the place that the table had before packets that came since, or kNone.
  void add_tcp(const packet::Packet& packet, const Route& route, std::uint32_t guess) {
    if (packet.frame.clock_ns != 0) {
      clock.follow(packet.frame.clock_ns);
    } else {
      clock.advance(packet.frame.time_ns);
    }
    std::uint32_t place = guess != kNone && roster.at(guess).key == route.key ? guess : find(route);
    // Due, and not swept away so far.
    if (place != kNone && is_due(roster.at(place))) [[unlikely]] {
      forget(place);
      place = kNone;
    }
    if (place == kNone) {
      if (remnants.knows(route.hash, is_lower(route.key, packet.source), packet, clock.now())) {
        ++remnants_seen;
        return;
      }
      place = start(route, kNone, packet);
    }
    switch (flow_at(place).add(packet)) {
      case Flow::Fate::kept:
        break;
      case Flow::Fate::new_life:
        place = start(route, place, packet);
        flow_at(place).add(packet);
        break;
      case Flow::Fate::splits: {
        const packet::Packet syn = flow_at(place).take_split_syn();
        place = start(route, place, syn);
        flow_at(place).add(syn);
        flow_at(place).add(packet);
        break;
      }
    }
    Roster::Place& one = roster.at(place);
    one.touched = clock.now();
    const Phase phase = one.flow->phase();
    if (phase == Phase::closed && settling.settle) put_away(one);
    if (phase != one.phase) {
      roster.requeue(place, phase, clock.now());
      keep_to_limit(phase);
    } else if (phase == Phase::attempt) {
      keep_to_limit(phase);
    }
    sweep_if_due();
  }

  void add_icmp(const packet::Packet& packet) {
    const std::uint32_t place =
        find(route_of(packet.icmp.quoted_source, packet.icmp.quoted_destination));
    if (place != kNone) flow_at(place).add_icmp(packet);
  }

  // Brought back where it was put away.
  Flow& flow_at(std::uint32_t place) {
    Roster::Place& one = roster.at(place);
    if (one.flow == nullptr) [[unlikely]]
      roster.bring_back(one, shared);
    return *one.flow;
  }

  void put_away(Roster::Place& place) {
    PutAway& away = roster.lend_away();
    if (place.flow->save(away.image)) {
      away.raw_next = ends_of(place);
      Connection& connection = place.flow->finish();
      Settled& settled = away.settled;
      settled.index = connection.index;
      settled.handshake_ns = connection.handshake_ns;
      settled.opening = connection.opening;
      settled.closing = connection.closing;
      settled.endpoints = {connection.ends[0].endpoint, connection.ends[1].endpoint};
      if (settling.settle(connection, settled)) return roster.put_away(place, away);
      place.flow->restore(away.image, shared);
    }
    roster.give_back(away);
  }

  std::int64_t patience(Phase phase) const {
    return phase == Phase::attempt ? shared.options.attempt_ns
           : phase == Phase::open  ? shared.options.idle_ns
                                   : shared.options.linger_ns;
  }
  bool is_due(const Roster::Place& place) const {
    return place.touched <= clock.now() - patience(place.phase);
  }
  std::size_t limit(Phase phase) const {
    return phase == Phase::attempt ? shared.options.attempts
           : phase == Phase::open  ? shared.options.open
                                   : shared.options.lingering;
  }

  void keep_to_limit(Phase phase) {
    const std::size_t most = std::max<std::size_t>(limit(phase), 1);
    if (roster.count(phase) <= most) return;
    while (roster.count(phase) > most) {
      const std::uint32_t place = roster.head(phase);
      if (phase == Phase::closed) remember(roster.at(place));
      forget(place);
    }
    // The next to go and, where it is whole, to be used again; and the room for the next to be put
    // away, which nobody has looked at for as long as that lingered who had it.
    const Roster::Place& next = roster.at(roster.head(phase));
    if (next.away != nullptr) {
      __builtin_prefetch(next.away);
    } else {
      next.flow->prefetch_whole();
    }
    roster.prefetch_away();
  }

  // The place that was asked for, or kNone.
  std::uint32_t prefetch_place(const packet::Packet& packet, const Route& route) {
    if (packet.protocol != packet::Protocol::tcp) return kNone;
    const std::uint32_t place = table.find(route.hash, [](std::uint32_t) { return true; });
    if (place != kNone) __builtin_prefetch(&roster.at(place));
    return place;
  }

  void prefetch_flow(std::uint32_t place) {
    if (place == kNone) return;
    if (const Flow* const flow = roster.at(place).flow; flow != nullptr) flow->prefetch();
  }

  void sweep_if_due() {
    if (clock.now() >= next_sweep) sweep();
  }
  void sweep() {
    next_sweep = clock.now() + kSweepEvery;
    for (const Phase phase : {Phase::attempt, Phase::open, Phase::closed}) {
      const std::int64_t due = clock.now() - patience(phase);
      for (;;) {
        const std::uint32_t place = roster.head(phase);
        if (place == kNone || roster.at(place).queued > due) break;
        if (is_due(roster.at(place))) {
          forget(place);
        } else {
          roster.requeue(place, phase, clock.now());
        }
      }
    }
  }

  // What follows the last of the lower endpoint, and of the higher.
  static std::array<std::uint32_t, 2> ends_of(const Roster::Place& place) {
    const Flow& flow = *place.flow;
    const bool client_lower = is_lower(place.key, flow.endpoint(Side::client));
    return {flow.raw_next(client_lower ? Side::client : Side::server),
            flow.raw_next(client_lower ? Side::server : Side::client)};
  }

  void remember(const Roster::Place& place) {
    Remnants::Ending ending;
    ending.hash = place.hash;
    ending.next = place.away != nullptr ? place.away->raw_next : ends_of(place);
    ending.forgotten_after = place.touched + shared.options.linger_ns;
    remnants.remember(ending);
  }

  void forget(std::uint32_t place) {
    table.erase(roster.at(place).hash, place);
    deliver(place);
  }

  void deliver(std::uint32_t place) {
    roster.unqueue(place);
    const Roster::Place& one = roster.at(place);
    if (one.away != nullptr) {
      settling.told(one.away->settled);
    } else if (Connection& connection = one.flow->finish(); sink) {
      sink(connection);
    } else {
      done.push_back(std::move(connection));
    }
    roster.give_back(place);
  }

  void finish() {
    for (const Phase phase : {Phase::attempt, Phase::open, Phase::closed})
      while (roster.head(phase) != kNone) forget(roster.head(phase));
  }

  Shared shared;
  Sink sink;
  Settling settling;
  FlowTable table;
  Roster roster;
  Remnants remnants;
  TraceClock clock;
  std::int64_t next_sweep = 0;
  std::uint64_t started = 0, remnants_seen = 0;
  std::vector<Connection> done;
  // Of the batch in hand. Members, so that they are not set to zero for each.
  std::array<Route, kBatch> routes;
  std::array<std::uint32_t, kBatch> places{};
};

Tracker::Tracker(CaptureFacts facts, TrackerOptions options, Sink sink, Settling settling)
    : impl_(std::make_unique<Impl>(facts, options, std::move(sink), std::move(settling))) {}
Tracker::~Tracker() = default;
Tracker::Tracker(Tracker&&) noexcept = default;

void Tracker::add(const packet::Packet& packet) {
  if (packet.protocol == packet::Protocol::tcp) {
    impl_->add_tcp(packet, route_of(packet.source, packet.destination), kNone);
  } else if (quotes_tcp(packet)) {
    impl_->add_icmp(packet);
  }
}

// The memory of those that follow is on its way while one is worked on.
void Tracker::add(std::span<const packet::Packet> packets) {
  auto& routes = impl_->routes;
  auto& places = impl_->places;
  while (!packets.empty()) {
    const auto batch = packets.first(std::min(packets.size(), kBatch));
    packets = packets.subspan(batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (batch[i].protocol != packet::Protocol::tcp) continue;
      routes[i] = route_of(batch[i].source, batch[i].destination);
      impl_->table.prefetch(routes[i].hash);
    }
    const std::size_t size = batch.size();
    for (std::size_t i = 0; i < size; ++i) places[i] = impl_->prefetch_place(batch[i], routes[i]);
    for (std::size_t i = 0; i < std::min(kFlowAhead, size); ++i) impl_->prefetch_flow(places[i]);
    for (std::size_t i = 0; i < size; ++i) {
      if (const std::size_t at = i + kFlowAhead; at < size) impl_->prefetch_flow(places[at]);
      if (batch[i].protocol == packet::Protocol::tcp) {
        impl_->add_tcp(batch[i], routes[i], places[i]);
      } else if (quotes_tcp(batch[i])) {
        impl_->add_icmp(batch[i]);
      }
    }
  }
}

void Tracker::advance(std::int64_t now_ns) {
  impl_->clock.advance(now_ns);
  impl_->sweep_if_due();
}

void Tracker::follow(std::int64_t clock_ns) {
  impl_->clock.follow(clock_ns);
  impl_->sweep_if_due();
}

std::vector<Connection> Tracker::finish() {
  impl_->finish();
  std::vector<Connection> connections = std::move(impl_->done);
  std::sort(connections.begin(), connections.end(),
            [](const Connection& a, const Connection& b) { return a.index < b.index; });
  impl_ = std::make_unique<Impl>(impl_->shared.facts, impl_->shared.options, std::move(impl_->sink),
                                 std::move(impl_->settling));
  return connections;
}

std::size_t Tracker::tracked() const { return impl_->roster.size(); }
std::uint64_t Tracker::remnants() const { return impl_->remnants_seen; }

std::uint64_t shard_hash(const packet::Packet& packet) {
  if (packet.protocol == packet::Protocol::tcp) {
    return route_of(packet.source, packet.destination).hash;
  }
  if (!quotes_tcp(packet)) return 0;
  return route_of(packet.icmp.quoted_source, packet.icmp.quoted_destination).hash;
}

}  // namespace wireproof::tcp
