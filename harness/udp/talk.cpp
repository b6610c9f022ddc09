#include "udp/talk.h"

#include <algorithm>

namespace wireproof::udp {

void Talk::append(Datagram datagram, const Facts& datagram_facts) {
  exchange.datagrams.push_back(std::move(datagram));
  facts.push_back(datagram_facts);
  if (find_original()) return;
  if (was_overtaken()) exchange.datagrams.back().reordered = true;
  pair();
}

bool Talk::is_open(std::size_t i) const {
  const Datagram& each = exchange.datagrams[i];
  return each.from == Side::client && !each.duplicate && each.icmp_packet == 0 &&
         !facts[i].answered_by;
}

std::optional<std::size_t> Talk::oldest_open() {
  while (first_open < facts.size() && !is_open(first_open)) ++first_open;
  return first_open < facts.size() ? std::optional(first_open) : std::nullopt;
}

bool Talk::same_bytes(std::size_t i, std::size_t j) const {
  return facts[i].bytes_known && facts[j].bytes_known && facts[i].hash == facts[j].hash &&
         exchange.datagrams[i].length == exchange.datagrams[j].length;
}

// Is the last datagram a copy of one before it? Only IPv4 says: by its identification.
bool Talk::find_original() {
  const std::size_t last = facts.size() - 1;
  Datagram& datagram = exchange.datagrams[last];
  if (!facts[last].id_means_something) return false;
  for (std::size_t i = last; i-- > 0 && last - i <= kLookBack;) {
    const Datagram& original = exchange.datagrams[i];
    if (original.from == datagram.from && facts[i].ip_id == facts[last].ip_id &&
        same_bytes(i, last)) {
      datagram.duplicate = true;
      datagram.pairing = original.pairing;
      datagram.answers = original.answers;
      return true;
    }
  }
  return false;
}

// The last datagram's IP identification belongs before that of one that came earlier. Only small
// steps count: hosts that draw numbers at random make large ones.
bool Talk::was_overtaken() const {
  const std::size_t last = facts.size() - 1;
  if (!facts[last].id_means_something) return false;
  constexpr int most = 16;
  bool later_seen = false;
  for (std::size_t i = last; i-- > 0 && last - i <= kLookBack;) {
    if (exchange.datagrams[i].from != exchange.datagrams[last].from) continue;
    if (!facts[i].id_means_something) continue;
    const auto ahead = static_cast<std::int16_t>(facts[i].ip_id - facts[last].ip_id);
    if (ahead > most) return false;
    if (ahead < -most) break;  // far enough back
    if (ahead > 0) later_seen = true;
  }
  return later_seen;
}

// Says what the last datagram is.
void Talk::pair() {
  auto& datagrams = exchange.datagrams;
  const std::size_t last = datagrams.size() - 1;
  Datagram& answer = datagrams[last];
  if (answer.from == Side::client) {
    answer.pairing = Pairing::request;
    return;
  }
  if (const auto oldest = oldest_open()) {
    std::size_t chosen = *oldest;
    for (std::size_t i = *oldest; i < last && i - *oldest <= kLookBack; ++i) {
      if (is_open(i) && same_bytes(i, last)) {
        chosen = i;
        break;
      }
    }
    answer.pairing = Pairing::answer;
    answer.answers = datagrams[chosen].packet;
    if (!answer.complete) return;  // nobody will be given it: the request stays open
    facts[chosen].answered_by = last;
    // An echo of an earlier request than one echoed already was overtaken.
    if (!same_bytes(chosen, last)) return;
    for (std::size_t i = last; i-- > chosen + 1 && last - i <= kLookBack;) {
      const auto& by = facts[i].answered_by;
      if (datagrams[i].from == Side::client && by && same_bytes(i, *by)) answer.reordered = true;
    }
    return;
  }
  answer.pairing = Pairing::unsolicited;
  for (std::size_t i = last; i-- > 0 && last - i <= kLookBack;) {
    const bool given =
        datagrams[i].pairing == Pairing::answer || datagrams[i].pairing == Pairing::repeated;
    if (datagrams[i].from == Side::server && given && same_bytes(i, last)) {
      answer.pairing = Pairing::repeated;
      answer.answers = datagrams[i].answers;
      answer.duplicate = true;
      return;
    }
  }
}

void Talk::count() {
  for (std::size_t i = 0; i < exchange.datagrams.size(); ++i) {
    const Datagram& each = exchange.datagrams[i];
    if (each.icmp_packet != 0) ++exchange.icmp_errors;
    if (each.fragments > 1 || !each.complete) {
      exchange.fragments = std::max<std::uint64_t>(exchange.fragments, each.fragments);
    }
    if (each.duplicate) ++exchange.duplicates;
    if (each.pairing == Pairing::repeated) ++exchange.unpaired_answers;
    if (each.duplicate) continue;
    if (each.reordered) ++exchange.reordered;
    (each.from == Side::client ? exchange.client_bytes : exchange.server_bytes) += each.length;
    switch (each.pairing) {
      case Pairing::request:
        ++exchange.requests;
        if (!facts[i].answered_by) ++exchange.unanswered;
        break;
      case Pairing::answer:
        if (each.complete) ++exchange.answers;
        break;
      case Pairing::other_port:
      case Pairing::other_address:
      case Pairing::wrong_peer:
      case Pairing::unsolicited:
        ++exchange.unpaired_answers;
        break;
      case Pairing::repeated:
        break;
    }
  }
}

std::string_view name(Pairing pairing) {
  switch (pairing) {
    case Pairing::request:
      return "request";
    case Pairing::answer:
      return "answer";
    case Pairing::other_port:
      return "other port";
    case Pairing::other_address:
      return "other address";
    case Pairing::wrong_peer:
      return "wrong peer";
    case Pairing::repeated:
      return "repeated";
    case Pairing::unsolicited:
      return "unsolicited";
  }
  return "?";
}

}  // namespace wireproof::udp
