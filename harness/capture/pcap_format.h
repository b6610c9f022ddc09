// The classic pcap file: a header of 24 bytes, then a record a packet.
//
//   magic | version 2.4 | zone, accuracy | snap length | link type
//   seconds | micro- or nanoseconds | captured length | original length | bytes     (each packet)
//
// The magic tells byte order, resolution, and whether a record's head is longer (a patched libpcap
// of old, whose eight bytes more name the interface). Thread rule: as Format.
#pragma once

#include "capture/format.h"

namespace wireproof::capture {

struct PcapHeader {
  FileInterface interface;
  bool swapped = false, nanoseconds = false;
  std::uint16_t minor = 4;
  std::size_t record_head = 16;
  // nullopt: no such magic. Of a head that is cut short, only the magic is read.
  static std::optional<PcapHeader> read(std::span<const std::uint8_t> head);
};

class PcapFormat final : public Format {
 public:
  explicit PcapFormat(const PcapHeader& header);
  FormatStep parse(std::span<const std::uint8_t> bytes,
                   std::vector<packet::Frame>& frames) override;
  std::string unfinished(std::size_t left, std::size_t needed) const override;

 private:
  template <bool swapped>
  FormatStep parse_records(std::span<const std::uint8_t> bytes, std::vector<packet::Frame>& frames);

  PcapHeader header_;
  std::uint32_t longest_;
  bool head_done_ = false;
};

}  // namespace wireproof::capture
