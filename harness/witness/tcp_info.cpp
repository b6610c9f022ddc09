// Apart from the other readers: linux/tcp.h, which knows the newer fields, and libnl's headers,
// which take in netinet/tcp.h, exclude each other.
#include <linux/tcp.h>

#include <algorithm>
#include <cstring>

#include "witness/inet_diag.h"

namespace wireproof::witness {

TcpInfo parse_tcp_info(const void* data, std::size_t size) {
  tcp_info from{};
  std::memcpy(&from, data, std::min(size, sizeof from));
  TcpInfo info;
  info.bytes_acked = from.tcpi_bytes_acked;
  info.bytes_received = from.tcpi_bytes_received;
  info.bytes_sent = from.tcpi_bytes_sent;
  info.bytes_retransmitted = from.tcpi_bytes_retrans;
  info.segments_out = from.tcpi_segs_out;
  info.segments_in = from.tcpi_segs_in;
  info.data_segments_out = from.tcpi_data_segs_out;
  info.data_segments_in = from.tcpi_data_segs_in;
  info.total_retransmissions = from.tcpi_total_retrans;
  info.rtt_us = from.tcpi_rtt;
  info.rtt_variance_us = from.tcpi_rttvar;
  info.min_rtt_us = from.tcpi_min_rtt;
  info.congestion_window = from.tcpi_snd_cwnd;
  info.send_mss = from.tcpi_snd_mss;
  info.receive_mss = from.tcpi_rcv_mss;
  info.unacked = from.tcpi_unacked;
  info.lost = from.tcpi_lost;
  info.delivery_rate_bytes_per_s = from.tcpi_delivery_rate;
  info.window_scale_sent = from.tcpi_rcv_wscale;      // what we told the other end
  info.window_scale_received = from.tcpi_snd_wscale;  // what it told us
  info.options = from.tcpi_options;
  return info;
}

}  // namespace wireproof::witness
