// The option list of a TCP header, changed. Thread rule: pure functions.
#pragma once

#include "wire/edit.h"

namespace wireproof::wire {

// Replaces the option of this kind by `value` (what follows kind and length), or adds it. False:
// the header has no room for it (RFC 9293 3.1: 40 bytes of options), or no TCP is there.
bool set_tcp_option(Bytes& frame, std::uint8_t kind, View value);
// Overwrites every option of this kind by no-operations, so that nothing else moves. False: none.
bool strip_tcp_option(Bytes& frame, std::uint8_t kind);

}  // namespace wireproof::wire
