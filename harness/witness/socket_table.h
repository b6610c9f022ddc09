// The kernel's word on sockets: sock_diag(7) dumps of one network namespace, and the messages it
// multicasts as it destroys TCP sockets (with their last TCP_INFO, which a TIME_WAIT entry has
// not). Thread rule: one thread at a time per object. Lifetime: each object owns its netlink
// socket, which stays in the namespace it was made in.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/finding.h"
#include "packet/packet.h"
#include "tcp/state.h"

namespace wireproof::witness {

// The fields of struct tcp_info (linux/tcp.h) that are compared or reported, as the kernel counts:
// bytes_received has one more once the peer's FIN is in, bytes_acked one more for our SYN (active
// open) and one for our FIN.
struct TcpInfo {
  std::uint64_t bytes_acked = 0, bytes_received = 0, bytes_sent = 0, bytes_retransmitted = 0;
  std::uint32_t segments_out = 0, segments_in = 0, data_segments_out = 0, data_segments_in = 0;
  std::uint32_t total_retransmissions = 0, rtt_us = 0, rtt_variance_us = 0, min_rtt_us = 0;
  std::uint32_t congestion_window = 0, send_mss = 0, receive_mss = 0, unacked = 0, lost = 0;
  std::uint64_t delivery_rate_bytes_per_s = 0;
  std::uint8_t window_scale_sent = 0, window_scale_received = 0, options = 0;
};

// Endpoints of a connection over IPv4 are IPv4, also where the socket is an IPv6 one (whose address
// the kernel shows as ::ffff:192.0.2.1): they can be compared with those of packets.
struct TcpSocket {
  tcp::State state = tcp::State::closed;
  packet::Endpoint local, remote;
  bool v6_only = false;  // LISTEN on IPv6: IPV6_V6ONLY
  std::uint64_t inode = 0, cookie = 0;
  std::uint32_t uid = 0;
  std::uint32_t receive_queue = 0;  // LISTEN: connections waiting for accept()
  std::uint32_t send_queue = 0;     // bytes not yet acknowledged; LISTEN: the backlog
  std::uint8_t retransmits = 0, timer = 0;
  std::uint32_t timer_ms = 0;
  std::optional<TcpInfo> info;
  std::int64_t read_ns = 0;  // CLOCK_REALTIME when the kernel was asked (or told us)
};

struct UdpSocket {
  packet::Endpoint local, remote;
  bool connected = false;
  bool v6_only = false;
  std::uint64_t inode = 0;
  std::uint32_t receive_queue = 0, send_queue = 0, drops = 0;
};

enum class UnixType : std::uint8_t { stream, datagram, seqpacket };
struct UnixSocket {
  UnixType type = UnixType::stream;
  std::uint8_t state = 0;  // TCP_ESTABLISHED, TCP_LISTEN, TCP_CLOSE
  std::string name;        // path, or "@name" for an abstract one; empty: unnamed
  std::uint64_t inode = 0, peer_inode = 0;
  std::uint32_t path_inode = 0;   // of the file, its low 32 bits, with `path_device`, which is
  std::uint64_t path_device = 0;  // as stat(2) shows it (UNIX_DIAG_VFS)
  std::uint32_t receive_queue = 0, send_queue = 0;  // listening: waiting connections, backlog
};

// Asks the kernel. Throws SystemError.
class SocketTable {
 public:
  // In the calling thread's namespace; or in `netns_fd`'s, entered for the moment of opening.
  explicit SocketTable(int netns_fd = -1);
  ~SocketTable();
  SocketTable(SocketTable&&) noexcept;

  // All TCP sockets, of both families, request sockets (SYN_RECEIVED) and TIME_WAIT included.
  std::vector<TcpSocket> tcp(bool with_info = false);
  std::vector<UdpSocket> udp();
  std::vector<UnixSocket> unix_sockets();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Listens for destroyed TCP sockets from its making on. The kernel sends from a worker thread: a
// message may come some time after the socket has gone. Its state is what the socket died in:
// CLOSED, also where a TIME_WAIT entry stays behind.
class DestroyedSockets {
 public:
  explicit DestroyedSockets(int netns_fd = -1);
  ~DestroyedSockets();
  DestroyedSockets(DestroyedSockets&&) noexcept;

  int fd() const;                  // readable when messages wait
  std::vector<TcpSocket> drain();  // what has come since the last call; never blocks
  std::uint64_t overruns() const;  // times the kernel had no room (ENOBUFS): messages were lost

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// SNMP counters of one namespace (/proc/net/snmp and netstat) that tests and load care about.
struct NamespaceCounters {
  std::uint64_t tcp_retransmitted = 0, tcp_in_errors = 0, tcp_out_resets = 0;
  std::uint64_t listen_overflows = 0, listen_drops = 0;
  std::uint64_t udp_receive_buffer_errors = 0, udp_no_ports = 0, udp_in_checksum_errors = 0;
};
NamespaceCounters read_counters(int netns_fd = -1);

}  // namespace wireproof::witness
