#include "cli/load_url.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"

namespace wireproof::cli {
namespace {

using scenario::Transport;

constexpr std::string_view forms =
    "tcp://HOST:PORT, udp://HOST:PORT, unix:PATH, unix-datagram:PATH or unix-seqpacket:PATH";

tl::unexpected<std::string> wrong(std::string_view text, std::string_view why) {
  return tl::unexpected(fmt::format("{}: {}; wanted is {}", quoted(text), why, forms));
}

}  // namespace

tl::expected<LoadUrl, std::string> parse_load_url(std::string_view text) {
  LoadUrl url;
  constexpr std::pair<std::string_view, Transport> unix_kinds[] = {
      {"unix:", Transport::unix_stream},
      {"unix-datagram:", Transport::unix_datagram},
      {"unix-seqpacket:", Transport::unix_seqpacket}};
  for (const auto& [prefix, transport] : unix_kinds) {
    if (!text.starts_with(prefix)) continue;
    std::string_view path = text.substr(prefix.size());
    if (path.starts_with("//")) path.remove_prefix(2);
    if (path.empty()) return wrong(text, "no path");
    url.transport = transport;
    url.family =
        path.starts_with('@') ? scenario::Family::unix_abstract : scenario::Family::unix_path;
    url.target.path = std::string(path);
    return url;
  }
  if (text.starts_with("tcp://")) {
    url.transport = Transport::tcp;
  } else if (text.starts_with("udp://")) {
    url.transport = Transport::udp;
  } else {
    return wrong(text, "no address that load understands");
  }
  std::string_view rest = text.substr(6), port;
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) return wrong(text, "a '[' without its ']'");
    url.target.address = std::string(rest.substr(1, end - 1));
    port = rest.substr(end + 1);
  } else {
    const std::size_t colon = rest.find(':');
    if (colon != rest.rfind(':')) return wrong(text, "an IPv6 address stands in brackets");
    url.target.address = std::string(rest.substr(0, colon));
    port = colon == std::string_view::npos ? std::string_view() : rest.substr(colon);
  }
  if (url.target.address->empty()) return wrong(text, "no host");
  if (url.target.address->find(':') != std::string::npos) url.family = scenario::Family::ipv6;
  if (port.empty()) return url;
  port.remove_prefix(1);
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc{} || end != port.data() + port.size() || number == 0) {
    return wrong(text, fmt::format("{} is no port (1 to 65535)", quoted(port)));
  }
  url.target.port = number;
  return url;
}

}  // namespace wireproof::cli
