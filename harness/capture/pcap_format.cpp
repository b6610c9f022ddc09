#include "capture/pcap_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "packet/bytes.h"

namespace wireproof::capture {
namespace {

template <typename Number>
Number load(const std::uint8_t* at, bool swap) {
  Number value;
  std::memcpy(&value, at, sizeof value);
  return swap ? packet::swapped(value) : value;
}

}  // namespace

std::optional<PcapHeader> PcapHeader::read(std::span<const std::uint8_t> head) {
  if (head.size() < 4) return std::nullopt;
  PcapHeader header;
  const auto magic = load<std::uint32_t>(head.data(), false);
  const auto is = [&](std::uint32_t wanted) {
    header.swapped = magic == packet::swapped(wanted);
    return magic == wanted || header.swapped;
  };
  if (is(0xA1B23C4D)) {
    header.nanoseconds = true;
  } else if (is(0xA1B2CD34)) {
    header.record_head = 24;
  } else if (!is(0xA1B2C3D4)) {
    return std::nullopt;
  }
  if (head.size() < Format::kHeadSize) return header;
  header.minor = load<std::uint16_t>(head.data() + 6, header.swapped);
  header.interface.snap_length = load<std::uint32_t>(head.data() + 16, header.swapped);
  // The upper half says how long a frame check sequence is, which no length below counts.
  header.interface.link_number =
      static_cast<std::uint16_t>(load<std::uint32_t>(head.data() + 20, header.swapped) & 0xFFFF);
  const auto link = link_type(header.interface.link_number);
  header.interface.supported = link.has_value();
  header.interface.link =
      link.value_or(static_cast<packet::LinkType>(header.interface.link_number));
  return header;
}

PcapFormat::PcapFormat(const PcapHeader& header)
    : header_(header), longest_(std::max(kLongestFrame, header.interface.snap_length)) {
  // A snap length that no frame can have is a lie, or means: no limit.
  if (header.interface.snap_length > (16u << 20)) longest_ = kLongestFrame;
  notes_.format = "pcap";
  notes_.interfaces.push_back(header.interface);
}

FormatStep PcapFormat::parse(std::span<const std::uint8_t> bytes,
                             std::vector<packet::Frame>& frames) {
  std::size_t before = 0;
  if (!head_done_) {
    if (bytes.size() < kHeadSize) return {0, kHeadSize, {}, {}};
    before = kHeadSize;
    head_done_ = true;
  }
  FormatStep step = header_.swapped ? parse_records<true>(bytes.subspan(before), frames)
                                    : parse_records<false>(bytes.subspan(before), frames);
  step.taken += before;
  notes_.interfaces[0].packets = packets_;
  return step;
}

template <bool swapped>
FormatStep PcapFormat::parse_records(std::span<const std::uint8_t> bytes,
                                     std::vector<packet::Frame>& frames) {
  const std::size_t head = header_.record_head;
  const std::int64_t unit_ns = header_.nanoseconds ? 1 : 1000;
  const std::uint8_t* at = bytes.data();
  const std::uint8_t* const end = at + bytes.size();
  const auto taken = [&] { return static_cast<std::size_t>(at - bytes.data()); };
  for (;;) {
    if (static_cast<std::size_t>(end - at) < head) return {taken(), head, {}, {}};
    const auto seconds = load<std::uint32_t>(at, swapped);
    const auto fraction = load<std::uint32_t>(at + 4, swapped);
    auto captured = load<std::uint32_t>(at + 8, swapped);
    auto original = load<std::uint32_t>(at + 12, swapped);
    // Before version 2.3 the lengths stood the other way round, in 2.3 either way.
    if (header_.minor < 3 || (header_.minor == 3 && captured > original)) {
      std::swap(captured, original);
    }
    if (captured > longest_) {
      return {taken(), 0,
              fmt::format("packet {} claims {} captured bytes, more than any frame has",
                          packets_ + 1, captured),
              "the file is damaged from there on"};
    }
    if (static_cast<std::size_t>(end - at) - head < captured) {
      return {taken(), head + captured, {}, {}};
    }
    packet::Frame& frame = frames.emplace_back();
    frame.number = ++packets_;
    frame.time_ns = std::int64_t{seconds} * 1'000'000'000 + std::int64_t{fraction} * unit_ns;
    frame.link = header_.interface.link;
    frame.wire_length = original;
    frame.bytes = {at + head, captured};
    at += head + captured;
  }
}

std::string PcapFormat::unfinished(std::size_t left, std::size_t needed) const {
  if (left < header_.record_head) {
    return fmt::format("the file ends within the head of packet {}", packets_ + 1);
  }
  return fmt::format("the file ends in the middle of packet {}: {} of {} bytes are there",
                     packets_ + 1, left - header_.record_head, needed - header_.record_head);
}

}  // namespace wireproof::capture
