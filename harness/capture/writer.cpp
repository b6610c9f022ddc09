#include "capture/writer.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace wireproof::capture {
namespace {

using packet::Frame;

// Both formats are in the byte order of who writes them.
template <typename Number>
void append(std::string& out, Number number) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  out.append(bytes, sizeof number);
}

void append_bytes(std::string& out, std::span<const std::uint8_t> bytes) {
  out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::uint32_t wire_length(const Frame& frame) {
  return std::max(frame.wire_length, static_cast<std::uint32_t>(frame.bytes.size()));
}

void pad(std::string& out) { out.resize((out.size() + 3) / 4 * 4); }

// Option: code, length, value padded to 32 bits. Longer than 16 bits can say is cut short.
void append_option(std::string& out, std::uint16_t code, std::string_view value) {
  value = value.substr(0, 0xFFFF);
  append(out, code);
  append(out, static_cast<std::uint16_t>(value.size()));
  out += value;
  pad(out);
}

template <typename Number>
void append_number_option(std::string& out, std::uint16_t code, Number number) {
  std::string value;
  append(value, number);
  append_option(out, code, value);
}

// Of a time stamp in 64 bits, the upper 32 come first.
void append_time(std::string& out, std::int64_t time_ns) {
  const auto time = static_cast<std::uint64_t>(time_ns);
  append(out, static_cast<std::uint32_t>(time >> 32));
  append(out, static_cast<std::uint32_t>(time));
}

void append_time_option(std::string& out, std::uint16_t code, std::int64_t time_ns) {
  std::string value;
  append_time(value, time_ns);
  append_option(out, code, value);
}

constexpr std::uint16_t kEndOfOptions = 0, kComment = 1;

// Every block: type, total length, body, total length again.
void append_block(std::string& out, std::uint32_t type, std::string_view body) {
  const auto total = static_cast<std::uint32_t>(body.size() + 12);
  append(out, type);
  append(out, total);
  out += body;
  append(out, total);
}

// Section header: byte-order magic, version 1.0, section length (unknown), options.
void append_section(std::string& out, const PcapngFile& file) {
  constexpr std::uint16_t application = 4;
  std::string body;
  append(body, std::uint32_t{0x1A2B3C4D});
  append(body, std::uint16_t{1});
  append(body, std::uint16_t{0});
  append(body, std::int64_t{-1});
  if (!file.comment.empty()) append_option(body, kComment, file.comment);
  append_option(body, application, file.application);
  append_option(body, kEndOfOptions, {});
  append_block(out, 0x0A0D0D0A, body);
}

// Interface description: link type, reserved, snap length, options; tsresol 9: nanoseconds.
void append_interface(std::string& out, const PcapngInterface& interface) {
  constexpr std::uint16_t name = 2, description = 3, resolution = 9;
  std::string body;
  append(body, static_cast<std::uint16_t>(interface.link));
  append(body, std::uint16_t{0});
  append(body, interface.snap_length);
  if (!interface.name.empty()) append_option(body, name, interface.name);
  if (!interface.description.empty()) append_option(body, description, interface.description);
  append_option(body, resolution, "\x09");
  append_option(body, kEndOfOptions, {});
  append_block(out, 1, body);
}

// Enhanced packet: interface, time, captured and original length, the bytes padded, options.
void append_packet(std::string& out, const PcapngPacket& packet) {
  std::string body;
  append(body, packet.interface);
  append_time(body, packet.frame.time_ns);
  append(body, static_cast<std::uint32_t>(packet.frame.bytes.size()));
  append(body, wire_length(packet.frame));
  append_bytes(body, packet.frame.bytes);
  pad(body);
  for (const std::string& comment : packet.comments) append_option(body, kComment, comment);
  if (!packet.comments.empty()) append_option(body, kEndOfOptions, {});
  append_block(out, 6, body);
}

// Interface statistics: interface, time, options.
void append_statistics(std::string& out, std::uint32_t index, const PcapngInterface::Counts& counts,
                       std::int64_t start_ns, std::int64_t end_ns) {
  constexpr std::uint16_t start = 2, end = 3, received = 4, interface_drops = 5, os_drops = 7,
                          delivered = 8;
  std::string body;
  append(body, index);
  append_time(body, end_ns);
  append_time_option(body, start, start_ns);
  append_time_option(body, end, end_ns);
  append_number_option(body, received, counts.received);
  append_number_option(body, interface_drops, counts.dropped_by_interface);
  append_number_option(body, os_drops, counts.dropped_by_kernel);
  append_number_option(body, delivered, counts.delivered);
  append_option(body, kEndOfOptions, {});
  append_block(out, 5, body);
}

}  // namespace

// magic | version 2.4 | zone, accuracy | snap length | link type; then a packet:
// seconds | nanoseconds | captured | original length | bytes
std::string pcap_bytes(std::span<const Frame> frames, packet::LinkType link,
                       std::uint32_t snap_length) {
  constexpr std::int64_t second = 1'000'000'000;
  std::string out;
  append(out, std::uint32_t{0xA1B23C4D});
  append(out, std::uint16_t{2});
  append(out, std::uint16_t{4});
  append(out, std::uint64_t{0});
  append(out, snap_length);
  append(out, static_cast<std::uint32_t>(link));
  for (const Frame& frame : frames) {
    append(out, static_cast<std::uint32_t>(frame.time_ns / second));
    append(out, static_cast<std::uint32_t>(frame.time_ns % second));
    append(out, static_cast<std::uint32_t>(frame.bytes.size()));
    append(out, wire_length(frame));
    append_bytes(out, frame.bytes);
  }
  return out;
}

std::string pcapng_head(const PcapngFile& file) {
  std::string out;
  append_section(out, file);
  for (const PcapngInterface& interface : file.interfaces) append_interface(out, interface);
  return out;
}

std::string pcapng_packet(const PcapngPacket& packet) {
  std::string out;
  append_packet(out, packet);
  return out;
}

std::string pcapng_bytes(const PcapngFile& file) {
  std::string out = pcapng_head(file);
  for (const PcapngPacket& packet : file.packets) append_packet(out, packet);
  std::int64_t start = 0, end = 0;
  for (const PcapngPacket& packet : file.packets) {
    start = start == 0 ? packet.frame.time_ns : std::min(start, packet.frame.time_ns);
    end = std::max(end, packet.frame.time_ns);
  }
  for (std::uint32_t i = 0; i < file.interfaces.size(); ++i) {
    const auto& counts = file.interfaces[i].counts;
    if (counts) append_statistics(out, i, *counts, start, end);
  }
  return out;
}

}  // namespace wireproof::capture
