#include "wire/tcp_options_edit.h"

#include <algorithm>

namespace wireproof::wire {
namespace {

constexpr std::uint8_t end_of_list = 0, no_operation = 1;
constexpr std::size_t fixed_header = 20, most_options = 40;

struct Options {
  std::size_t begin, size;  // in the frame
};
std::optional<Options> options_of(View frame) {
  const packet::Packet packet = decoded(frame);
  if (packet.protocol != packet::Protocol::tcp || packet.cut || !packet.malformed.empty())
    return std::nullopt;
  return Options{packet.transport_offset + fixed_header, packet.tcp.header_length - fixed_header};
}

// Calls visit(place, length) for each option but padding; a broken list ends the walk.
template <typename Visit>
void each_option(std::span<std::uint8_t> list, Visit visit) {
  for (std::size_t at = 0; at < list.size() && list[at] != end_of_list;) {
    if (list[at] == no_operation) {
      ++at;
      continue;
    }
    if (at + 1 >= list.size() || list[at + 1] < 2 || at + list[at + 1] > list.size()) return;
    const std::size_t length = list[at + 1];
    visit(at, length);
    at += length;
  }
}

}  // namespace

bool strip_tcp_option(Bytes& frame, std::uint8_t kind) {
  const auto place = options_of(frame);
  if (!place) return false;
  const std::span list(frame.data() + place->begin, place->size);
  bool found = false;
  each_option(list, [&](std::size_t at, std::size_t length) {
    if (list[at] != kind) return;
    std::fill_n(list.begin() + static_cast<std::ptrdiff_t>(at), length, no_operation);
    found = true;
  });
  return found;
}

bool set_tcp_option(Bytes& frame, std::uint8_t kind, View value) {
  const auto place = options_of(frame);
  if (!place) return false;
  const std::span list(frame.data() + place->begin, place->size);
  const std::size_t wanted = value.size() + 2;
  bool replaced = false;
  Bytes others;
  each_option(list, [&](std::size_t at, std::size_t length) {
    const auto option = list.subspan(at, length);
    if (option[0] == kind && length == wanted && !replaced) {
      std::copy(value.begin(), value.end(), option.begin() + 2);
      replaced = true;
    }
    if (option[0] != kind) others.insert(others.end(), option.begin(), option.end());
  });
  if (replaced) return true;

  // A list anew: the others as they were, then this one, padded to whole words.
  others.push_back(kind);
  others.push_back(static_cast<std::uint8_t>(wanted));
  others.insert(others.end(), value.begin(), value.end());
  while (others.size() % 4 != 0) others.push_back(end_of_list);
  if (others.size() > most_options) return false;
  const auto begin = frame.begin() + static_cast<std::ptrdiff_t>(place->begin);
  const auto old_end = begin + static_cast<std::ptrdiff_t>(place->size);
  const auto after = frame.erase(begin, old_end);
  frame.insert(after, others.begin(), others.end());
  std::uint8_t& offset_byte = frame[place->begin - fixed_header + 12];
  offset_byte =
      static_cast<std::uint8_t>((offset_byte & 0x0F) | ((fixed_header + others.size()) / 4) << 4);
  mend_lengths(frame);
  return true;
}

}  // namespace wireproof::wire
