#include "capture/file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace wireproof::capture {
namespace {

using packet::LinkType;

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

// Of DLT numbers, which differ by system for raw IP (12 on Linux, 14 on OpenBSD).
std::optional<LinkType> link_type(int dlt) {
  switch (dlt) {
    case 0:
      return LinkType::null;
    case 1:
      return LinkType::ethernet;
    case 9:
    case 50:
      return LinkType::ppp;  // 50: PPP in HDLC framing, told by its first two bytes
    case 12:
    case 14:
    case 101:
      return LinkType::raw;
    case 108:
      return LinkType::loop;
    case 113:
      return LinkType::cooked_v1;
    case 228:
      return LinkType::ipv4;
    case 229:
      return LinkType::ipv6;
    case 276:
      return LinkType::cooked_v2;
    default:
      return std::nullopt;
  }
}

std::string_view hint_for(std::string_view message) {
  if (message.find("unknown file format") != message.npos ||
      message.find("bad dump file format") != message.npos) {
    return "only pcap and pcapng are read: convert it with `tshark -r FILE -w FILE.pcapng`";
  }
  if (message.find("truncated") != message.npos) {
    return "the file ends in the middle of a packet, perhaps still being written";
  }
  if (message.find("different from") != message.npos) {
    return "interfaces of several link types in one file: split it with editcap or tshark";
  }
  return "";
}

}  // namespace

std::string FileError::text() const {
  std::string all = file + ": " + what;
  if (!hint.empty()) all += " (" + hint + ")";
  return all;
}

tl::expected<FileReader, FileError> FileReader::open(const std::filesystem::path& file) {
  const std::string name = file.string();
  const auto refuse = [&](std::string what, std::string_view hint) {
    return tl::unexpected(FileError{name, std::move(what), std::string(hint)});
  };
  FILE* stream = name == "-" ? stdin : std::fopen(name.c_str(), "rbe");
  if (stream == nullptr) {
    const int error = errno;
    return refuse(std::strerror(error), error == ENOENT   ? "is the name right?"
                                        : error == EACCES ? "it is not readable by you"
                                                          : "");
  }
  char message[PCAP_ERRBUF_SIZE] = {};
  pcap_t* handle =
      pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, message);
  if (handle == nullptr) {
    if (stream != stdin) std::fclose(stream);
    return refuse(message, hint_for(message));
  }
  const int dlt = pcap_datalink(handle);
  const auto link = link_type(dlt);
  if (!link) {
    const char* dlt_name = pcap_datalink_val_to_name(dlt);
    pcap_close(handle);
    return refuse(fmt::format("link type {} ({}) is not supported", dlt,
                              dlt_name == nullptr ? "unknown" : dlt_name),
                  "Ethernet, Linux cooked, NULL, LOOP, raw IP and PPP are");
  }
  return FileReader(name, handle, *link);
}

tl::expected<std::optional<packet::Frame>, FileError> FileReader::next() {
  if (handle_ == nullptr) return std::nullopt;
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  const int result = pcap_next_ex(handle_.get(), &header, &bytes);
  if (result == 1) {
    packet::Frame frame;
    frame.number = ++count_;
    frame.time_ns = header->ts.tv_sec * kNanosecondsPerSecond + header->ts.tv_usec;  // nanoseconds
    frame.link = link_;
    frame.wire_length = header->len;
    frame.bytes = {bytes, header->caplen};
    return frame;
  }
  std::optional<FileError> error;
  if (result != PCAP_ERROR_BREAK) {  // that is the end of the file
    const std::string message = pcap_geterr(handle_.get());
    error = FileError{file_, fmt::format("after packet {}: {}", count_, message),
                      std::string(hint_for(message))};
  }
  handle_.reset();
  if (error) return tl::unexpected(*std::move(error));
  return std::nullopt;
}

std::uint32_t FileReader::snap_length() const {
  return handle_ == nullptr ? 0 : static_cast<std::uint32_t>(pcap_snapshot(handle_.get()));
}

tl::expected<FileContent, FileError> read_file(const std::filesystem::path& file) {
  auto reader = FileReader::open(file);
  if (!reader) return tl::unexpected(reader.error());
  FileContent content;
  content.link = reader->link();
  content.snap_length = reader->snap_length();
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
  return content;
}

}  // namespace wireproof::capture
