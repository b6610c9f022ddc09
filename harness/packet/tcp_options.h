// The options of a TCP header. Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <span>

#include "packet/packet.h"

namespace wireproof::packet {

// `options` is the header after its first 20 bytes, as far as captured; `complete` says whether
// that is all of it. An incomplete list ends without being malformed.
TcpOptions decode_tcp_options(std::span<const std::uint8_t> options, bool complete);

}  // namespace wireproof::packet
