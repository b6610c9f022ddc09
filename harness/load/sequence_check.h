// What became of numbered datagrams: how many came, came twice or out of order, and how evenly.
// Thread rule: one thread. Memory: a bit for each of the last million numbers.
#pragma once

#include <cstdint>
#include <vector>

namespace wireproof::load {

class SequenceCheck {
 public:
  SequenceCheck();

  // Datagram `number`, counted from 0, sent at `sent_ns`, here at `now_ns`.
  void arrived(std::uint64_t number, std::int64_t sent_ns, std::int64_t now_ns);

  std::uint64_t received() const { return received_; }  // each number once
  std::uint64_t duplicated() const { return duplicated_; }
  std::uint64_t reordered() const { return reordered_; }  // after one with a higher number
  // RFC 3550 6.4.1: the mean deviation of transit times from one datagram to the next, smoothed.
  double jitter_ns() const { return jitter_ns_; }

 private:
  static constexpr std::uint64_t window = 1u << 20;
  std::vector<std::uint64_t> seen_;
  std::uint64_t next_ = 0;  // one above the highest number seen
  std::uint64_t received_ = 0, duplicated_ = 0, reordered_ = 0;
  std::int64_t transit_ns_ = 0;
  double jitter_ns_ = 0;
};

}  // namespace wireproof::load
