// Datagrams of one pair of endpoints: requests and answers paired, with loss, duplication,
// reordering and ICMP errors. Plain values and pure functions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/finding.h"
#include "packet/packet.h"

namespace wireproof::udp {

// What a datagram is to the exchange it stands in. The last five are answers that no request asked
// for in that way.
enum class Pairing : std::uint8_t {
  request,
  answer,
  other_port,     // to the client that asked, from another port than it asked
  other_address,  // from another address than it asked
  wrong_peer,     // from where it asked, to somebody else who never did
  repeated,       // the bytes of an answer already given
  unsolicited,    // from the server, with no request left to answer
};
std::string_view name(Pairing);  // "other port"

struct Datagram {
  std::uint64_t packet = 0;  // the frame that completes it
  std::int64_t time_ns = 0;
  Side from = Side::client;
  std::uint32_t length = 0;  // payload bytes, all fragments together
  std::uint32_t fragments = 1;
  bool complete = true;  // all fragments were seen
  bool overlap = false;  // fragments that disagree on whose bytes are where
  packet::Checksum checksum = packet::Checksum::unknown;
  std::string_view malformed;  // as packet::Packet's
  Pairing pairing = Pairing::request;
  packet::Endpoint source, destination;  // the exchange's, but for other_port ... wrong_peer
  bool duplicate = false;         // same IP identification and bytes seen before, or `repeated`
  bool reordered = false;         // overtaken by one that was sent (or asked for) after it
  std::uint64_t answers = 0;      // packet number of the request that this one answers, or 0
  std::uint64_t icmp_packet = 0;  // the ICMP error that quotes it, or 0
  std::uint8_t icmp_type = 0, icmp_code = 0;
  std::string payload_start;  // first bytes (at most 64), raw
};

struct Exchange {  // one pair of endpoints; the client sent the first datagram
  std::uint64_t index = 0;
  packet::Endpoint client, server;
  std::vector<Datagram> datagrams;
  // Duplicates are in no other count but their own. Unanswered: requests that nobody answered in
  // any way (an ICMP error is no answer, nor one whose fragments did not all come). Unpaired:
  // answers with a Pairing after `answer`; `repeated` ones are in duplicates too. Fragments: the
  // most that one datagram came in, 0 when none was fragmented.
  std::uint64_t requests = 0, answers = 0, unanswered = 0, unpaired_answers = 0, duplicates = 0,
                reordered = 0, icmp_errors = 0, fragments = 0;
  std::uint64_t client_bytes = 0, server_bytes = 0;  // payload; duplicates not counted
};

// nullopt: whatever is legal. A number of unpaired answers or duplicates that is expected and seen
// is no fault.
struct Expectation {
  using Count = std::optional<std::uint64_t>;
  Count exchanges = {}, requests = {}, answers = {}, unanswered = {}, unpaired_answers = {},
        duplicates = {}, icmp_errors = {}, min_fragments = {}, client_bytes = {}, server_bytes = {};
};

struct Judgement {
  std::vector<Finding> findings;
  Verdict verdict = Verdict::passed;
};

class Tracker {
 public:
  Tracker();
  ~Tracker();
  Tracker(Tracker&&) noexcept;
  // UDP (fragments put together) and ICMP errors that quote it; others ignored. Packets need only
  // live during the call.
  void add(const packet::Packet& packet);
  std::vector<Exchange> finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// `whole`: the capture is known to hold everything that passed (loss can be proven).
Judgement judge(const std::vector<Exchange>& exchanges, bool whole, bool checksums_valid,
                const Expectation& expected = {});
std::span<const Rule> rules();

}  // namespace wireproof::udp
