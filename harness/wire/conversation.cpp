#include "wire/conversation.h"

#include <algorithm>
#include <cstring>

#include "tcp/sequence.h"

namespace wireproof::wire {

using packet::flag::ack, packet::flag::fin, packet::flag::rst, packet::flag::syn;

std::size_t Conversations::Hash::operator()(const Key& key) const {
  std::uint64_t hash = std::uint64_t{key.client.port} << 17 | std::uint64_t{key.server.port} << 1 |
                       static_cast<std::uint64_t>(key.tcp);
  for (const packet::Endpoint* end : {&key.client, &key.server}) {
    std::uint64_t words[2];
    std::memcpy(words, end->address.bytes.data(), sizeof words);
    hash = (hash ^ words[0]) * 0x9E3779B97F4A7C15;
    hash = (hash ^ words[1] ^ hash >> 32) * 0x9E3779B97F4A7C15;
  }
  return hash ^ hash >> 29;
}

// A SYN with another number begins a new connection only where the old one is over or the same end
// has tried in vain: within a connection it is a blind SYN or an old duplicate.
void Conversations::see_syn(Conversation& conversation, const packet::TcpHeader& tcp,
                            std::size_t sender) {
  End& end = conversation.ends[sender];
  if (end.known && end.isn == tcp.seq) return;
  const bool unanswered = end.known && !conversation.ends[1 - sender].known;
  if (!tcp.has(ack) && (conversation.over || unanswered)) {
    conversation = Conversation{++count_, {}, false};
  } else if (end.known) {
    return;
  }
  conversation.ends[sender] = End{true, tcp.seq, 0, {}};
}

Standing Conversations::follow(const packet::Packet& packet, Direction direction) {
  Standing standing;
  const bool tcp = packet.protocol == packet::Protocol::tcp;
  if (!tcp && packet.protocol != packet::Protocol::udp) return standing;
  const bool from_client = direction == Direction::client_to_server;
  const Key key{from_client ? packet.source : packet.destination,
                from_client ? packet.destination : packet.source, tcp};
  Conversation& conversation = conversations_[key];
  if (conversation.ordinal == 0) conversation.ordinal = ++count_;
  standing.client_port = key.client.port;
  standing.server_port = key.server.port;

  const std::size_t sender = from_client ? 0 : 1;
  if (tcp && packet.tcp.has(syn)) see_syn(conversation, packet.tcp, sender);
  standing.connection = conversation.ordinal;
  if (!tcp) return standing;

  const packet::TcpHeader& header = packet.tcp;
  End& own = conversation.ends[sender];
  const End& peer = conversation.ends[1 - sender];
  standing.length = packet.payload_length + header.has(syn) + header.has(fin);
  standing.sender_isn = own.isn;
  standing.receiver_isn = peer.isn;
  if (own.known) {
    const std::int64_t begin = tcp::widen(header.seq, own.isn, own.next);
    standing.sequence = begin;
    standing.retransmission = standing.length > 0 && begin < own.next;
    // What lies far from all that was sent (a blind SYN, a forged reset) moves nothing.
    const bool plausible = begin >= 0 && begin - own.next < (std::int64_t{1} << 30);
    if (plausible && !header.has(rst)) {
      own.next = std::max(own.next, begin + standing.length);
      if (header.has(fin)) own.after_fin = begin + standing.length;
    }
  }
  if (header.has(ack) && peer.known) {
    standing.acknowledgement = tcp::widen(header.ack, peer.isn, peer.next);
    standing.acknowledges_fin = peer.after_fin && *standing.acknowledgement >= *peer.after_fin;
  }
  if (header.has(rst) || (own.after_fin && peer.after_fin)) conversation.over = true;
  return standing;
}

}  // namespace wireproof::wire
