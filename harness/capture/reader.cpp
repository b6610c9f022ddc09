#include "capture/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace wireproof::capture {

void FrameBlock::reserve(std::size_t bytes) {
  frames.clear();
  if (bytes <= capacity) return;
  auto larger = std::make_unique_for_overwrite<std::uint8_t[]>(bytes);
  std::copy_n(memory.get(), size, larger.get());
  memory = std::move(larger);
  capacity = bytes;
}

tl::expected<Reader, FileError> Reader::open(const std::filesystem::path& file,
                                             const SourceOptions& options) {
  auto source = open_source(file, options);
  if (!source) return tl::unexpected(std::move(source.error()));
  Reader reader(file == "-" ? "standard input" : file.string(), *std::move(source));
  if (auto error = reader.begin()) return tl::unexpected(*std::move(error));
  return reader;
}

std::optional<FileError> Reader::begin() {
  carried_.resize(Format::kHeadSize);
  std::size_t size = 0;
  while (size < carried_.size()) {
    const Source::Result got = source_->read(std::span(carried_).subspan(size), Wait::yes);
    if (got.got == Source::Got::damaged) return FileError{file_, source_->problem(), {}};
    if (got.got == Source::Got::nothing_yet) continue;
    if (got.got != Source::Got::bytes) break;
    size += got.size;
  }
  carried_.resize(size);
  Format::Refusal refusal;
  format_ = Format::detect(carried_, refusal);
  if (format_ == nullptr) return FileError{file_, std::move(refusal.what), std::move(refusal.hint)};
  return std::nullopt;
}

void Reader::fail(std::string what, std::string hint) {
  const std::string_view bytes = source_->compression().empty() ? "byte" : "decompressed byte";
  damage_ = FileError{
      file_, fmt::format("after packet {}, at {} {}: {}", format_->packets(), bytes, taken_, what),
      std::move(hint)};
  ended_ = true;
}

void Reader::end_of_file(std::size_t left) {
  ended_ = true;
  if (stopped_ || (left == 0 && skip_ == 0)) return;
  fail(skip_ > 0 ? "the file ends in the middle of a block" : format_->unfinished(left, needed_),
       "was it cut, or is it still being written?");
}

bool Reader::fill(FrameBlock& block, Wait wait) {
  const std::span<std::uint8_t> room(block.memory.get() + block.size, block.capacity - block.size);
  const Source::Result got = source_->read(room, wait);
  source_failed_ = got.got == Source::Got::damaged;
  switch (got.got) {
    case Source::Got::bytes:
      block.size += got.size;
      return true;
    case Source::Got::nothing_yet:
      return false;
    case Source::Got::stopped:
      stopped_ = true;
      ended_ = true;
      return false;
    case Source::Got::damaged:
    case Source::Got::end:
      ended_ = true;
      return false;
  }
  return false;
}

void Reader::parse(FrameBlock& block) {
  const FormatStep step = format_->parse({block.memory.get(), block.size}, block.frames);
  const std::size_t taken = std::min(step.taken, block.size);
  skip_ = step.taken - taken;
  taken_ += taken;
  needed_ = step.needed;
  carried_.assign(block.memory.get() + taken, block.memory.get() + block.size);
  if (!step.damage.empty()) fail(step.damage, step.hint);
}

bool Reader::read(FrameBlock& block) {
  block.size = 0;
  block.frames.clear();
  while (!ended_) {
    // What is carried comes first, and there must be room for the record it begins.
    block.reserve(std::max({kBlockBytes, needed_, carried_.size() + Format::kHeadSize}));
    std::copy(carried_.begin(), carried_.end(), block.memory.get());
    block.size = carried_.size();
    bool whole = false;  // the block is full, or nothing more is there now
    bool waited = false;
    while (!whole && !ended_ && block.size < block.capacity) {
      const bool enough = block.size > 0 && block.size >= needed_ && skip_ == 0;
      waited = !enough;
      whole = !fill(block, enough ? Wait::no : Wait::yes);
      if (skip_ > 0) {
        const std::size_t skipped = std::min(skip_, block.size);
        skip_ -= skipped;
        taken_ += skipped;
        std::memmove(block.memory.get(), block.memory.get() + skipped, block.size - skipped);
        block.size -= skipped;
      }
    }
    parse(block);
    if (ended_ && !damage_) {
      source_failed_ ? fail(source_->problem(), "") : end_of_file(carried_.size());
    }
    const bool quiet = whole && waited && !ended_;  // waited for more, and none came
    if (!block.frames.empty() || quiet) return true;
  }
  return false;
}

}  // namespace wireproof::capture
