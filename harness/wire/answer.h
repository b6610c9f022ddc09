// What the link says in the other end's name: resets and ICMP errors. Thread rule: pure functions.
#pragma once

#include "wire/edit.h"

namespace wireproof::wire {

// To the sender of `frame`, as the other end would reset the connection (RFC 9293 3.5.2): numbered
// by its acknowledgement or, where it has none, acknowledging it. nullopt: no TCP.
std::optional<Bytes> rst_to_sender(View frame, std::int64_t sequence_offset = 0);
// On to the receiver, in the sender's name: where its next byte is expected, which is at this
// segment or, when that is `passed` on, behind it.
std::optional<Bytes> rst_to_receiver(View frame, bool passed, std::int64_t sequence_offset = 0);

// nullopt: not IP, or itself an ICMP error (never answered by one: RFC 1122 3.2.2, RFC 4443 2.4).
std::optional<Bytes> icmp_error(View frame, const AnswerIcmp& answer);

}  // namespace wireproof::wire
