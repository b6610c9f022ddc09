// The conditions of one direction: what chance does to the next packet, and when the link has
// carried it. Time is counted from any moment on. Thread rule: one thread at a time.
#pragma once

#include <deque>

#include "wire/model.h"
#include "wire/random.h"

namespace wireproof::wire {

using Time = nanoseconds;

class Impairment {
 public:
  Impairment(const Conditions& conditions, std::uint64_t seed, Direction direction);

  void set(const Conditions& conditions);
  const Conditions& conditions() const { return conditions_; }
  bool none() const { return none_; }

  struct Choice {
    bool lose = false, in_burst = false, corrupt = false, reorder = false;
    unsigned copies = 0;
    std::uint64_t corrupt_bit = 0;  // which one, modulo how many there are
    nanoseconds jitter{0};
  };
  // For the next packet: the nth call decides the same for the same seed and conditions.
  Choice choose();

  // When a frame of `bytes` that comes to the link at `now` has been sent into it; nullopt: the
  // queue is full.
  std::optional<Time> admit(Time now, std::size_t bytes);
  // And when it comes out, with delay and jitter.
  Time arrival(Time sent, nanoseconds jitter);

 private:
  nanoseconds draw_jitter() const;

  Conditions conditions_;
  bool none_ = true, bad_ = false;
  std::uint64_t packet_ = 0;
  Dice loss_, burst_, duplication_, reordering_, corruption_, bit_, jitter_;
  struct Waiting {
    Time begins;
    std::size_t bytes;
  };
  std::deque<Waiting> queue_;
  std::uint64_t queued_bytes_ = 0;
  Time busy_until_{0}, last_arrival_{0};
};

}  // namespace wireproof::wire
