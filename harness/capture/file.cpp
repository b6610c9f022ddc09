#include "capture/file.h"

namespace wireproof::capture {

tl::expected<FileReader, FileError> FileReader::open(const std::filesystem::path& file) {
  auto reader = Reader::open(file);
  if (!reader) return tl::unexpected(std::move(reader.error()));
  return FileReader(*std::move(reader));
}

tl::expected<std::optional<packet::Frame>, FileError> FileReader::next() {
  while (next_ == block_.frames.size()) {
    next_ = 0;
    if (reader_.read(block_)) continue;
    block_.frames.clear();
    if (told_ || !reader_.damage()) return std::nullopt;
    told_ = true;
    return tl::unexpected(*reader_.damage());
  }
  return block_.frames[next_++];
}

packet::LinkType FileReader::link() const {
  const auto& interfaces = reader_.notes().interfaces;
  return interfaces.empty() ? packet::LinkType::ethernet : interfaces.front().link;
}

std::uint32_t FileReader::snap_length() const {
  const auto& interfaces = reader_.notes().interfaces;
  return interfaces.empty() ? 0 : interfaces.front().snap_length;
}

tl::expected<FileContent, FileError> read_file(const std::filesystem::path& file) {
  auto reader = FileReader::open(file);
  if (!reader) return tl::unexpected(reader.error());
  FileContent content;
  while (true) {
    const auto frame = reader->next();
    if (!frame) {
      content.damage = frame.error();
      break;
    }
    if (!*frame) break;
    content.frames.push_back(**frame);
    content.frames.back().bytes = content.memory.copy((*frame)->bytes);
  }
  content.link = reader->link();
  content.snap_length = reader->snap_length();
  return content;
}

}  // namespace wireproof::capture
