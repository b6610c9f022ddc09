// For tests: an engine on a simulated clock, what came out of it, and packets of one conversation
// between 192.0.2.1 (or 2001:db8::1) and 192.0.2.2 (or 2001:db8::2).
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "packet/build.h"
#include "packet/decode.h"
#include "wire/engine.h"

namespace wireproof::wire::testing {

using namespace std::chrono_literals;
namespace build = packet::build;
using packet::flag::ack, packet::flag::fin, packet::flag::psh, packet::flag::rst, packet::flag::syn;

constexpr Direction to_server = Direction::client_to_server,
                    to_client = Direction::server_to_client;
constexpr std::uint32_t client_isn = 0xFFFFFFF0, server_isn = 5000;  // the former wraps early

struct Out {
  Time at{0};
  Direction direction;
  Bytes frame;
  packet::Packet packet() const { return packet::decode(build::frame(frame)); }
  // What is wrong with its checksums or format, or empty.
  std::string wrong() const {
    const packet::Packet seen = packet();
    if (!seen.malformed.empty()) return std::string(seen.malformed);
    if (seen.ip_checksum == packet::Checksum::bad) return "IP checksum";
    if (seen.checksum == packet::Checksum::bad) return "checksum";
    return "";
  }
};

// A segment or datagram of the conversation, numbered relative to the initial numbers.
struct Ends {
  bool ipv6 = false;
  std::uint16_t client_port = 40000, server_port = 7000;

  packet::Endpoint client() const {
    return build::endpoint(ipv6 ? "2001:db8::1" : "192.0.2.1", client_port);
  }
  packet::Endpoint server() const {
    return build::endpoint(ipv6 ? "2001:db8::2" : "192.0.2.2", server_port);
  }
  Bytes segment(Direction direction, std::uint32_t seq, std::uint32_t acked, std::uint16_t flags,
                std::string_view payload = {}, const Bytes& options = {}) const {
    const bool up = direction == to_server;
    build::TcpFields fields;
    fields.seq = (up ? client_isn : server_isn) + seq;
    fields.ack = (flags & ack) != 0 ? (up ? server_isn : client_isn) + acked : 0;
    fields.flags = flags;
    fields.options = options;
    return build::tcp_frame(up ? client() : server(), up ? server() : client(), fields,
                            build::text(payload));
  }
  Bytes datagram(Direction direction, std::string_view payload) const {
    const bool up = direction == to_server;
    return build::udp_frame(up ? client() : server(), up ? server() : client(),
                            build::text(payload));
  }
};

class TestWire final : public Outlet {
 public:
  explicit TestWire(const Plan& plan, const EngineOptions& options = {}) : engine(plan, options) {}

  void lend(Direction direction, View frame) override {
    out.push_back({now, direction, Bytes(frame.begin(), frame.end())});
  }
  void give(Direction direction, Bytes frame) override {
    out.push_back({now, direction, std::move(frame)});
  }

  // Lets time pass, moment by moment of what is due.
  void run_until(Time time) {
    for (auto due = engine.next_due(); due && *due <= time; due = engine.next_due()) {
      now = std::max(now, *due);
      engine.advance(now, *this);
    }
    now = time;
  }
  void run_for(Time span) { run_until(now + span); }
  // The frame comes in; its memory is gone afterwards.
  void in(Direction direction, Bytes frame) {
    engine.accept({direction, frame, now, 1'000'000'000 + now.count()}, *this);
    std::fill(frame.begin(), frame.end(), 0xDD);
  }
  // SYN, SYN-ACK, ACK.
  void handshake(const Ends& ends = {}) {
    in(to_server, ends.segment(to_server, 0, 0, syn));
    in(to_client, ends.segment(to_client, 0, 1, syn | ack));
    in(to_server, ends.segment(to_server, 1, 1, ack));
  }
  std::size_t release(std::string_view name) { return engine.release(name, now, *this); }

  // "> SYN 0", "< ACK 1 abc": what came out, in order, numbers relative, and forgets it.
  std::vector<std::string> take() {
    std::vector<std::string> texts;
    for (const Out& one : out) {
      const packet::Packet seen = one.packet();
      std::string text = one.direction == to_server ? ">" : "<";
      if (seen.protocol == packet::Protocol::tcp) {
        const std::uint32_t isn = one.direction == to_server ? client_isn : server_isn;
        text += " " + packet::flags_text(seen.tcp.flags) + " " + std::to_string(seen.tcp.seq - isn);
      }
      if (!seen.payload.empty() && seen.icmp.type == 0)
        text += " " + std::string(seen.payload.begin(), seen.payload.end());
      texts.push_back(text);
    }
    out.clear();
    return texts;
  }
  std::vector<std::string> decided() const {
    std::vector<std::string> texts;
    for (const Decision& one : engine.decisions()) {
      texts.push_back(std::string(name(one.deed)) + " #" + std::to_string(one.packet.number) +
                      " by " + one.name + (one.detail.empty() ? "" : ": " + one.detail));
    }
    return texts;
  }

  Engine engine;
  Time now{0};
  std::vector<Out> out;
};

inline Plan with_rule(Match on, Action action, std::string rule_name = "rule") {
  Plan plan;
  plan.rules.push_back({std::move(rule_name), std::move(on), std::move(action), false});
  return plan;
}
inline Plan with_conditions(const Conditions& conditions, std::uint64_t seed = 1) {
  Plan plan;
  plan.client_to_server = conditions;
  plan.seed = seed;
  return plan;
}

}  // namespace wireproof::wire::testing
