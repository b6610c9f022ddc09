// The Internet checksum (RFC 1071) and the pseudo-headers it covers (RFC 9293 3.1, RFC 768,
// RFC 8200 8.1). Sums are kept unfolded in 64 bits. Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <span>

#include "packet/packet.h"

namespace wireproof::packet {

// Adds `bytes` (an odd last one padded with zero) to `sum`. Parts but the last must be even.
std::uint64_t checksum_add(std::uint64_t sum, std::span<const std::uint8_t> bytes);

// The sum of the pseudo-header: addresses, protocol and upper-layer length.
std::uint64_t pseudo_header_sum(const Address& source, const Address& destination,
                                std::uint8_t protocol, std::uint32_t length);

// Whether what was summed holds its own checksum, and that is right: it folds to 0xFFFF.
inline bool checksum_holds(std::uint64_t sum) { return sum != 0 && sum % 0xFFFF == 0; }

// In 16 bits, not complemented, as a number (not as bytes in memory).
std::uint16_t checksum_fold(std::uint64_t sum);

}  // namespace wireproof::packet
