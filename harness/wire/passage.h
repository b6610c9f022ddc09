// Packets inside the link: those on their way, and those that wait for something other than time
// alone. Thread rule: one thread at a time.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "wire/decision.h"
#include "wire/edit.h"
#include "wire/impairment.h"

namespace wireproof::wire {

// `view` is the frame: the sender's memory, which must be owned before it goes away, or `bytes`.
struct Passage {
  PacketId id;
  Standing standing;
  View view() const { return owned ? View(bytes) : borrowed; }
  Bytes& own() {
    if (!owned) bytes.assign(borrowed.begin(), borrowed.end());
    owned = true;
    return bytes;
  }
  View borrowed = {};
  Bytes bytes = {};
  bool owned = false;
  bool chosen = false;  // chance has had its say
  nanoseconds jitter{0}, extra_delay{0}, spacing{0};
  unsigned copies = 0;
};

// Held by name, behind others, or for the segment it is joined with.
struct Waiting {
  enum class Kind : std::uint8_t { hold, behind, join };
  Kind kind = Kind::hold;
  std::uint64_t serial = 0;
  std::string name;  // of the hold; else of the rule or condition
  std::size_t rule = 0;
  std::optional<std::uint64_t> remaining = {};  // packets until it goes on
  std::optional<Time> deadline = {};
  Passage passage = {};
};

class WaitingRoom {
 public:
  void add(Waiting waiting) {
    waiting.serial = ++serial_;
    bytes_ += waiting.passage.bytes.size();
    list_.push_back(std::move(waiting));
  }
  // Takes out, oldest first, those of which `which` is true, at most so many.
  std::vector<Waiting> take(const std::function<bool(Waiting&)>& which,
                            std::size_t at_most = static_cast<std::size_t>(-1)) {
    std::vector<Waiting> taken;
    for (auto it = list_.begin(); it != list_.end() && taken.size() < at_most;) {
      if (which(*it)) {
        bytes_ -= it->passage.bytes.size();
        taken.push_back(std::move(*it));
        it = list_.erase(it);
      } else {
        ++it;
      }
    }
    return taken;
  }
  std::optional<Time> next_deadline() const {
    std::optional<Time> next;
    for (const Waiting& one : list_)
      if (one.deadline && (!next || *one.deadline < *next)) next = one.deadline;
    return next;
  }
  bool empty() const { return list_.empty(); }
  std::size_t bytes() const { return bytes_; }
  const std::deque<Waiting>& list() const { return list_; }

 private:
  std::deque<Waiting> list_;
  std::uint64_t serial_ = 0;
  std::size_t bytes_ = 0;
};

// Frames that go out at a time; of equal times, in the order they came.
struct Scheduled {
  Time due;
  std::uint64_t order;
  Bytes frame;
  PacketId id;
  bool operator>(const Scheduled& other) const {
    return std::pair(due, order) > std::pair(other.due, other.order);
  }
};

class Schedule {
 public:
  void add(Time due, Bytes frame, const PacketId& id) {
    bytes_ += frame.size();
    queue_.push({due, ++order_, std::move(frame), id});
  }
  std::optional<Time> next_due() const {
    return queue_.empty() ? std::nullopt : std::optional(queue_.top().due);
  }
  Scheduled take() {
    // priority_queue has no way to move its top out; nothing looks at it before it is popped.
    Scheduled top = std::move(const_cast<Scheduled&>(queue_.top()));
    queue_.pop();
    bytes_ -= top.frame.size();
    return top;
  }
  std::size_t bytes() const { return bytes_; }
  std::size_t size() const { return queue_.size(); }

 private:
  std::priority_queue<Scheduled, std::vector<Scheduled>, std::greater<>> queue_;
  std::uint64_t order_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace wireproof::wire
