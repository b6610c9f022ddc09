// The connections a tracker has in memory, each in one of three queues by what may end it: an
// attempt without an answer, an open connection, or a closed one that lingers. A queue stands in
// the order in which its members were last looked at, so that the head tells whether any is due.
//
//   pool:   [place 0][place 1] ...   given back places are used again, buffers and all
//   queues: attempt, open, closed    doubly linked through the places
//
// Thread rule: one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

#include "tcp/flow.h"
#include "tcp/flow_table.h"

namespace wireproof::tcp {

// The capture's time as it passes for queues: never back, and no leap is more than a minute (a
// stepped clock, or a file of samples from several years).
class TraceClock {
 public:
  void advance(std::int64_t time_ns);
  std::int64_t now() const { return now_; }

 private:
  std::int64_t latest_ = 0, now_ = 0;
  bool started_ = false;
};

class Roster {
 public:
  static constexpr std::uint32_t kNone = FlowTable::kNone;

  struct Place {
    FlowKey key;
    std::uint64_t hash = 0;
    std::int64_t touched = 0;  // by a packet
    Flow::Phase phase = Flow::Phase::attempt;
    std::uint32_t before = kNone, after = kNone;
    std::int64_t queued = 0;  // put at its queue's end
    Flow flow;
  };

  Roster() = default;
  ~Roster();
  Roster(const Roster&) = delete;
  Roster& operator=(const Roster&) = delete;

  Place& at(std::uint32_t place) { return pool_[place / kChunk][place % kChunk]; }
  const Place& at(std::uint32_t place) const { return pool_[place / kChunk][place % kChunk]; }
  std::uint32_t take();  // a free place, in no queue
  void enqueue(std::uint32_t place, Flow::Phase phase, std::int64_t now);
  void unqueue(std::uint32_t place);
  void requeue(std::uint32_t place, Flow::Phase phase, std::int64_t now);
  void give_back(std::uint32_t place);  // unqueued before
  std::uint32_t head(Flow::Phase phase) const { return queue(phase).head; }
  std::size_t count(Flow::Phase phase) const { return queue(phase).count; }
  std::size_t size() const { return used_; }

 private:
  static constexpr std::uint32_t kChunk = 64;
  struct Queue {
    std::uint32_t head = kNone, tail = kNone;
    std::size_t count = 0;
  };
  Queue& queue(Flow::Phase phase) { return queues_[static_cast<std::size_t>(phase)]; }
  const Queue& queue(Flow::Phase phase) const { return queues_[static_cast<std::size_t>(phase)]; }

  struct Release {
    std::align_val_t alignment{};
    void operator()(std::byte* block) const { ::operator delete(block, alignment); }
  };
  Place* more();  // kChunk places more

  std::vector<std::unique_ptr<std::byte, Release>> blocks_;  // what the places stand in
  std::size_t left_ = 0;                                     // bytes free of the last block
  std::vector<Place*> pool_;                                 // by chunk
  std::vector<std::uint32_t> free_;
  std::array<Queue, 3> queues_;
  std::size_t used_ = 0;
};

}  // namespace wireproof::tcp
