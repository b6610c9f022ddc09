#include "witness/socket_table.h"

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cstring>

#include "witness/diag_socket.h"
#include "witness/inet_diag.h"

namespace wireproof::witness {

namespace {

// TCP_ESTABLISHED to TCP_NEW_SYN_RECV. Not "all": newer kernels then also walk the table of bound
// sockets, which costs more than all the rest.
constexpr std::uint32_t all_states = 0x1fff;

constexpr std::uint32_t extension(int attribute) { return 1u << (attribute - 1); }

std::optional<UnixType> unix_type(int type) {
  switch (type) {
    case SOCK_STREAM:
      return UnixType::stream;
    case SOCK_DGRAM:
      return UnixType::datagram;
    case SOCK_SEQPACKET:
      return UnixType::seqpacket;
    default:
      return std::nullopt;
  }
}

// sun_path: a path ends with a zero byte, an abstract name begins with one and may hold more.
std::string unix_name(const char* data, std::size_t size) {
  if (size == 0) return {};
  if (data[0] == '\0') return "@" + std::string(data + 1, size - 1);
  return std::string(data, ::strnlen(data, size));
}

// The kernel's own dev_t, twelve bits of major and twenty of minor, as stat(2) shows it.
std::uint64_t user_device(std::uint32_t kernel_device) {
  return makedev(kernel_device >> 20, kernel_device & 0xfffffu);
}

template <typename Value>
Value read_as(const nlattr* attribute) {
  Value value{};
  std::memcpy(&value, nla_data(attribute),
              std::min(sizeof value, static_cast<std::size_t>(nla_len(attribute))));
  return value;
}

std::optional<UnixSocket> parse_unix(const nlmsghdr& message) {
  if (message.nlmsg_type != SOCK_DIAG_BY_FAMILY ||
      message.nlmsg_len < NLMSG_HDRLEN + sizeof(unix_diag_msg))
    return std::nullopt;
  auto* const header = const_cast<nlmsghdr*>(&message);
  const auto* const from = static_cast<const unix_diag_msg*>(nlmsg_data(header));
  const auto type = unix_type(from->udiag_type);
  if (!type) return std::nullopt;
  UnixSocket socket;
  socket.type = *type;
  socket.state = from->udiag_state;
  socket.inode = from->udiag_ino;
  int left = nlmsg_attrlen(header, sizeof *from);
  for (nlattr* a = nlmsg_attrdata(header, sizeof *from); nla_ok(a, left); a = nla_next(a, &left)) {
    switch (nla_type(a)) {
      case UNIX_DIAG_NAME:
        socket.name =
            unix_name(static_cast<const char*>(nla_data(a)), static_cast<std::size_t>(nla_len(a)));
        break;
      case UNIX_DIAG_VFS: {
        const auto vfs = read_as<unix_diag_vfs>(a);
        socket.path_inode = vfs.udiag_vfs_ino;
        socket.path_device = user_device(vfs.udiag_vfs_dev);
        break;
      }
      case UNIX_DIAG_PEER:
        socket.peer_inode = read_as<std::uint32_t>(a);
        break;
      case UNIX_DIAG_RQLEN: {
        const auto lengths = read_as<unix_diag_rqlen>(a);
        socket.receive_queue = lengths.udiag_rqueue;
        socket.send_queue = lengths.udiag_wqueue;
        break;
      }
      default:
        break;
    }
  }
  return socket;
}

}  // namespace

struct SocketTable::Impl {
  explicit Impl(int netns_fd) : socket(netns_fd) {}
  DiagSocket socket;
};

SocketTable::SocketTable(int netns_fd) : impl_(std::make_unique<Impl>(netns_fd)) {}
SocketTable::~SocketTable() = default;
SocketTable::SocketTable(SocketTable&&) noexcept = default;

std::vector<TcpSocket> SocketTable::tcp(bool with_info) {
  // The older request: unlike SOCK_DIAG_BY_FAMILY it covers both families in one walk.
  inet_diag_req request{};
  request.idiag_states = all_states;
  if (with_info) request.idiag_ext = static_cast<std::uint8_t>(extension(INET_DIAG_INFO));
  std::vector<TcpSocket> sockets;
  std::int64_t asked_ns = 0;
  impl_->socket.dump(
      TCPDIAG_GETSOCK, &request, sizeof request,
      [&] {
        sockets.clear();
        asked_ns = realtime_ns();
      },
      [&](const nlmsghdr& message) {
        if (auto socket = parse_tcp(message, asked_ns)) sockets.push_back(*socket);
      });
  return sockets;
}

std::vector<UdpSocket> SocketTable::udp() {
  std::vector<UdpSocket> sockets;
  for (const int family : {AF_INET, AF_INET6}) {
    inet_diag_req_v2 request{};
    request.sdiag_family = static_cast<std::uint8_t>(family);
    request.sdiag_protocol = IPPROTO_UDP;
    request.idiag_ext = static_cast<std::uint8_t>(extension(INET_DIAG_SKMEMINFO));
    request.idiag_states = all_states;
    const std::size_t before = sockets.size();
    impl_->socket.dump(
        SOCK_DIAG_BY_FAMILY, &request, sizeof request, [&] { sockets.resize(before); },
        [&](const nlmsghdr& message) {
          if (auto socket = parse_udp(message)) sockets.push_back(*socket);
        });
  }
  return sockets;
}

std::vector<UnixSocket> SocketTable::unix_sockets() {
  unix_diag_req request{};
  request.sdiag_family = AF_UNIX;
  request.udiag_states = ~0u;
  request.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN;
  std::vector<UnixSocket> sockets;
  impl_->socket.dump(
      SOCK_DIAG_BY_FAMILY, &request, sizeof request, [&] { sockets.clear(); },
      [&](const nlmsghdr& message) {
        if (auto socket = parse_unix(message)) sockets.push_back(std::move(*socket));
      });
  return sockets;
}

}  // namespace wireproof::witness
