// The records of capture files, taken from bytes: pcap and pcapng. A Format is fed the file from
// its beginning in pieces of any size that begin where the last one's records ended; what it
// returns points into them. Damage is a value that says where; what came before it is good.
// Thread rule: one thread a format.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "packet/packet.h"

namespace wireproof::capture {

// Where frames were captured, as the file says it. A pcap file has one of it without a name.
struct FileInterface {
  std::string name, description, filter, os;
  std::uint16_t link_number = 0;  // as the file has it
  packet::LinkType link = packet::LinkType::ethernet;
  bool supported = false;         // its frames can be decoded
  std::uint32_t snap_length = 0;  // 0: no limit
  std::uint64_t packets = 0;
  // What the capturing program counted, where the file says it: the last word counts.
  std::optional<std::uint64_t> received, dropped_by_interface, dropped_by_kernel;
  std::uint64_t dropped_before_packets = 0;  // as single packets say
  std::uint64_t dropped() const;
};

struct FileNotes {
  std::string format;                     // "pcap", "pcapng"
  std::vector<FileInterface> interfaces;  // of all sections, in order
  std::vector<std::string> comments;      // of sections and interfaces; the first few
  std::string application, os;
  std::uint64_t packet_comments = 0, skipped_blocks = 0, sections = 0;
};

struct FormatStep {
  std::size_t taken = 0;     // bytes done with; more than there were: skip the rest as it comes
  std::size_t needed = 0;    // what follows needs at least so many bytes, to be parsed at all
  std::string damage, hint;  // empty, or why nothing after `taken` can be read
};

class Format {
 public:
  // One block of pcapng as it stands in the file, and the number of its packet, or 0.
  using BlockHook =
      std::function<void(std::span<const std::uint8_t> block, std::uint64_t packet, bool swapped)>;

  // Told from the first bytes; fewer than kHeadSize only where the file has no more.
  static constexpr std::size_t kHeadSize = 24;
  struct Refusal {
    std::string what, hint;
  };
  static std::unique_ptr<Format> detect(std::span<const std::uint8_t> head, Refusal& refusal);

  virtual ~Format() = default;
  // Appends the frames found, numbered on from the last.
  virtual FormatStep parse(std::span<const std::uint8_t> bytes,
                           std::vector<packet::Frame>& frames) = 0;
  // The words for a file that ends with `left` bytes of an unfinished record.
  virtual std::string unfinished(std::size_t left, std::size_t needed) const = 0;
  virtual void set_hook(BlockHook) {}

  const FileNotes& notes() const { return notes_; }
  std::uint64_t packets() const { return packets_; }

 protected:
  FileNotes notes_;
  std::uint64_t packets_ = 0;
};

// The link type of a number in a capture file, where it can be decoded. Raw IP has several numbers
// by system (12, 14, 101), PPP two.
std::optional<packet::LinkType> link_type(std::uint16_t number);
// "ETHERNET", as libpcap calls it; its number where it has no name.
std::string link_number_name(std::uint16_t number);

// The longest frame that a record may claim: longer ones are damage, not packets.
inline constexpr std::uint32_t kLongestFrame = 256u << 10;

}  // namespace wireproof::capture
