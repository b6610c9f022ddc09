#include "capture/annotate.h"

#include <cstring>

#include "capture/reader.h"
#include "capture/writer.h"
#include "packet/bytes.h"

namespace wireproof::capture {
namespace {

using Bytes = std::span<const std::uint8_t>;
using Comments = std::vector<std::string>;

constexpr std::uint32_t obsolete_packet = 2, simple_packet = 3, enhanced_packet = 6;
constexpr std::size_t head = 8, tail = 4;  // of a block: type, length; length

std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Numbers in the byte order of the section that the block stands in.
class Order {
 public:
  explicit Order(bool swapped) : swapped_(swapped) {}
  std::uint32_t u32(const std::uint8_t* at) const { return load<std::uint32_t>(at); }
  std::uint16_t u16(const std::uint8_t* at) const { return load<std::uint16_t>(at); }
  template <typename Number>
  void append(std::string& out, Number number) const {
    if (swapped_) number = packet::swapped(number);
    char bytes[sizeof number];
    std::memcpy(bytes, &number, sizeof number);
    out.append(bytes, sizeof number);
  }
  void append_comment(std::string& out, std::string_view comment) const {
    comment = comment.substr(0, 0xFFFF);
    append(out, std::uint16_t{1});
    append(out, static_cast<std::uint16_t>(comment.size()));
    out += comment;
    out.resize((out.size() + 3) / 4 * 4);
  }

 private:
  template <typename Number>
  Number load(const std::uint8_t* at) const {
    Number number;
    std::memcpy(&number, at, sizeof number);
    return swapped_ ? packet::swapped(number) : number;
  }
  bool swapped_;
};

// An enhanced packet's body up to its options: the same fields as the obsolete packet's, whose
// first word has the interface and a count of drops.
std::string fixed_part(std::uint32_t type, Bytes body, const Order& order) {
  std::string out;
  if (type == simple_packet) {
    const auto room = static_cast<std::uint32_t>(body.size() - 4);
    const std::uint32_t original = order.u32(body.data()), captured = std::min(original, room);
    for (int i = 0; i < 3; ++i) order.append(out, std::uint32_t{0});  // interface, no time
    order.append(out, captured);
    order.append(out, original);
    out += text_of(body.subspan(4));
    return out;
  }
  const std::size_t captured = order.u32(body.data() + 12);
  const std::size_t size = 20 + (captured + 3) / 4 * 4;
  if (type == obsolete_packet) {
    order.append(out, std::uint32_t{order.u16(body.data())});
    out += text_of(body.subspan(4, size - 4));
  } else {
    out += text_of(body.first(size));
  }
  return out;
}

// The block with comments before the options it has.
std::string with_comments(Bytes block, const Comments& comments, bool swapped) {
  const Order order(swapped);
  const std::uint32_t type = order.u32(block.data());
  const Bytes body = block.subspan(head, block.size() - head - tail);
  std::string out = fixed_part(type, body, order);
  const std::size_t options_at = type == simple_packet ? body.size() : out.size();
  for (const std::string& comment : comments) order.append_comment(out, comment);
  if (body.size() > options_at) {
    out += text_of(body.subspan(options_at));
  } else {
    order.append(out, std::uint32_t{0});  // the options' end
  }
  std::string whole;
  const auto total = static_cast<std::uint32_t>(out.size() + head + tail);
  order.append(whole, enhanced_packet);
  order.append(whole, total);
  whole += out;
  order.append(whole, total);
  return whole;
}

std::optional<FileError> annotate_pcap(Reader& reader, const AnnotateOptions& options) {
  PcapngFile file;
  file.application = options.application;
  const FileInterface& from = reader.notes().interfaces.front();
  file.interfaces.push_back({"", "", from.link, from.snap_length, std::nullopt});
  options.write(pcapng_head(file));
  FrameBlock block;
  while (reader.read(block)) {
    for (const packet::Frame& frame : block.frames) {
      options.write(pcapng_packet({frame, 0, options.comments_of(frame.number)}));
    }
  }
  return reader.damage();
}

}  // namespace

std::optional<FileError> annotate(const std::filesystem::path& file,
                                  const AnnotateOptions& options) {
  auto reader = Reader::open(file);
  if (!reader) return reader.error();
  if (reader->notes().format == "pcap") return annotate_pcap(*reader, options);
  reader->set_hook([&](Bytes block, std::uint64_t packet, bool swapped) {
    const Comments comments = packet == 0 ? Comments() : options.comments_of(packet);
    if (comments.empty()) {
      options.write(text_of(block));
    } else {
      options.write(with_comments(block, comments, swapped));
    }
  });
  FrameBlock block;
  while (reader->read(block)) {
  }
  return reader->damage();
}

}  // namespace wireproof::capture
