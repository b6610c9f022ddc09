#include "tcp/tracker.h"

#include <algorithm>

#include "tcp/remnants.h"
#include "tcp/roster.h"

namespace wireproof::tcp {
namespace {

using Phase = Flow::Phase;
constexpr std::uint32_t kNone = FlowTable::kNone;
constexpr std::int64_t kSweepEvery = 1'000'000'000;
constexpr std::size_t kBatch = 64;
// How many packets ahead a connection's memory is asked for, and then what that points to.
constexpr std::size_t kAhead = 12, kAheadFurther = 4;

// Which connection a packet belongs to.
struct Route {
  FlowKey key;
  std::uint64_t hash = 0;
};

Route route_of(const packet::Endpoint& a, const packet::Endpoint& b) {
  Route route{flow_key(a, b), 0};
  route.hash = hash(route.key);
  return route;
}

bool quotes_tcp(const packet::Packet& packet) {
  return packet.icmp.is_error && packet.icmp.quoted_protocol == packet::Protocol::tcp;
}

}  // namespace

struct Tracker::Impl {
  Impl(CaptureFacts facts, TrackerOptions options, Sink s)
      : shared{facts, options, SentBytesPool(options.payload_bytes), {}, {}, false},
        sink(std::move(s)) {}

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
    made.flow.start(++started, packet, shared, old == kNone ? nullptr : &roster.at(old).flow);
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

  void add_tcp(const packet::Packet& packet, const Route& route) {
    clock.advance(packet.frame.time_ns);
    std::uint32_t place = find(route);
    if (place == kNone) {
      if (remnants.knows(route.hash, is_lower(route.key, packet.source), packet, clock.now())) {
        ++remnants_seen;
        return;
      }
      place = start(route, kNone, packet);
    }
    switch (roster.at(place).flow.add(packet)) {
      case Flow::Fate::kept:
        break;
      case Flow::Fate::new_life:
        place = start(route, place, packet);
        roster.at(place).flow.add(packet);
        break;
      case Flow::Fate::splits: {
        const packet::Packet syn = roster.at(place).flow.take_split_syn();
        place = start(route, place, syn);
        roster.at(place).flow.add(syn);
        roster.at(place).flow.add(packet);
        break;
      }
    }
    Roster::Place& one = roster.at(place);
    one.touched = clock.now();
    const Phase phase = one.flow.phase();
    if (phase != one.phase) {
      roster.requeue(place, phase, clock.now());
      keep_to_limit(phase);
    } else if (phase == Phase::attempt) {
      keep_to_limit(phase);
    }
    if (clock.now() >= next_sweep) sweep();
  }

  void add_icmp(const packet::Packet& packet) {
    const std::uint32_t place =
        find(route_of(packet.icmp.quoted_source, packet.icmp.quoted_destination));
    if (place != kNone) roster.at(place).flow.add_icmp(packet);
  }

  std::int64_t patience(Phase phase) const {
    return phase == Phase::attempt ? shared.options.attempt_ns
           : phase == Phase::open  ? shared.options.idle_ns
                                   : shared.options.linger_ns;
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
    roster.at(roster.head(phase)).flow.prefetch_whole();  // the next to go, and to be used again
  }

  // The place that was asked for, or kNone.
  std::uint32_t prefetch(const packet::Packet& packet, const Route& route) {
    if (packet.protocol != packet::Protocol::tcp) return kNone;
    const std::uint32_t place = table.find(route.hash, [](std::uint32_t) { return true; });
    if (place == kNone) return kNone;
    __builtin_prefetch(&roster.at(place));
    roster.at(place).flow.prefetch();
    return place;
  }

  void prefetch_further(std::uint32_t place) {
    if (place != kNone) roster.at(place).flow.prefetch_further();
  }

  void sweep() {
    next_sweep = clock.now() + kSweepEvery;
    for (const Phase phase : {Phase::attempt, Phase::open, Phase::closed}) {
      const std::int64_t due = clock.now() - patience(phase);
      for (;;) {
        const std::uint32_t place = roster.head(phase);
        if (place == kNone || roster.at(place).queued > due) break;
        if (roster.at(place).touched <= due) {
          forget(place);
        } else {
          roster.requeue(place, phase, clock.now());
        }
      }
    }
  }

  void remember(const Roster::Place& place) {
    Remnants::Ending ending;
    ending.hash = place.hash;
    const bool client_lower = is_lower(place.key, place.flow.endpoint(Side::client));
    ending.next = {place.flow.raw_next(client_lower ? Side::client : Side::server),
                   place.flow.raw_next(client_lower ? Side::server : Side::client)};
    ending.forgotten_after = place.touched + shared.options.linger_ns;
    remnants.remember(ending);
  }

  void forget(std::uint32_t place) {
    table.erase(roster.at(place).hash, place);
    deliver(place);
  }

  void deliver(std::uint32_t place) {
    roster.unqueue(place);
    Connection& connection = roster.at(place).flow.finish();
    if (sink) {
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
  FlowTable table;
  Roster roster;
  Remnants remnants;
  TraceClock clock;
  std::int64_t next_sweep = 0;
  std::uint64_t started = 0, remnants_seen = 0;
  std::vector<Connection> done;
};

Tracker::Tracker(CaptureFacts facts, TrackerOptions options, Sink sink)
    : impl_(std::make_unique<Impl>(facts, options, std::move(sink))) {}
Tracker::~Tracker() = default;
Tracker::Tracker(Tracker&&) noexcept = default;

void Tracker::add(const packet::Packet& packet) {
  if (packet.protocol == packet::Protocol::tcp) {
    impl_->add_tcp(packet, route_of(packet.source, packet.destination));
  } else if (quotes_tcp(packet)) {
    impl_->add_icmp(packet);
  }
}

// The memory of those that follow is on its way while one is worked on.
void Tracker::add(std::span<const packet::Packet> packets) {
  std::array<Route, kBatch> routes;
  std::array<std::uint32_t, kBatch> places;
  while (!packets.empty()) {
    const auto batch = packets.first(std::min(packets.size(), kBatch));
    packets = packets.subspan(batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (batch[i].protocol != packet::Protocol::tcp) continue;
      routes[i] = route_of(batch[i].source, batch[i].destination);
      impl_->table.prefetch(routes[i].hash);
    }
    for (std::size_t i = 0; i < std::min(kAhead, batch.size()); ++i) {
      places[i] = impl_->prefetch(batch[i], routes[i]);
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (const std::size_t at = i + kAhead; at < batch.size()) {
        places[at] = impl_->prefetch(batch[at], routes[at]);
      }
      if (const std::size_t at = i + kAheadFurther; at < batch.size()) {
        impl_->prefetch_further(places[at]);
      }
      if (batch[i].protocol == packet::Protocol::tcp) {
        impl_->add_tcp(batch[i], routes[i]);
      } else if (quotes_tcp(batch[i])) {
        impl_->add_icmp(batch[i]);
      }
    }
  }
}

void Tracker::advance(std::int64_t now_ns) {
  impl_->clock.advance(now_ns);
  if (impl_->clock.now() >= impl_->next_sweep) impl_->sweep();
}

std::vector<Connection> Tracker::finish() {
  impl_->finish();
  std::vector<Connection> connections = std::move(impl_->done);
  std::sort(connections.begin(), connections.end(),
            [](const Connection& a, const Connection& b) { return a.index < b.index; });
  impl_ =
      std::make_unique<Impl>(impl_->shared.facts, impl_->shared.options, std::move(impl_->sink));
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
