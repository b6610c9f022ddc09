#include "packet/packet.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace wireproof::packet {

std::string to_string(const Address& address) {
  if (address.family == Family::none) return "-";
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(address.family == Family::ipv4 ? AF_INET : AF_INET6, address.bytes.data(), text,
              sizeof text);
  return text;
}

std::optional<Address> parse_address(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN] = {};  // inet_pton wants a C string
  if (text.size() >= sizeof terminated || text.find('\0') != text.npos) return std::nullopt;
  std::copy(text.begin(), text.end(), terminated);
  Address address;
  for (const auto& [family, af] : {std::pair{Family::ipv4, AF_INET}, {Family::ipv6, AF_INET6}}) {
    if (::inet_pton(af, terminated, address.bytes.data()) == 1) {
      address.family = family;
      return address;
    }
  }
  return std::nullopt;
}

std::string to_string(const Endpoint& endpoint) {
  const std::string address = to_string(endpoint.address);
  if (endpoint.address.family == Family::ipv6)
    return fmt::format("[{}]:{}", address, endpoint.port);
  return fmt::format("{}:{}", address, endpoint.port);
}

std::string flags_text(std::uint16_t flags) {
  static constexpr std::string_view names[] = {"FIN", "SYN", "RST", "PSH", "ACK",
                                               "URG", "ECE", "CWR", "AE"};
  std::string text;
  for (std::size_t bit = 0; bit < std::size(names); ++bit) {
    if ((flags >> bit & 1) == 0) continue;
    if (!text.empty()) text += ' ';
    text += names[bit];
  }
  return text.empty() ? "none" : text;
}

}  // namespace wireproof::packet
