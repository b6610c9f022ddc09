#include "check/split.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "base/error.h"
#include "base/text.h"
#include "capture/reader.h"
#include "capture/writer.h"
#include "packet/decode.h"
#include "packet/tunnel.h"

namespace wireproof::check {
namespace {

constexpr std::size_t kept_bytes = 64u << 10;  // of a part, before they go to its file

std::pair<packet::Endpoint, packet::Endpoint> ends_of(const packet::Endpoint& a,
                                                      const packet::Endpoint& b) {
  return a < b ? std::pair(a, b) : std::pair(b, a);
}

}  // namespace

void Split::want(const report::ConnectionReport& one) {
  if (parts_.size() >= kMostFiles) {
    ++left_out_;
    return;
  }
  const tcp::Connection& connection = one.connection;
  by_ends_[ends_of(connection.ends[0].endpoint, connection.ends[1].endpoint)].push_back(
      parts_.size());
  Part part;
  part.index = connection.index;
  part.first_packet = connection.first_packet;
  part.last_ns = connection.last_time_ns;
  parts_.push_back(std::move(part));
}

// Lives of the same endpoints follow each other: the one that began last before this packet.
Split::Part* Split::part_of(const packet::Packet& packet) {
  const bool quoted = packet.icmp.is_error && packet.icmp.quoted_protocol == packet::Protocol::tcp;
  if (packet.protocol != packet::Protocol::tcp && !quoted) return nullptr;
  const auto found =
      by_ends_.find(quoted ? ends_of(packet.icmp.quoted_source, packet.icmp.quoted_destination)
                           : ends_of(packet.source, packet.destination));
  if (found == by_ends_.end()) return nullptr;
  Part* best = nullptr;
  for (const std::size_t place : found->second) {
    Part& part = parts_[place];
    const bool within =
        packet.frame.number >= part.first_packet && packet.frame.time_ns <= part.last_ns;
    if (within && (best == nullptr || part.first_packet > best->first_packet)) best = &part;
  }
  return best;
}

std::filesystem::path Split::name(const Part& part, bool done) const {
  return folder_ /
         fmt::format("{}connection-{}.pcapng{}", prefix_, part.index, done ? "" : ".part");
}

void Split::flush(Part& part) {
  errno = 0;
  std::ofstream file(name(part, false),
                     std::ios::binary | (part.begun ? std::ios::app : std::ios::trunc));
  file.write(part.bytes.data(), static_cast<std::streamsize>(part.bytes.size()));
  file.close();
  if (!file) throw_errno("write", name(part, false).string());
  part.begun = true;
  part.bytes.clear();
}

void Split::add(Part& part, const packet::Frame& frame, std::vector<std::string> comments) {
  auto link = std::find(part.links.begin(), part.links.end(), frame.link);
  if (link == part.links.end()) {
    // A section of its own for each further link type would number interfaces anew: so its
    // interfaces are those met first.
    capture::PcapngFile head;
    head.interfaces.push_back({"", "", frame.link, 0, std::nullopt});
    const std::string whole = capture::pcapng_head(head);
    const std::string section = capture::pcapng_head(capture::PcapngFile{});
    part.bytes += part.links.empty() ? whole : whole.substr(section.size());
    link = part.links.insert(part.links.end(), frame.link);
  }
  part.bytes += capture::pcapng_packet(
      {frame, static_cast<std::uint32_t>(link - part.links.begin()), std::move(comments)});
  if (part.bytes.size() > kept_bytes) flush(part);
}

std::size_t Split::write(const std::filesystem::path& capture, Comments& comments) {
  comments.rewind();
  if (parts_.empty()) return 0;
  std::error_code problem;
  std::filesystem::create_directories(folder_, problem);
  if (problem) throw SystemError("make the folder", folder_.string(), problem.value());
  auto reader = capture::Reader::open(capture);
  if (!reader) return 0;
  capture::FrameBlock block;
  while (reader->read(block)) {
    for (const packet::Frame& frame : block.frames) {
      packet::Packet packet = packet::decode(frame, false);
      for (int depth = 0; decapsulate_ && depth < 8; ++depth) {
        const auto inner = packet::inner_frame(packet);
        if (!inner) break;
        packet = packet::decode(*inner, false);
      }
      if (Part* const part = part_of(packet)) add(*part, frame, comments.take(frame.number));
    }
  }
  for (Part& part : parts_) {
    flush(part);
    std::filesystem::rename(name(part, false), name(part, true), problem);
    if (problem) throw SystemError("write", name(part, true).string(), problem.value());
  }
  return parts_.size();
}

}  // namespace wireproof::check
