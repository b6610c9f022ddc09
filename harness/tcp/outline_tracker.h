// Outlines of the connections in a capture, each given out once it is over, or a new life of its
// ports begins, or the capture ends. Memory grows with the connections that are open.
// Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>

#include "packet/packet.h"
#include "tcp/flow_table.h"
#include "tcp/outline.h"

namespace wireproof::tcp {

class OutlineTracker {
 public:
  using Sink = std::function<void(const Outline&)>;

  // `lingering`: of connections that are over, so many are remembered for what may still come.
  explicit OutlineTracker(Sink sink, std::size_t lingering = 20'000);

  void add(const packet::Packet& packet);  // all but what is in_outline() is passed over
  void finish();                           // delivers what is left
  std::size_t tracked() const { return lines_.size(); }
  // Segments of no connection that is known: resent ends of those that were forgotten.
  std::uint64_t strays() const { return strays_; }

 private:
  struct Line {
    Outline outline;
    std::uint64_t serial = 0;
    bool over = false;
  };
  struct Hash {
    std::size_t operator()(const FlowKey& key) const { return hash(key); }
  };
  using Lines = std::unordered_map<FlowKey, Line, Hash>;

  void add_icmp(const packet::Packet& packet);
  void on_syn(Lines::iterator at, const packet::Packet& packet, Side from);
  void begin(const FlowKey& key, const packet::Packet& packet,
             std::optional<std::uint32_t> before_isn);
  void end_if_over(Lines::iterator at);

  const Sink sink_;
  const std::size_t lingering_;
  Lines lines_;
  std::deque<std::pair<FlowKey, std::uint64_t>> over_;  // with their serials, the oldest first
  std::uint64_t next_serial_ = 1, strays_ = 0;
};

}  // namespace wireproof::tcp
