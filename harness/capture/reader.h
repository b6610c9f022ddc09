// Capture files read in blocks of frames: pcap in both byte orders and resolutions, pcapng, either
// compressed, from a file, standard input, or a file that grows. A block owns the memory its frames
// point into and is filled again and again, so that reading allocates nothing as it goes and a
// block can be judged by one thread while the next is filled by another.
//
// Damage is ordinary: the frames before it are delivered, and damage() says what and where.
// Thread rule: a Reader belongs to one thread, a FrameBlock to whoever has it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "capture/format.h"
#include "capture/source.h"

namespace wireproof::capture {

struct FrameBlock {
  std::vector<packet::Frame> frames;
  std::size_t size = 0;  // bytes of `memory` in use
  std::size_t capacity = 0;
  std::unique_ptr<std::uint8_t[]> memory;  // what the frames point into

  void reserve(std::size_t bytes);  // keeps what is in use; frames are lost
};

class Reader {
 public:
  static constexpr std::size_t kBlockBytes = 256u << 10;

  static tl::expected<Reader, FileError> open(const std::filesystem::path& file,
                                              const SourceOptions& options = {});
  Reader(Reader&&) noexcept = default;

  // Fills `block` anew. False: there are no more frames. A source that is waited on delivers what
  // is there rather than fill the block, and with SourceOptions::tell_quiet an empty block where
  // nothing comes for a while.
  bool read(FrameBlock& block);

  const FileNotes& notes() const { return format_->notes(); }
  // Why reading ended early, once it has.
  const std::optional<FileError>& damage() const { return damage_; }
  bool stopped() const { return stopped_; }
  std::uint64_t position() const { return source_->position(); }
  std::optional<std::uint64_t> size() const { return source_->size(); }
  std::string_view compression() const { return source_->compression(); }
  const std::string& file() const { return file_; }
  void set_hook(Format::BlockHook hook) { format_->set_hook(std::move(hook)); }

 private:
  Reader(std::string file, std::unique_ptr<Source> source)
      : file_(std::move(file)), source_(std::move(source)) {}
  std::optional<FileError> begin();
  // Reads on into the block; false: nothing more came.
  bool fill(FrameBlock& block, Wait wait);
  void parse(FrameBlock& block);
  void end_of_file(std::size_t left);
  void fail(std::string what, std::string hint);

  std::string file_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<Format> format_;
  std::vector<std::uint8_t> carried_;  // the beginning of a record whose end is yet to come
  std::uint64_t taken_ = 0;            // bytes of the (decompressed) file parsed
  std::size_t skip_ = 0, needed_ = 0;
  bool ended_ = false, stopped_ = false, source_failed_ = false;
  std::optional<FileError> damage_;
};

}  // namespace wireproof::capture
