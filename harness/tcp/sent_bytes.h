// The bytes one end has sent that the other has not acknowledged yet, kept to compare with what is
// sent again. Bounded: beyond kLimit or kMostChunks the oldest are let go of, and go uncompared; so
// does what is new where all connections together have kept their share.
//
//   store_:  | released | chunk | chunk | chunk |      chunks_ in the order they were first seen
//            0          ^ store_ offset of the first chunk that is still wanted
//
// Thread rule: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace wireproof::tcp {

class SentBytes {
 public:
  static constexpr std::size_t kLimit = std::size_t{4} << 20, kMostChunks = 8192;

  struct Difference {
    std::int64_t offset = 0;  // from the beginning of the segment compared
    std::uint8_t before = 0, now = 0;
    std::uint8_t ttl = 0;  // of the packet that had it before
    std::uint32_t ip_id = 0;
  };

  // From here on what is kept counts in `*total`, which stays below `most`.
  void count_in(std::size_t* total, std::size_t most) {
    total_ = total;
    most_ = most;
  }
  void keep(std::int64_t seq, std::span<const std::uint8_t> bytes, std::uint8_t ttl = 0,
            std::uint32_t ip_id = 0);
  // The first byte of [seq, seq + bytes) that differs from what was kept of it.
  std::optional<Difference> compare(std::int64_t seq, std::span<const std::uint8_t> bytes) const;
  // All below `acked` is wanted no more. Returns the length of the chunk that `acked` cuts in two,
  // or 0 when it is at a chunk's edge.
  std::uint32_t release(std::int64_t acked);
  void clear();
  void free_memory();  // clear, and give back all but a little
  std::size_t size() const { return store_.size() - released_; }

 private:
  struct Chunk {
    std::int64_t seq;
    std::uint32_t length;
    std::uint32_t ip_id;
    std::size_t at;
    std::uint8_t ttl;
  };
  void drop_front();
  void recount();
  void compact();

  std::vector<std::uint8_t> store_;
  std::vector<Chunk> chunks_;
  std::size_t first_ = 0;     // index of the first chunk wanted
  std::size_t released_ = 0;  // bytes at the front of store_ no longer wanted
  std::size_t counted_ = 0;   // in *total_
  std::size_t* total_ = nullptr;
  std::size_t most_ = 0;
};

// Lends to the ends that have something unacknowledged, which at any time are few: the memory that
// was given back last, and is in the processor's caches, is lent first.
class SentBytesPool {
 public:
  explicit SentBytesPool(std::size_t most) : most_(most) {}
  SentBytesPool(const SentBytesPool&) = delete;
  SentBytesPool& operator=(const SentBytesPool&) = delete;
  SentBytes& lend();
  void give_back(SentBytes& bytes);

 private:
  std::size_t kept_ = 0, most_ = 0;  // bytes of all together
  std::vector<std::unique_ptr<SentBytes>> all_;
  std::vector<SentBytes*> free_;
};

}  // namespace wireproof::tcp
