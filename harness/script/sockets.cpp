#include "script/sockets.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
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

// A name for a client's UNIX socket, which must have one to be answered: "c.sock" in the folder of
// the server's path, or an abstract one that begins as the server's does.
std::string beside(const std::string& server, const std::string& name) {
  constexpr std::size_t used = 60;  // of a server's name, which may be as long as names get
  if (server.starts_with('@')) return server.substr(0, used) + "-" + name;
  return server.substr(0, server.rfind('/') + 1) + name + ".sock";
}

SocketAddress internet(const std::string& text, std::uint16_t port) {
  const auto address = packet::parse_address(text);
  if (!address) {
    throw std::invalid_argument(wireproof::quoted(text) + " is no IPv4 or IPv6 address");
  }
  return SocketAddress::internet(*address, port);
}

}  // namespace

PeerSocket* Sockets::find(const std::string& name) {
  const auto found = std::find_if(sockets_.begin(), sockets_.end(),
                                  [&](const auto& one) { return one->name() == name; });
  return found == sockets_.end() ? nullptr : found->get();
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
  if (found != nullptr && found->is_open()) return *found;
  const lab::NetnsScope scope(stage_.host(side).netns.get());
  Fd fd(::socket(family, socket_type(case_.transport) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) throw_errno("make", "socket \"" + name + "\"");
  return adopt(name, side, std::move(fd));
}

PeerSocket& Sockets::adopt(const std::string& name, Side side, Fd fd) {
  // What was known of a closed one of that name is of no more use.
  std::erase_if(sockets_, [&](const auto& one) { return one->name() == name; });
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
    return SocketAddress::unix_name(target.path.value_or(beside(path(""), name)));
  }
  if (target.address) return internet(*target.address, target.port.value_or(0));
  const lab::Host& host = stage_.host(side);
  return SocketAddress::internet(family() == AF_INET6 ? host.ipv6 : host.ipv4,
                                 target.port.value_or(0));
}

std::string Sockets::path(const std::string& text) {
  return text.empty() ? stage_.server_address().path.value_or("") : text;
}

}  // namespace wireproof::script
