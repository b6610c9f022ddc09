#include "tcp/mutation.h"

#include <fmt/format.h>

namespace wireproof::tcp::testing {
namespace {

namespace flag = packet::flag;
using packet::Packet;

bool pure_ack(const Packet& p) {
  constexpr std::uint16_t kControl = flag::syn | flag::fin | flag::rst;
  return p.payload_length == 0 && (p.tcp.flags & kControl) == 0;
}

// What is acknowledged is acknowledged again later, cumulatively, and no state hangs on the moment.
bool covered_later(const Packets& all, std::size_t at) {
  bool after_control = false;
  for (std::size_t i = 0; i < at; ++i)
    if (all[i].source != all[at].source && (all[i].tcp.flags & flag::fin) != 0)
      after_control = true;
  if (after_control) return false;
  for (std::size_t i = at + 1; i < all.size(); ++i)
    if (all[i].source == all[at].source && all[i].tcp.has(flag::ack)) return true;
  return false;
}

class Maker {
 public:
  explicit Maker(const Packets& packets) : packets_(packets) {}

  std::vector<Mutation> make() {
    for (std::size_t at = 0; at < packets_.size(); ++at) {
      numbers(at);
      flags(at);
      options(at);
      order(at);
    }
    return std::move(made_);
  }

 private:
  void field(std::size_t at, const std::string& what, std::function<void(Packet&)> change,
             std::string same_meaning = {}) {
    made_.push_back({fmt::format("packet {}: {}", at + 1, what), std::move(same_meaning),
                     [at, change = std::move(change)](Packets packets) {
                       change(packets[at]);
                       return packets;
                     }});
  }

  void numbers(std::size_t at) {
    const Packet& p = packets_[at];
    for (const int by : {+1, -1, +1000, -1000}) {
      const auto step = static_cast<std::uint32_t>(by);
      field(at, fmt::format("seq{:+}", by), [step](Packet& q) { q.tcp.seq += step; });
      if (p.tcp.has(flag::ack)) {
        field(at, fmt::format("ack{:+}", by), [step](Packet& q) { q.tcp.ack += step; });
      }
    }
    for (const int by : {+1, -1}) {
      field(
          at, fmt::format("window{:+}", by),
          [by](Packet& q) { q.tcp.window = static_cast<std::uint16_t>(q.tcp.window + by); },
          "an end offers what window it likes");
    }
    if (p.payload_length != 0) {
      field(at, "length-1", [](Packet& q) {
        --q.payload_length;
        q.payload = q.payload.first(q.payload_length);
      });
      field(at, "length+1", [](Packet& q) { ++q.payload_length; });
    }
    field(at, "checksum", [](Packet& q) { q.checksum = packet::Checksum::bad; });
  }

  void flags(std::size_t at) {
    for (const auto& [bit, word] : {std::pair{flag::fin, "FIN"},
                                    {flag::syn, "SYN"},
                                    {flag::rst, "RST"},
                                    {flag::ack, "ACK"},
                                    {flag::psh, "PSH"},
                                    {flag::urg, "URG"}}) {
      const bool set = (packets_[at].tcp.flags & bit) != 0;
      const std::uint16_t toggled = bit;
      field(
          at, fmt::format("{} {}", word, set ? "dropped" : "added"),
          [toggled](Packet& q) { q.tcp.flags ^= toggled; },
          bit == flag::psh ? "PSH asks for nothing that the wire shows" : "");
    }
  }

  void options(std::size_t at) {
    const auto& o = packets_[at].tcp.options;
    const bool reset = packets_[at].tcp.has(flag::rst);
    if (o.timestamps) {
      field(
          at, "time stamps dropped", [](Packet& q) { q.tcp.options.timestamps.reset(); },
          reset ? "a RST needs none (RFC 7323 3.2)" : "");
      for (const int by : {+1, -1}) {
        const auto step = static_cast<std::uint32_t>(by);
        bool echoed = false;
        for (std::size_t i = at + 1; i < packets_.size(); ++i) {
          const auto& later = packets_[i].tcp.options.timestamps;
          if (later && packets_[i].source != packets_[at].source &&
              later->echo_reply == o.timestamps->value)
            echoed = true;
        }
        bool sent_again = false;
        for (std::size_t i = 0; i < packets_.size(); ++i) {
          const auto& another = packets_[i].tcp.options.timestamps;
          if (i != at && another && packets_[i].source == packets_[at].source &&
              another->value == o.timestamps->value)
            sent_again = true;
        }
        field(
            at, fmt::format("TSval{:+}", by),
            [step](Packet& q) { q.tcp.options.timestamps->value += step; },
            !echoed || sent_again ? "a clock may tick; nothing echoes this packet's alone" : "");
        if (packets_[at].tcp.has(flag::ack)) {
          field(
              at, fmt::format("TSecr{:+}", by),
              [step](Packet& q) { q.tcp.options.timestamps->echo_reply += step; },
              reset ? "a RST's echo is nobody's" : "");
        }
      }
    }
    if (!packets_[at].tcp.has(flag::syn)) {
      field(at, "MSS added", [](Packet& q) { q.tcp.options.mss = 1460; });
      return;
    }
    for (const int by : {+1, -1}) {
      field(
          at, fmt::format("MSS{:+}", by),
          [by](Packet& q) {
            q.tcp.options.mss = static_cast<std::uint16_t>(*q.tcp.options.mss + by);
          },
          "an end takes segments as long as it likes");
    }
    field(at, "window scale 15", [](Packet& q) { q.tcp.options.window_scale = 15; });
    if (!packets_[at].tcp.has(flag::ack)) {
      field(at, "window scale dropped", [](Packet& q) { q.tcp.options.window_scale.reset(); });
      field(
          at, "SACK-permitted dropped", [](Packet& q) { q.tcp.options.sack_permitted = false; },
          "no SACK is sent in this connection");
    }
  }

  void order(std::size_t at) {
    const Packet& p = packets_[at];
    const bool bare = pure_ack(p);
    std::string same;
    if (bare && covered_later(packets_, at)) same = "a later ACK acknowledges the same";
    made_.push_back({fmt::format("packet {}: removed", at + 1), same, [at](Packets packets) {
                       packets.erase(packets.begin() + static_cast<std::ptrdiff_t>(at));
                       return packets;
                     }});
    made_.push_back({fmt::format("packet {}: doubled", at + 1), {}, [at](Packets packets) {
                       packets.insert(packets.begin() + static_cast<std::ptrdiff_t>(at),
                                      packets[at]);
                       return packets;
                     }});
    if (at + 1 == packets_.size()) return;
    const Packet& next = packets_[at + 1];
    // Two packets that cross, or that one end sends at once, may change places on the way.
    const bool crossing = p.source != next.source && next.tcp.ack - p.tcp.seq == 0 &&
                          p.payload_length == 0 && bare && !next.tcp.has(flag::syn);
    const bool acks_of_one =
        bare && pure_ack(next) && p.source == next.source && p.tcp.ack == next.tcp.ack;
    made_.push_back({fmt::format("packets {} and {}: swapped", at + 1, at + 2),
                     crossing      ? "the two acknowledge nothing of each other"
                     : acks_of_one ? "the two are alike"
                                   : "",
                     [at](Packets packets) {
                       std::swap(packets[at], packets[at + 1]);
                       return packets;
                     }});
  }

  const Packets& packets_;
  std::vector<Mutation> made_;
};

}  // namespace

std::vector<Mutation> mutations(const Packets& packets) { return Maker(packets).make(); }

}  // namespace wireproof::tcp::testing
