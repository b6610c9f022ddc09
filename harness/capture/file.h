// Capture files frame by frame, and whole ones in memory: for what is small. (What judges large
// ones takes them in blocks: capture/reader.h.) A file that is no capture, or is damaged, is
// ordinary: an error value that names it.
// Thread rule: one thread a reader.
#pragma once

#include <filesystem>
#include <optional>
#include <tl/expected.hpp>
#include <vector>

#include "capture/arena.h"
#include "capture/reader.h"
#include "packet/packet.h"

namespace wireproof::capture {

class FileReader {
 public:
  static tl::expected<FileReader, FileError> open(const std::filesystem::path& file);

  // The next frame, in memory that is good until the next call; nullopt at the end of the file.
  // After an error there are no more frames.
  tl::expected<std::optional<packet::Frame>, FileError> next();

  // Of the first interface; frames name their own.
  packet::LinkType link() const;
  std::uint32_t snap_length() const;

 private:
  explicit FileReader(Reader reader) : reader_(std::move(reader)) {}

  Reader reader_;
  FrameBlock block_;
  std::size_t next_ = 0;
  bool told_ = false;
};

// A whole file in memory. Frames point into `memory`.
struct FileContent {
  packet::LinkType link = packet::LinkType::ethernet;
  std::uint32_t snap_length = 0;
  std::vector<packet::Frame> frames;
  Arena memory;
  std::optional<FileError> damage;  // where reading stopped early; the frames before it are here
};
tl::expected<FileContent, FileError> read_file(const std::filesystem::path& file);

}  // namespace wireproof::capture
