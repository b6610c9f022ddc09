#include "capture/format.h"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include "capture/pcap_format.h"
#include "capture/pcapng_format.h"

namespace wireproof::capture {

using packet::LinkType;

std::uint64_t FileInterface::dropped() const {
  const std::uint64_t counted = dropped_by_interface.value_or(0) + dropped_by_kernel.value_or(0);
  return counted > dropped_before_packets ? counted : dropped_before_packets;
}

std::optional<LinkType> link_type(std::uint16_t number) {
  switch (number) {
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

std::string link_number_name(std::uint16_t number) {
  const char* name = ::pcap_datalink_val_to_name(number);
  return name == nullptr ? fmt::format("{}", number) : fmt::format("{} ({})", number, name);
}

std::unique_ptr<Format> Format::detect(std::span<const std::uint8_t> head, Refusal& refusal) {
  if (head.empty()) {
    refusal = {"the file is empty", "did the capture run, and was it ended?"};
    return nullptr;
  }
  if (is_pcapng(head)) return std::make_unique<PcapngFormat>();
  if (const auto header = PcapHeader::read(head)) {
    if (head.size() < kHeadSize) {
      refusal = {fmt::format("the file ends within its header, after {} bytes of {}", head.size(),
                             kHeadSize),
                 "was the capture ended?"};
      return nullptr;
    }
    if (!header->interface.supported) {
      refusal = {fmt::format("link type {} is not supported",
                             link_number_name(header->interface.link_number)),
                 "Ethernet, Linux cooked, NULL, LOOP, raw IP and PPP are"};
      return nullptr;
    }
    return std::make_unique<PcapFormat>(*header);
  }
  refusal = {"no capture file: it begins like neither pcap nor pcapng",
             "convert it with `tshark -r FILE -w FILE.pcapng`"};
  return nullptr;
}

}  // namespace wireproof::capture
