#include "tcp/roster.h"

#include <algorithm>
#include <utility>

namespace wireproof::tcp {

std::uint32_t Roster::take() {
  if (free_.empty()) {
    const auto first = static_cast<std::uint32_t>(pool_.size() * kChunk);
    pool_.push_back(places_.more());
    for (std::uint32_t i = kChunk; i > 0; --i) free_.push_back(first + i - 1);
  }
  const std::uint32_t place = free_.back();
  free_.pop_back();
  ++used_;
  at(place).flow = &flows_.lend();
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
  Place& member = at(place);
  if (member.flow != nullptr) flows_.give_back(*std::exchange(member.flow, nullptr));
  if (member.away != nullptr) away_.give_back(*std::exchange(member.away, nullptr));
  member.key.words.back() = ~0ull;
  free_.push_back(place);
  --used_;
}

void Roster::put_away(Place& place, PutAway& away) {
  place.away = &away;
  flows_.give_back(*std::exchange(place.flow, nullptr));
}

void Roster::prefetch_away() const {
  if (const PutAway* const away = away_.next(); away != nullptr) fetch(away, sizeof *away);
}

void Roster::bring_back(Place& place, Shared& shared) {
  place.flow = &flows_.lend();
  place.flow->restore(place.away->image, shared);
  away_.give_back(*std::exchange(place.away, nullptr));
}

}  // namespace wireproof::tcp
