#include "step/wish.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/text.h"

namespace wireproof::step {
namespace {

constexpr std::pair<std::string_view, std::uint16_t> flag_names[] = {
    {"FIN", packet::flag::fin}, {"SYN", packet::flag::syn}, {"RST", packet::flag::rst},
    {"PSH", packet::flag::psh}, {"ACK", packet::flag::ack}, {"URG", packet::flag::urg},
    {"ECE", packet::flag::ece}, {"CWR", packet::flag::cwr}};

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  return text;
}

// "SYN", "SYN-ACK"
std::optional<std::uint16_t> flags_of(const std::string& word) {
  std::uint16_t flags = 0;
  for (std::size_t at = 0; at <= word.size();) {
    const std::size_t end = std::min(word.find('-', at), word.size());
    const auto part = std::string_view(word).substr(at, end - at);
    const auto* found =
        std::ranges::find(flag_names, part, [](const auto& one) { return one.first; });
    if (found == std::end(flag_names)) return std::nullopt;
    flags = static_cast<std::uint16_t>(flags | found->second);
    at = end + 1;
  }
  return flags;
}

std::string unknown(const std::string& word) {
  std::vector<std::string> names = {"client", "server", "data", "end"};
  for (const auto& [flag, bit] : flag_names) names.emplace_back(flag);
  for (auto state = tcp::State::closed; state != tcp::State::unknown;
       state = static_cast<tcp::State>(static_cast<int>(state) + 1)) {
    names.emplace_back(tcp::name(state));
  }
  std::string near = nearest(word, names);
  if (near.empty()) near = nearest(upper(word), names);
  return near.empty()
             ? fmt::format("{} is no packet, state or event", quoted(word))
             : fmt::format("{} is no packet, state or event: did you mean {}?", quoted(word), near);
}

}  // namespace

bool Wish::fits(const Row& row) const {
  if (row.number == 0 || !is_packet()) return false;
  if (number) return row.number == *number;
  if (side && sender(row.packet) != *side) return false;
  if ((row.packet.flags & flags) != flags) return false;
  return !data || row.packet.payload_length > 0;
}

bool Wish::holds(const Story& story) const {
  if (!state) return false;
  return std::ranges::any_of(story.conversations(), [&](const auto& entry) {
    const auto is = [&](Side which) {
      return (!side || *side == which) && entry.second.state(which) == *state;
    };
    return is(Side::client) || is(Side::server);
  });
}

tl::expected<Wish, std::string> wish_of(std::span<const std::string> words) {
  Wish wish;
  for (const std::string& word : words) {
    const std::string big = upper(word);
    unsigned number = 0;
    const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (failure == std::errc{} && end == word.data() + word.size() && number > 0) {
      wish.number = number;
    } else if (big == "CLIENT" || big == "SERVER") {
      wish.side = big == "CLIENT" ? Side::client : Side::server;
    } else if (big == "DATA") {
      wish.data = true;
    } else if (big == "END") {
      wish.end = true;
    } else if (const auto state = tcp::state_from_name(big);
               state && *state != tcp::State::unknown) {
      wish.state = state;
    } else if (const auto flags = flags_of(big)) {
      wish.flags = static_cast<std::uint16_t>(wish.flags | *flags);
    } else {
      return tl::unexpected(unknown(word));
    }
  }
  const bool packet = wish.number || wish.flags != 0 || wish.data;
  if ((wish.number ? 1 : 0) + (wish.flags != 0 || wish.data ? 1 : 0) + (wish.state ? 1 : 0) +
              (wish.end ? 1 : 0) >
          1 ||
      (wish.end && wish.side)) {
    return tl::unexpected(std::string(packet && wish.state
                                          ? "a packet or a state, not both"
                                          : "one packet, state or event at a time"));
  }
  return wish;
}

std::string to_string(const Wish& wish) {
  if (wish.end) return "the end";
  std::string text = wish.side ? std::string(name(*wish.side)) : std::string();
  const auto add = [&](std::string_view word) {
    text += (text.empty() ? "" : " ") + std::string(word);
  };
  if (wish.state) add(tcp::name(*wish.state));
  if (wish.number) add(fmt::format("packet {}", *wish.number));
  if (wish.flags != 0) add(packet::flags_text(wish.flags));
  if (wish.data) add("data");
  return text.empty() ? "a packet" : text;
}

}  // namespace wireproof::step
