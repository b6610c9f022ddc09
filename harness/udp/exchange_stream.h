// Sorts datagrams into exchanges as they come and gives each on when it has ended: nothing came of
// it for long, it is full, or there is no more room for all of them and it was silent longest. What
// comes later of the same endpoints is another exchange. So memory is bounded, whatever comes.
//
//   ExchangeStream stream(bounds, [&](Exchange& ended) { ... judge it, keep its numbers ... });
//   for (...) stream.add(packet);
//   stream.finish();
//
// Ended exchanges are numbered from 1 as they are given on: where nothing ended before finish(), in
// the order of their first datagrams. The sink may move from its argument and must not call back.
// Thread rule: one thread at a time. Packets need only live during add().
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>

#include "udp/exchange.h"

namespace wireproof::udp {

struct Bounds {
  std::size_t datagrams = std::numeric_limits<std::size_t>::max();  // of all exchanges together
  std::size_t of_one = std::numeric_limits<std::size_t>::max();
  std::int64_t idle_ns = std::numeric_limits<std::int64_t>::max();
};

class ExchangeStream {
 public:
  using Sink = std::function<void(Exchange&)>;
  ExchangeStream(const Bounds& bounds, Sink sink);
  ~ExchangeStream();
  ExchangeStream(ExchangeStream&&) noexcept;

  // UDP (fragments put together) and ICMP errors that quote it; others ignored.
  void add(const packet::Packet& packet);
  void advance(std::int64_t now_ns);  // time that passes without packets (live)
  void finish();                      // all that are left end
  std::size_t kept() const;           // datagrams and open exchanges in memory

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wireproof::udp
