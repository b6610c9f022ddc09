// The connections a tracker has in memory, each in one of three queues by what may end it: an
// attempt without an answer, an open connection, or a closed one that lingers. A queue stands in
// the order in which its members were last looked at, so that the head tells whether any is due.
//
//   places: [0][1] ...               given back ones are used again; each has a flow or, where that
//                                    was put away, what was kept of it
//   queues: attempt, open, closed    doubly linked through the places
//
// Thread rule: one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tcp/flow.h"
#include "tcp/flow_table.h"
#include "tcp/pool.h"

namespace wireproof::tcp {

// A closed connection: what is told of it if nothing more comes, and what is needed if something
// does. Written once, and hardly ever read but for its first line of the cache.
struct alignas(64) PutAway {
  std::array<std::uint32_t, 2> raw_next{};  // of the lower endpoint and of the higher
  Settled settled;
  Flow::Image image;
};

class Roster {
 public:
  static constexpr std::uint32_t kNone = FlowTable::kNone;

  // What nearly every packet needs is in its first line of the cache.
  struct alignas(64) Place {
    FlowKey key;  // once it is given back, no connection's
    Flow* flow = nullptr;
    std::int64_t touched = 0;  // by a packet
    Flow::Phase phase = Flow::Phase::attempt;
    std::uint32_t before = kNone, after = kNone;
    std::uint64_t hash = 0;
    std::int64_t queued = 0;  // put at its queue's end
    PutAway* away = nullptr;  // instead of the flow
  };

  Place& at(std::uint32_t place) { return pool_[place / kChunk][place % kChunk]; }
  const Place& at(std::uint32_t place) const { return pool_[place / kChunk][place % kChunk]; }
  std::uint32_t take();  // a free place, in no queue, with a flow
  void enqueue(std::uint32_t place, Flow::Phase phase, std::int64_t now);
  void unqueue(std::uint32_t place);
  void requeue(std::uint32_t place, Flow::Phase phase, std::int64_t now);
  void give_back(std::uint32_t place);  // unqueued before
  PutAway& lend_away() { return away_.lend(); }
  void prefetch_away() const;  // the one to be lent next, which is out of the caches
  void give_back(PutAway& away) { away_.give_back(away); }
  void put_away(Place& place, PutAway& away);  // its flow is given back
  void bring_back(Place& place, Shared& shared);
  std::uint32_t head(Flow::Phase phase) const { return queue(phase).head; }
  std::size_t count(Flow::Phase phase) const { return queue(phase).count; }
  std::size_t size() const { return used_; }

 private:
  static constexpr std::uint32_t kChunk = Chunks<Place>::kChunk;
  struct Queue {
    std::uint32_t head = kNone, tail = kNone;
    std::size_t count = 0;
  };
  Queue& queue(Flow::Phase phase) { return queues_[static_cast<std::size_t>(phase)]; }
  const Queue& queue(Flow::Phase phase) const { return queues_[static_cast<std::size_t>(phase)]; }

  Chunks<Place> places_;
  Pool<Flow> flows_;
  Pool<PutAway> away_;
  std::vector<Place*> pool_;  // by chunk
  std::vector<std::uint32_t> free_;
  std::array<Queue, 3> queues_;
  std::size_t used_ = 0;
};

}  // namespace wireproof::tcp
