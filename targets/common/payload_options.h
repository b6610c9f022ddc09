#ifndef WIREPROOF_TARGETS_COMMON_PAYLOAD_OPTIONS_H_
#define WIREPROOF_TARGETS_COMMON_PAYLOAD_OPTIONS_H_

#include <optional>

#include "common/options.h"
#include "common/payload.h"

namespace targets {

// --answer and --send-bytes, which servers of every kind take.
void add_answer_options(OptionTable& table, Payload& answer);

// --message, --send-bytes, --expect and --expect-bytes, which clients of every kind take.
void add_message_options(OptionTable& table, Payload& message, std::optional<Payload>& expected);

// A datagram is sent by one call or not at all.
void require_one_piece(const Payload& payload);

}  // namespace targets

#endif  // WIREPROOF_TARGETS_COMMON_PAYLOAD_OPTIONS_H_
