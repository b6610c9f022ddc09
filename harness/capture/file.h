// Capture files (pcap in both byte orders and resolutions, pcapng) read through libpcap. A file
// that is no capture, or is damaged, is ordinary: an error value that names it.
// Thread rule: one thread a reader.
#pragma once

#include <pcap/pcap.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "capture/arena.h"
#include "packet/packet.h"

namespace wireproof::capture {

struct FileError {
  std::string file;
  std::string what;          // "truncated dump file; tried to read 16 header bytes, only got 9"
  std::string hint;          // what a person can do, or empty
  std::string text() const;  // all of it in one line
};

class FileReader {
 public:
  static tl::expected<FileReader, FileError> open(const std::filesystem::path& file);

  // The next frame, in memory that is good until the next call; nullopt at the end of the file.
  // After an error there are no more frames.
  tl::expected<std::optional<packet::Frame>, FileError> next();

  packet::LinkType link() const { return link_; }
  std::uint32_t snap_length() const;

 private:
  struct Close {
    void operator()(pcap_t* handle) const { pcap_close(handle); }
  };
  FileReader(std::string file, pcap_t* handle, packet::LinkType link)
      : file_(std::move(file)), handle_(handle), link_(link) {}

  std::string file_;
  std::unique_ptr<pcap_t, Close> handle_;
  packet::LinkType link_;
  std::uint64_t count_ = 0;
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
