// Capture files made of frames, as byte strings: write them with base/atomic_file.h, so that a file
// that exists is whole. Nanosecond resolution throughout. Plain values and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "packet/packet.h"

namespace wireproof::capture {

// Classic pcap with nanoseconds (magic 0xa1b23c4d): one link type, no comments.
std::string pcap_bytes(std::span<const packet::Frame> frames, packet::LinkType link,
                       std::uint32_t snap_length = 262144);

// pcapng (draft-ietf-opsawg-pcapng): what the report links to.
struct PcapngInterface {
  std::string name;         // "lo", "client veth"
  std::string description;  // or empty
  packet::LinkType link = packet::LinkType::ethernet;
  std::uint32_t snap_length = 262144;
  // For its statistics block; where nobody knows them (a file made of another), none is written.
  struct Counts {
    std::uint64_t received = 0, dropped_by_interface = 0, dropped_by_kernel = 0, delivered = 0;
  };
  std::optional<Counts> counts;
};
struct PcapngPacket {
  packet::Frame frame;
  std::uint32_t interface = 0;        // place in the list of interfaces, from 0
  std::vector<std::string> comments;  // UTF-8; Wireshark shows them with the packet
};
struct PcapngFile {
  std::string application = "wireproof";
  std::string comment;  // of the whole file, or empty
  std::vector<PcapngInterface> interfaces;
  std::vector<PcapngPacket> packets;
};
std::string pcapng_bytes(const PcapngFile& file);
// The same in pieces, for files written as they are read: the head with its interfaces, then
// packets.
std::string pcapng_head(const PcapngFile& file);
std::string pcapng_packet(const PcapngPacket& packet);

}  // namespace wireproof::capture
