// Frames of two captures that differ, as behind a wire that lost a segment: what is judged from
// which, and that nothing which only the link did is blamed on an end.
#include "run/two_ends.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "packet/build.h"

namespace wireproof::run {
namespace {

namespace build = packet::build;
using namespace packet::flag;

const packet::Endpoint client = build::endpoint("192.0.2.1", 40000);
const packet::Endpoint server = build::endpoint("192.0.2.2", 80);

// One capture, made frame by frame.
class Capture {
 public:
  Capture& add(Side from, build::TcpFields fields, std::string_view data = {}) {
    const auto payload = build::text(data);
    const auto& [source, destination] =
        from == Side::client ? std::pair(client, server) : std::pair(server, client);
    bytes_.push_back(build::tcp_frame(source, destination, fields, payload));
    packet::Frame frame;
    frame.number = bytes_.size();
    frame.time_ns = static_cast<std::int64_t>(bytes_.size()) * 1'000'000;
    frame.bytes = bytes_.back();
    frame.wire_length = static_cast<std::uint32_t>(bytes_.back().size());
    frames_.push_back(frame);
    return *this;
  }
  Capture& opened() {
    add(Side::client, {.seq = 100, .flags = syn});
    add(Side::server, {.seq = 500, .ack = 101, .flags = syn | ack});
    return add(Side::client, {.seq = 101, .ack = 501});
  }
  Capture& data() { return add(Side::client, {.seq = 101, .ack = 501, .flags = psh | ack}, "123"); }
  Capture& rest() {
    add(Side::server, {.seq = 501, .ack = 104});
    add(Side::client, {.seq = 104, .ack = 501, .flags = fin | ack});
    add(Side::server, {.seq = 501, .ack = 105, .flags = ack});
    add(Side::server, {.seq = 501, .ack = 105, .flags = fin | ack});
    return add(Side::client, {.seq = 105, .ack = 502});
  }
  std::span<const packet::Frame> frames() const { return frames_; }

 private:
  std::deque<build::Bytes> bytes_;
  std::vector<packet::Frame> frames_;
};

tcp::CaptureFacts whole() {
  tcp::CaptureFacts facts;
  facts.starts_before_traffic = facts.ends_after_traffic = facts.checksums_valid = true;
  return facts;
}

std::vector<Finding> must(const EndsSeen& seen) {
  std::vector<Finding> all;
  for (const Observation* end : {&seen.client, &seen.server}) {
    for (const auto& finding : end->findings) all.push_back(finding);
    for (const auto& one : end->connections) {
      for (const auto& finding : one.judgement.findings) {
        if (finding.severity == Severity::must) all.push_back(finding);
      }
    }
  }
  return all;
}

scenario::Case expecting_states(std::vector<tcp::State> server_states) {
  scenario::Case one;
  one.topology = lab::Topology::wire;
  one.expected.connections.count = 1;
  one.expected.connections.all.server_states = std::move(server_states);
  return one;
}

TEST(TwoEnds, WhatTheWireLostIsNobodysFault) {
  Capture at_client;
  at_client.opened().data().add(Side::client, {.seq = 101, .ack = 501, .flags = ack}, "123").rest();
  const Capture at_server = std::move(Capture().opened().data().rest());
  const EndsSeen seen = observe_ends(
      at_client.frames(), at_server.frames(),
      expecting_states({tcp::State::syn_received, tcp::State::established, tcp::State::close_wait,
                        tcp::State::last_ack, tcp::State::closed}),
      whole());
  for (const Finding& finding : must(seen)) ADD_FAILURE() << finding.rule << finding.observed;
  ASSERT_EQ(seen.client.connections.size(), 1u);
  EXPECT_EQ(seen.client.connections[0].connection.end(Side::client).retransmissions, 1u);
  EXPECT_EQ(seen.server.connections[0].connection.end(Side::client).retransmissions, 0u);
  EXPECT_EQ(seen.client.connections[0].judgement.verdict, Verdict::passed);
}

TEST(TwoEnds, TheServersStatesAreThoseOfItsOwnCapture) {
  Capture at_client, at_server;
  at_client.opened().data().rest();
  at_server.opened().data().add(Side::server, {.seq = 501, .ack = 104});
  const EndsSeen seen = observe_ends(
      at_client.frames(), at_server.frames(),
      expecting_states({tcp::State::syn_received, tcp::State::established, tcp::State::close_wait}),
      whole());
  const auto findings = must(seen);
  const auto found = std::ranges::find(findings, "tcp.expect.states", &Finding::rule);
  ASSERT_NE(found, findings.end());
  EXPECT_EQ(found->where.substr(found->where.size() - 20), "the server's capture");
  EXPECT_TRUE(found->packets.empty());
  EXPECT_EQ(seen.client.connections[0].judgement.verdict, Verdict::failed);
  EXPECT_EQ(tcp::state_path(seen.client.connections[0].connection, Side::server).back(),
            tcp::State::established);
}

// The server itself acknowledged what never came to it: its own capture proves it.
TEST(TwoEnds, AFaultThatAnEndReallyShowsIsKept) {
  Capture at_client, at_server;
  at_client.opened().data().rest();
  at_server.opened().rest();  // the data never came, and is acknowledged all the same
  const EndsSeen seen =
      observe_ends(at_client.frames(), at_server.frames(), expecting_states({}), whole());
  bool kept = false;
  for (const auto& one : seen.server.connections) {
    for (const auto& finding : one.judgement.findings) kept |= finding.blame == Blame::server;
  }
  EXPECT_TRUE(kept);
}

}  // namespace
}  // namespace wireproof::run
