// The numbers of the connections that are open, by their order with one worker. Orders come one
// after the other, and end in any order: so a look-up is by place, in chunks of which one goes as
// soon as all of it has ended. A connection that lasts keeps its own chunk alone.
// Thread rule: one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

namespace wireproof::check {

class OpenConnections {
 public:
  // Of the next order, from 1. `index` is not 0.
  void begin(std::uint64_t index) {
    const std::uint64_t at = begun_++;
    if (at / kChunk - gone_ == chunks_.size()) chunks_.push_back(std::make_unique<Chunk>());
    Chunk& chunk = *chunks_.back();
    chunk.indices[at % kChunk] = index;
    ++chunk.open;
  }
  // 0: it is not open.
  std::uint64_t index_of(std::uint64_t order) const {
    const Chunk* const chunk = chunk_of(order);
    return chunk == nullptr ? 0 : chunk->indices[(order - 1) % kChunk];
  }
  void end(std::uint64_t order) {  // again: nothing
    Chunk* const chunk = chunk_of(order);
    if (chunk == nullptr || chunk->indices[(order - 1) % kChunk] == 0) return;
    chunk->indices[(order - 1) % kChunk] = 0;
    const bool full = begun_ / kChunk > (order - 1) / kChunk;
    if (--chunk->open != 0 || !full) return;
    chunks_[(order - 1) / kChunk - gone_].reset();
    for (; !chunks_.empty() && chunks_.front() == nullptr; ++gone_) chunks_.pop_front();
  }
  std::size_t chunks() const {  // in memory
    std::size_t count = 0;
    for (const auto& chunk : chunks_) count += chunk != nullptr ? 1 : 0;
    return count;
  }

  static constexpr std::size_t kChunk = 256;

 private:
  struct Chunk {
    std::array<std::uint64_t, kChunk> indices{};
    std::size_t open = 0;
  };
  Chunk* chunk_of(std::uint64_t order) const {
    if (order == 0 || order > begun_ || (order - 1) / kChunk < gone_) return nullptr;
    return chunks_[(order - 1) / kChunk - gone_].get();
  }

  std::deque<std::unique_ptr<Chunk>> chunks_;  // null: all of it has ended
  std::uint64_t gone_ = 0;                     // chunks before the first of `chunks_`
  std::uint64_t begun_ = 0;
};

}  // namespace wireproof::check
