// Traces for tests, written as the ladder they make:
//
//   Trace t;
//   t.client(SYN).server(SYN | ACK).client(ACK);
//   t.client("123").server(ACK).client(FIN | ACK).server(ACK);
//
// Each end numbers its segments from its ISN and acknowledges all it was sent, unless told
// otherwise: modifiers change the segment before them (`.server(ACK).ack(99)`).
// Thread rule: one thread at a time. Lifetime: packets() point into the trace.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "packet/packet.h"
#include "tcp/judge.h"

namespace wireproof::tcp::testing {

inline constexpr std::uint16_t FIN = packet::flag::fin, SYN = packet::flag::syn,
                               RST = packet::flag::rst, PSH = packet::flag::psh,
                               ACK = packet::flag::ack, URG = packet::flag::urg,
                               ECE = packet::flag::ece, CWR = packet::flag::cwr,
                               AE = packet::flag::ae;

inline constexpr CaptureFacts kWhole{.starts_before_traffic = true, .ends_after_traffic = true};

class Trace {
 public:
  explicit Trace(std::uint32_t client_isn = 1000, std::uint32_t server_isn = 5000);
  Trace(const Trace&);  // its packets point into it, not into the other
  Trace& operator=(const Trace&);
  ~Trace() = default;

  // A segment with these flags, and a payload of this text.
  Trace& client(std::uint16_t flags, std::string_view payload = {});
  Trace& server(std::uint16_t flags, std::string_view payload = {});
  // Data, with PSH and ACK.
  Trace& client(std::string_view payload) { return client(PSH | ACK, payload); }
  Trace& server(std::string_view payload) { return server(PSH | ACK, payload); }

  // Common passages.
  Trace& handshake() { return client(SYN).server(SYN | ACK).client(ACK); }
  Trace& exchange(std::string_view request = "0123456789", std::string_view answer = "success");
  Trace& client_closes();  // four segments
  Trace& server_closes();

  // Changes of the segment just added. Numbers are relative to the ISNs.
  Trace& seq(std::int64_t relative);  // its end goes on from where it would have
  Trace& ack(std::int64_t relative);
  Trace& raw_ack(std::uint32_t number);
  Trace& window(std::uint16_t unscaled);
  Trace& urgent(std::uint16_t pointer);
  Trace& length(std::uint32_t bytes);       // longer than what was captured of it
  Trace& after(std::int64_t milliseconds);  // later than the one before, from here on
  Trace& at_once();                         // at the time of the one before
  Trace& options(const packet::TcpOptions& options);
  packet::TcpOptions& its_options() { return last().tcp.options; }
  Trace& checksum(packet::Checksum checksum);
  Trace& malformed(std::string_view what);
  Trace& cut();
  Trace& ip_id(std::uint32_t id);
  Trace& ecn(std::uint8_t code_point);
  Trace& ttl(std::uint8_t hops);

  Trace& unheard();                   // the other end never gets it
  Trace& lost();                      // the other end gets it, the capture does not
  Trace& again();                     // the same packet once more in the capture
  Trace& repeat(std::size_t number);  // packet `number` sent again, as a retransmission
  Trace& swap();  // the last two change places in the capture (and keep their times)

  // From here on.
  Trace& isn(Side side, std::uint32_t number);  // a new life of these ports
  Trace& use_timestamps();
  Trace& no_scaling();
  Trace& ports(std::uint16_t client_port, std::uint16_t server_port);
  Trace& addresses(std::string_view client, std::string_view server);
  Trace& icmp_error(std::uint8_t type, std::uint8_t code);       // quotes the last segment
  std::int64_t next(Side side) const { return end(side).next; }  // relative

  std::vector<packet::Packet>& packets();  // numbered from 1
  std::vector<Connection> connections(CaptureFacts facts = {});
  Connection connection(CaptureFacts facts = {});  // there must be exactly one
  Judgement judgement(CaptureFacts facts = {}, const Expectation& expected = {});

 private:
  struct EndPoint {
    packet::Endpoint endpoint;
    std::uint32_t isn = 0;
    std::int64_t next = 0, heard = 0;  // heard: of the other end
    std::uint32_t ip_id = 0, stamp = 0, stamp_heard = 0;
  };
  EndPoint& end(Side side) { return ends_[static_cast<std::size_t>(side)]; }
  const EndPoint& end(Side side) const { return ends_[static_cast<std::size_t>(side)]; }
  Trace& send(Side from, std::uint16_t flags, std::string_view payload);
  packet::Packet& last() { return packets_.back(); }
  Side last_side() const;

  std::array<EndPoint, 2> ends_;
  std::vector<packet::Packet> packets_;
  std::deque<std::string> payloads_;
  std::int64_t time_ns_ = 1'700'000'000'000'000'000;
  std::int64_t heard_before_ = 0;
  bool timestamps_ = false, scaling_ = true;
};

// "rule, rule" of the findings that are not notes; for messages of tests.
std::string rules_text(const Judgement& judgement);
bool broke(const Judgement& judgement, std::string_view rule);
const Finding* find(const Judgement& judgement, std::string_view rule);

}  // namespace wireproof::tcp::testing
