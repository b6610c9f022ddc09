// TCP, UDP and ICMP after an IP header. Thread rule: pure functions.
#pragma once

#include "packet/ip.h"
#include "packet/packet.h"

namespace wireproof::packet {

// `segment` is what was captured from packet.transport_offset on, at most ip.payload_length bytes.
// Each fills the fields of its protocol, ports, payload and checksum.
void decode_tcp(Packet& packet, const IpHeader& ip, std::span<const std::uint8_t> segment,
                bool verify);
// Of a TCP header of 20 bytes and options; `complete`: all of it was captured.
void read_tcp_options(TcpOptions& options, std::span<const std::uint8_t> header, bool complete);
void decode_udp(Packet& packet, const IpHeader& ip, std::span<const std::uint8_t> datagram,
                bool verify);
void decode_icmp(Packet& packet, const IpHeader& ip, std::span<const std::uint8_t> message,
                 bool verify);

}  // namespace wireproof::packet
