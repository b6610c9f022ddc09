// Fields of UDP exchanges (see fields.h).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "reports/fields.h"
#include "reports/fields_tcp.h"
#include "udp/exchange.h"

namespace wireproof::report {

template <>
struct LastOf<udp::Pairing> {
  static constexpr auto value = udp::Pairing::unsolicited;
};
template <>
inline constexpr bool on_one_line<udp::Datagram> = true;

// A payload is bytes, not text: two digits each, nothing between.
inline std::string hex_text(const std::string& bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text.push_back(digits[byte >> 4]);
    text.push_back(digits[byte & 15]);
  }
  return text;
}

inline std::optional<std::string> bytes_from_hex(std::string_view text) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  std::string bytes;
  if (text.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]), low = digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

inline constexpr std::array<std::string_view, 5> checksum_names = {"unknown", "good", "bad",
                                                                   "partial", "absent"};

inline std::string checksum_text(packet::Checksum checksum) {
  return std::string(checksum_names[static_cast<std::size_t>(checksum)]);
}

inline std::optional<packet::Checksum> checksum_from_text(std::string_view text) {
  for (std::size_t i = 0; i < checksum_names.size(); ++i) {
    if (checksum_names[i] == text) return static_cast<packet::Checksum>(i);
  }
  return std::nullopt;
}

// Whether it came from, or went, elsewhere than its exchange's endpoints.
inline bool is_elsewhere(const udp::Datagram& datagram) {
  return datagram.pairing == udp::Pairing::other_port ||
         datagram.pairing == udp::Pairing::other_address ||
         datagram.pairing == udp::Pairing::wrong_peer;
}

template <class V>
void describe(V& visit, Ref<V, udp::Datagram> datagram) {
  visit("packet", datagram.packet);
  visit.time("time_ns", datagram.time_ns);
  visit("from", datagram.from);
  visit("length", datagram.length);
  visit("fragments", datagram.fragments);
  visit("complete", datagram.complete);
  visit.text("checksum", datagram.checksum, checksum_text, checksum_from_text);
  visit("pairing", datagram.pairing);
  if (!V::writes || is_elsewhere(datagram)) {
    visit("source", datagram.source);
    visit("destination", datagram.destination);
  }
  visit.rare("overlap", datagram.overlap);
  visit.rare("duplicate", datagram.duplicate);
  visit.rare("reordered", datagram.reordered);
  visit.rare("answers", datagram.answers);
  visit.rare("icmp_packet", datagram.icmp_packet);
  visit.rare("icmp_type", datagram.icmp_type);
  visit.rare("icmp_code", datagram.icmp_code);
  visit.text("payload_start_hex", datagram.payload_start, hex_text, bytes_from_hex);
}

// An exchange and what its list of datagrams leaves out, which udp::Exchange has no field for.
template <class V>
struct ExchangeRef {
  Ref<V, udp::Exchange> exchange;
  Ref<V, std::uint64_t> datagrams_left_out;
};

template <class V>
void describe(V& visit, const ExchangeRef<V>& one) {
  auto& exchange = one.exchange;
  visit("index", exchange.index);
  visit("client", exchange.client);
  visit("server", exchange.server);
  visit("requests", exchange.requests);
  visit("answers", exchange.answers);
  visit("unanswered", exchange.unanswered);
  visit("unpaired_answers", exchange.unpaired_answers);
  visit("duplicates", exchange.duplicates);
  visit("reordered", exchange.reordered);
  visit("icmp_errors", exchange.icmp_errors);
  visit("fragments", exchange.fragments);
  visit("client_bytes", exchange.client_bytes);
  visit("server_bytes", exchange.server_bytes);
  visit.list("datagrams", exchange.datagrams, "datagrams_left_out", one.datagrams_left_out);
}

}  // namespace wireproof::report
