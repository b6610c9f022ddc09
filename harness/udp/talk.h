// An exchange while it is being tracked. How answers find their requests: an answer from the
// endpoint asked takes the oldest request still open (an echo, that request whose bytes it has).
// Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <vector>

#include "udp/exchange.h"

namespace wireproof::udp {

constexpr std::size_t kLookBack = 64;  // datagrams searched for a duplicate, or the one ICMP quotes

// What pairing needs of a datagram and nobody else does.
struct Facts {
  std::uint32_t ip_id = 0;
  bool id_means_something = false;
  bool bytes_known = false;  // all of the payload was captured
  std::size_t hash = 0;
  std::optional<std::size_t> answered_by;  // of a request: index of the answer
};

struct Talk {
  Exchange exchange;
  std::vector<Facts> facts;    // beside exchange.datagrams
  std::size_t first_open = 0;  // no request before it is open
  // Of one that may be an answer gone astray: what it would be, to which talk's which datagram.
  Pairing suspicion = Pairing::request;
  std::size_t suspected_of = 0, suspected_request = 0;
  std::vector<std::size_t> suspects;  // the talks that may be this one's answers
  // Its place in the order of silence, and when that began.
  std::list<std::size_t>::iterator place;
  std::uint64_t heard_ns = 0;

  void append(Datagram datagram, const Facts& datagram_facts);  // and says what it is
  std::optional<std::size_t> oldest_open();                     // request, by place
  void count();                                                 // fills the exchange's counts

 private:
  bool is_open(std::size_t i) const;
  bool same_bytes(std::size_t i, std::size_t j) const;
  bool find_original();
  bool was_overtaken() const;
  void pair();
};

}  // namespace wireproof::udp
