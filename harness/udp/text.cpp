#include "udp/text.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace wireproof::udp {
namespace {

struct Name {
  std::uint8_t type, code;
  std::string_view text;
};

// RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1.
constexpr std::array kVersion4 = {
    Name{3, 0, "network unreachable"},
    Name{3, 1, "host unreachable"},
    Name{3, 2, "protocol unreachable"},
    Name{3, 3, "port unreachable"},
    Name{3, 4, "fragmentation needed"},
    Name{3, 9, "network administratively prohibited"},
    Name{3, 10, "host administratively prohibited"},
    Name{3, 13, "communication administratively prohibited"},
    Name{11, 0, "time to live exceeded"},
    Name{11, 1, "fragment reassembly time exceeded"},
};
// RFC 4443.
constexpr std::array kVersion6 = {
    Name{1, 0, "no route to destination"},
    Name{1, 1, "administratively prohibited"},
    Name{1, 3, "address unreachable"},
    Name{1, 4, "port unreachable"},
    Name{2, 0, "packet too big"},
    Name{3, 0, "hop limit exceeded"},
    Name{3, 1, "fragment reassembly time exceeded"},
};

template <typename Names>
std::string find(const Names& names, std::string_view protocol, std::uint8_t type,
                 std::uint8_t code) {
  for (const Name& each : names) {
    if (each.type == type && each.code == code) return fmt::format("{} {}", protocol, each.text);
  }
  return fmt::format("{} type {} code {}", protocol, type, code);
}

}  // namespace

std::string icmp_text(packet::Family family, std::uint8_t type, std::uint8_t code) {
  return family == packet::Family::ipv6 ? find(kVersion6, "ICMPv6", type, code)
                                        : find(kVersion4, "ICMP", type, code);
}

}  // namespace wireproof::udp
