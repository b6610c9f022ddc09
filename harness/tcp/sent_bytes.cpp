#include "tcp/sent_bytes.h"

#include <algorithm>

namespace wireproof::tcp {

void SentBytes::keep(std::int64_t seq, std::span<const std::uint8_t> bytes, std::uint8_t ttl,
                     std::uint32_t ip_id) {
  if (bytes.empty() || bytes.size() > kLimit) return;
  if (total_ != nullptr && *total_ + bytes.size() > most_) return;
  while (first_ < chunks_.size() &&
         (size() + bytes.size() > kLimit || chunks_.size() - first_ >= kMostChunks)) {
    drop_front();
  }
  if (released_ > 65536 && released_ > store_.size() / 2) compact();
  chunks_.push_back({seq, static_cast<std::uint32_t>(bytes.size()), ip_id, store_.size(), ttl});
  store_.insert(store_.end(), bytes.begin(), bytes.end());
  recount();
}

std::optional<SentBytes::Difference> SentBytes::compare(std::int64_t seq,
                                                        std::span<const std::uint8_t> bytes) const {
  const std::int64_t end = seq + static_cast<std::int64_t>(bytes.size());
  std::optional<Difference> first;
  for (std::size_t i = first_; i < chunks_.size(); ++i) {
    const Chunk& chunk = chunks_[i];
    const std::int64_t from = std::max(seq, chunk.seq);
    const std::int64_t to = std::min(end, chunk.seq + chunk.length);
    if (from >= to) continue;
    const auto* kept = store_.data() + chunk.at + (from - chunk.seq);
    const auto* now = bytes.data() + (from - seq);
    const auto length = static_cast<std::size_t>(to - from);
    const auto [a, b] = std::mismatch(kept, kept + length, now);
    if (a == kept + length) continue;
    const std::int64_t offset = from - seq + (a - kept);
    if (!first || offset < first->offset) {
      first = Difference{offset, *a, *b, chunk.ttl, chunk.ip_id};
    }
  }
  return first;
}

std::uint32_t SentBytes::release(std::int64_t acked) {
  std::uint32_t cut = 0;
  while (first_ < chunks_.size()) {
    const Chunk& chunk = chunks_[first_];
    if (chunk.seq + chunk.length > acked) {
      if (chunk.seq < acked) cut = chunk.length;
      break;
    }
    drop_front();
  }
  if (first_ == chunks_.size()) clear();
  recount();
  return cut;
}

void SentBytes::clear() {
  store_.clear();
  chunks_.clear();
  first_ = released_ = 0;
  recount();
}

void SentBytes::free_memory() {
  constexpr std::size_t kLittle = 4096;
  clear();
  if (store_.capacity() > kLittle) store_ = {};
  if (chunks_.capacity() * sizeof(Chunk) > kLittle) chunks_ = {};
}

void SentBytes::recount() {
  if (total_ == nullptr) return;
  *total_ = *total_ - counted_ + size();
  counted_ = size();
}

void SentBytes::drop_front() {
  released_ = chunks_[first_].at + chunks_[first_].length;
  ++first_;
}

void SentBytes::compact() {
  store_.erase(store_.begin(), store_.begin() + static_cast<std::ptrdiff_t>(released_));
  chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(first_));
  for (Chunk& chunk : chunks_) chunk.at -= released_;
  first_ = released_ = 0;
}

SentBytes& SentBytesPool::lend() {
  if (free_.empty()) {
    free_.push_back(all_.emplace_back(std::make_unique<SentBytes>()).get());
    free_.back()->count_in(&kept_, most_);
  }
  SentBytes& lent = *free_.back();
  free_.pop_back();
  return lent;
}

void SentBytesPool::give_back(SentBytes& bytes) {
  bytes.free_memory();
  free_.push_back(&bytes);
}

}  // namespace wireproof::tcp
