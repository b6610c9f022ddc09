#include "tcp/roster.h"

#include <sys/mman.h>

#include <algorithm>
#include <memory>

namespace wireproof::tcp {

namespace {
constexpr std::int64_t kLongestLeap = 60'000'000'000, kAnotherTime = 3'600'000'000'000;
}

void TraceClock::advance(std::int64_t time_ns) {
  if (!started_ || time_ns < latest_ - kAnotherTime) {
    started_ = true;
    latest_ = time_ns;
  }
  if (time_ns <= latest_) return;
  now_ += std::min(time_ns - latest_, kLongestLeap);
  latest_ = time_ns;
}

Roster::~Roster() {
  for (Place* const chunk : pool_) std::destroy_n(chunk, kChunk);
}

// Places are visited in no order, so that with ordinary pages the processor looks up an address at
// nearly every packet, which is a sixth of its whole cost: a tracker of many connections asks for
// huge pages. One of few takes no more than it needs.
Roster::Place* Roster::more() {
  constexpr std::size_t kBytes = kChunk * sizeof(Place), kHugePage = std::size_t{2} << 20;
  constexpr std::size_t kFewChunks = 4;
  if (left_ < kBytes) {
    const bool few = pool_.size() < kFewChunks;
    const std::align_val_t alignment{few ? alignof(Place) : kHugePage};
    const std::size_t size = few ? kBytes : 2 * kHugePage;
    blocks_.emplace_back(static_cast<std::byte*>(::operator new(size, alignment)),
                         Release{alignment});
    left_ = size;
    if (!few) ::madvise(blocks_.back().get(), size, MADV_HUGEPAGE);  // refused: slower, no more
  }
  left_ -= kBytes;
  auto* const chunk = reinterpret_cast<Place*>(blocks_.back().get() + left_);
  std::uninitialized_value_construct_n(chunk, kChunk);
  return chunk;
}

std::uint32_t Roster::take() {
  if (free_.empty()) {
    const auto first = static_cast<std::uint32_t>(pool_.size() * kChunk);
    pool_.push_back(more());
    for (std::uint32_t i = kChunk; i > 0; --i) free_.push_back(first + i - 1);
  }
  const std::uint32_t place = free_.back();
  free_.pop_back();
  ++used_;
  return place;
}

void Roster::enqueue(std::uint32_t place, Flow::Phase phase, std::int64_t now) {
  Queue& q = queue(phase);
  Place& member = at(place);
  member.phase = phase;
  member.queued = now;
  member.before = q.tail;
  member.after = kNone;
  (q.tail == kNone ? q.head : at(q.tail).after) = place;
  q.tail = place;
  ++q.count;
}

void Roster::unqueue(std::uint32_t place) {
  const Place& member = at(place);
  Queue& q = queue(member.phase);
  (member.before == kNone ? q.head : at(member.before).after) = member.after;
  (member.after == kNone ? q.tail : at(member.after).before) = member.before;
  --q.count;
}

void Roster::requeue(std::uint32_t place, Flow::Phase phase, std::int64_t now) {
  unqueue(place);
  enqueue(place, phase, now);
}

void Roster::give_back(std::uint32_t place) {
  free_.push_back(place);
  --used_;
}

}  // namespace wireproof::tcp
