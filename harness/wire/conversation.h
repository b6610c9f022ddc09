// Where a packet stands among those that the link has seen: its connection, its numbers relative
// to the initial ones, whether it was sent before. What senders sent counts, also where the link
// lost it. Thread rule: one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "packet/packet.h"
#include "wire/model.h"

namespace wireproof::wire {

struct Standing {
  unsigned connection = 0;  // from 1; 0: neither TCP nor UDP
  std::uint16_t client_port = 0, server_port = 0;
  // TCP: relative to the initial numbers; nullopt: the link has not seen the SYN.
  std::optional<std::int64_t> sequence = {}, acknowledgement = {};
  std::uint32_t sender_isn = 0, receiver_isn = 0;
  std::uint32_t length = 0;  // in sequence space
  bool retransmission = false;
  bool acknowledges_fin = false;
};

class Conversations {
 public:
  // `direction` is one of the two.
  Standing follow(const packet::Packet& packet, Direction direction);

 private:
  struct Key {
    packet::Endpoint client, server;
    bool tcp;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const;
  };
  struct End {
    bool known = false;  // its SYN was seen, with this number
    std::uint32_t isn = 0;
    std::int64_t next = 0;  // after the highest number sent
    std::optional<std::int64_t> after_fin = {};
  };
  struct Conversation {
    unsigned ordinal = 0;
    std::array<End, 2> ends = {};
    bool over = false;  // a reset, or a FIN from each end
  };
  void see_syn(Conversation& conversation, const packet::TcpHeader& tcp, std::size_t sender);

  std::unordered_map<Key, Conversation, Hash> conversations_;
  unsigned count_ = 0;
};

}  // namespace wireproof::wire
