// For tests: a capture written down datagram by datagram. Each call makes one frame, numbered from
// 1 and a millisecond after the one before.
#pragma once

#include <deque>
#include <string_view>
#include <vector>

#include "packet/build.h"
#include "packet/decode.h"
#include "udp/exchange.h"

namespace wireproof::udp {

namespace build = packet::build;
using packet::Endpoint;

class Trace {
 public:
  Trace& send(const Endpoint& from, const Endpoint& to, std::string_view text,
              const build::IpFields& ip = {}, const build::UdpFields& udp = {}) {
    return datagram(from, to, build::udp(from, to, build::text(text), udp), ip);
  }
  // The UDP datagram whole, or a part of one with `ip` saying which.
  Trace& datagram(const Endpoint& from, const Endpoint& to, build::View bytes,
                  const build::IpFields& ip) {
    return frame(build::ethernet(build::ip(from.address, to.address, 17, bytes, ip)));
  }
  // An ICMP error from `by` that quotes frame `number`, sent to who sent that.
  Trace& icmp(const Endpoint& by, std::uint64_t number, std::uint8_t type, std::uint8_t code) {
    const build::View quoted = build::View(frames_.at(number - 1)).subspan(14);
    const auto original = packet::decode(build::frame(frames_.at(number - 1)));
    const auto& to = original.source.address;
    const std::uint8_t protocol = to.family == packet::Family::ipv6 ? 58 : 1;
    return frame(build::ethernet(
        build::ip(by.address, to, protocol, build::icmp(by.address, to, type, code, 0, quoted))));
  }
  Trace& frame(build::Bytes bytes) {
    frames_.push_back(std::move(bytes));
    return *this;
  }

  std::vector<Exchange> exchanges() const {
    Tracker tracker;
    std::uint64_t number = 0;
    for (const build::Bytes& bytes : frames_) {
      ++number;
      const auto time_ns = static_cast<std::int64_t>(number) * 1'000'000;
      tracker.add(packet::decode(build::frame(bytes, number, time_ns)));
    }
    return tracker.finish();
  }
  // The only exchange of a trace that has one.
  Exchange exchange() const {
    auto all = exchanges();
    return all.size() == 1 ? all.front() : Exchange{};
  }
  Judgement judged(const Expectation& expected = {}, bool whole = true,
                   bool checksums_valid = true) const {
    return judge(exchanges(), whole, checksums_valid, expected);
  }

 private:
  std::deque<build::Bytes> frames_;
};

inline const Endpoint kClient = build::endpoint("192.0.2.1", 40000);
inline const Endpoint kServer = build::endpoint("192.0.2.2", 7);
inline const Endpoint kClient6 = build::endpoint("2001:db8::1", 40000);
inline const Endpoint kServer6 = build::endpoint("2001:db8::2", 7);

}  // namespace wireproof::udp
