// A capture written again as pcapng, with comments at its packets: what Wireshark shows as packet
// comments. A pcapng file keeps all its blocks; of a pcap file pcapng is made. Packet blocks of the
// forms that can carry no comment are turned into enhanced ones.
// Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "capture/source.h"

namespace wireproof::capture {

struct AnnotateOptions {
  // The comments of a packet, by its number in the file; UTF-8.
  std::function<std::vector<std::string>(std::uint64_t packet)> comments_of;
  std::function<void(std::string_view bytes)> write;
  std::string application = "wireproof";
};
// nullopt, or why the file could not be read to its end; what came before is written.
std::optional<FileError> annotate(const std::filesystem::path& file,
                                  const AnnotateOptions& options);

}  // namespace wireproof::capture
