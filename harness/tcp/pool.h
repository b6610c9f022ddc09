// Objects in great numbers, in memory that the processor finds its way about quickly. They are
// visited in no order, so that with ordinary pages it looks up an address at nearly every packet,
// which is a sixth of its whole cost: a pool of many asks for huge pages. One of few takes no more
// than it needs.
// Thread rule: one thread at a time. Lifetime: objects stay where they are until the pool's end.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <memory>
#include <new>
#include <vector>

namespace wireproof::tcp {

// Asks for memory that will be written.
inline void fetch(const void* from, std::size_t bytes) {
  constexpr std::size_t kLine = 64;
  for (std::size_t i = 0; i < bytes; i += kLine) {
    __builtin_prefetch(static_cast<const char*>(from) + i, 1);
  }
}

// Makes objects, so many at a time.
template <typename T>
class Chunks {
 public:
  static constexpr std::size_t kChunk = 64;

  Chunks() = default;
  Chunks(const Chunks&) = delete;
  Chunks& operator=(const Chunks&) = delete;
  ~Chunks() {
    for (T* const chunk : made_) std::destroy_n(chunk, kChunk);
  }

  T* more() {
    constexpr std::size_t kBytes = kChunk * sizeof(T), kHugePage = std::size_t{2} << 20;
    constexpr std::size_t kFewChunks = 4;
    if (left_ < kBytes) {
      const bool few = made_.size() < kFewChunks;
      const std::align_val_t alignment{few ? alignof(T) : kHugePage};
      const std::size_t size = few ? kBytes : 2 * kHugePage;
      blocks_.emplace_back(static_cast<std::byte*>(::operator new(size, alignment)),
                           Release{alignment});
      left_ = size;
      if (!few) ::madvise(blocks_.back().get(), size, MADV_HUGEPAGE);  // refused: slower, no more
    }
    left_ -= kBytes;
    T* const chunk = reinterpret_cast<T*>(blocks_.back().get() + left_);
    std::uninitialized_value_construct_n(chunk, kChunk);
    return made_.emplace_back(chunk);
  }

 private:
  struct Release {
    std::align_val_t alignment{};
    void operator()(std::byte* block) const { ::operator delete(block, alignment); }
  };
  std::vector<std::unique_ptr<std::byte, Release>> blocks_;  // what the objects stand in
  std::size_t left_ = 0;                                     // bytes free of the last block
  std::vector<T*> made_;
};

// Lends them, as their last user left them: the one given back last, which is still in the caches,
// is lent first.
template <typename T>
class Pool {
 public:
  T& lend() {
    if (free_.empty()) {
      T* const chunk = chunks_.more();
      for (std::size_t i = Chunks<T>::kChunk; i > 0; --i) free_.push_back(chunk + i - 1);
    }
    T& lent = *free_.back();
    free_.pop_back();
    return lent;
  }
  void give_back(T& object) { free_.push_back(&object); }
  T* next() const { return free_.empty() ? nullptr : free_.back(); }  // to be lent

 private:
  Chunks<T> chunks_;
  std::vector<T*> free_;
};

}  // namespace wireproof::tcp
