#include "script/sockets.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <optional>
#include <stdexcept>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace wireproof::script {
namespace {

using scenario::Transport;

int socket_type(Transport transport) {
  switch (transport) {
    case Transport::tcp:
    case Transport::unix_stream:
      return SOCK_STREAM;
    case Transport::udp:
    case Transport::unix_datagram:
      return SOCK_DGRAM;
    case Transport::unix_seqpacket:
      return SOCK_SEQPACKET;
  }
  return SOCK_STREAM;
}

void replace(std::string& text, std::string_view what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
}

SocketAddress internet(const std::string& text, std::uint16_t port) {
  const auto address = packet::parse_address(text);
  if (!address)
    throw std::invalid_argument(wireproof::quoted(text) + " is no IPv4 or IPv6 address");
  return SocketAddress::internet(*address, port);
}

}  // namespace

PeerSocket* Sockets::find(const std::string& name) {
  for (auto at = sockets_.rbegin(); at != sockets_.rend(); ++at) {
    if ((*at)->name() == name) return at->get();
  }
  return nullptr;
}

PeerSocket& Sockets::open(const std::string& name) {
  PeerSocket* found = find(name);
  if (found == nullptr || !found->is_open()) {
    throw std::invalid_argument(fmt::format("socket {} is not open here", wireproof::quoted(name)));
  }
  return *found;
}

PeerSocket& Sockets::open_or_make(const std::string& name, Side side, int family) {
  PeerSocket* found = find(name);
  if (found != nullptr && found->is_open() && !(found->connected && !found->is_datagram())) {
    return *found;
  }
  if (found != nullptr && !found->is_open()) {
    // Its name goes to the new one; what was known of the old connection is of no more use.
    std::erase_if(sockets_, [&](const auto& one) { return one.get() == found; });
  }
  const lab::Host& host = stage_.host(side);
  std::optional<lab::NetnsScope> scope;
  if (host.netns.is_open()) scope.emplace(host.netns.get());
  Fd fd(::socket(family, socket_type(case_.transport) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) throw_errno("make", "socket \"" + name + "\"");
  return *sockets_.emplace_back(
      std::make_unique<PeerSocket>(name, side, case_.transport, std::move(fd)));
}

PeerSocket& Sockets::adopt(const std::string& name, Side side, Fd fd) {
  if (PeerSocket* found = find(name); found != nullptr && !found->is_open()) {
    std::erase_if(sockets_, [&](const auto& one) { return one.get() == found; });
  }
  return *sockets_.emplace_back(
      std::make_unique<PeerSocket>(name, side, case_.transport, std::move(fd)));
}

void Sockets::close_all() {
  for (const auto& one : sockets_) one->close();
}

int Sockets::family() const {
  switch (case_.family) {
    case scenario::Family::ipv4:
      return AF_INET;
    case scenario::Family::ipv6:
      return AF_INET6;
    case scenario::Family::unix_path:
    case scenario::Family::unix_abstract:
      return AF_UNIX;
  }
  return AF_INET;
}

SocketAddress Sockets::server_address() { return to({}); }

SocketAddress Sockets::to(const scenario::Target& target) {
  if (family() == AF_UNIX) return SocketAddress::unix_name(path(target.path.value_or("")));
  const scenario::Target server = stage_.server_address();
  return internet(target.address.value_or(server.address.value_or("")),
                  target.port.value_or(server.port.value_or(0)));
}

SocketAddress Sockets::at(const scenario::Target& target, Side side, const std::string& name) {
  if (side == Side::server) return to(target);
  if (family() == AF_UNIX) {
    return SocketAddress::unix_name(path(target.path.value_or("{path}-" + name)));
  }
  if (target.address) return internet(*target.address, target.port.value_or(0));
  const lab::Host& host = stage_.host(side);
  return SocketAddress::internet(family() == AF_INET6 ? host.ipv6 : host.ipv4,
                                 target.port.value_or(0));
}

std::string Sockets::path(std::string_view text) {
  const std::string server = stage_.server_address().path.value_or("");
  std::string filled(text.empty() ? "{path}" : text);
  replace(filled, "{scratch}", stage_.scratch().string());
  replace(filled, "{path}", server);
  return filled;
}

}  // namespace wireproof::script
