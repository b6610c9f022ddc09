#include "run/live_proof.h"

#include <gtest/gtest.h>

#include "capture/filter.h"
#include "packet/build.h"

namespace wireproof::run {
namespace {

namespace build = packet::build;
namespace flag = packet::flag;
using scenario::CaptureKind;

constexpr std::uint16_t server_port = 80;

// Frames of connections from one client, each from a port of its own.
class Traffic {
 public:
  explicit Traffic(bool ipv6 = false) : ipv6_(ipv6) {}

  Traffic& from(std::uint16_t port) {
    client_ = build::endpoint(ipv6_ ? "2001:db8::1" : "192.0.2.1", port);
    client_next_ = 1000u * port;
    server_next_ = 3000u * port;
    return *this;
  }
  Traffic& client(std::uint16_t flags, std::string_view data = {}) {
    add(client_, server_, client_next_, server_next_, flags, data);
    return *this;
  }
  Traffic& server(std::uint16_t flags, std::string_view data = {}) {
    add(server_, client_, server_next_, client_next_, flags, data);
    return *this;
  }
  Traffic& open() { return client(flag::syn).server(flag::syn | flag::ack).client(flag::ack); }
  Traffic& exchange() {
    return client(flag::psh | flag::ack, "ask").server(flag::psh | flag::ack, "success");
  }
  Traffic& close() {
    return client(flag::fin | flag::ack).server(flag::fin | flag::ack).client(flag::ack);
  }
  // Of so many bytes more than there were.
  Traffic& server_acknowledging(std::uint32_t more, std::uint16_t flags) {
    add(server_, client_, server_next_, client_next_ + more, flags, {});
    return *this;
  }
  Traffic& whole(std::uint16_t port) { return from(port).open().exchange().close(); }
  Traffic& every(std::int64_t ns) {
    step_ns_ = ns;
    return *this;
  }

  load::ProofResult proof(CaptureKind kind, std::uint64_t made, std::uint64_t dropped = 0,
                          const std::vector<witness::TcpSocket>& left = {}) {
    LiveProof proof(server_port, true, kind);
    auto filter = capture::Filter::compile(std::string(tcp::outline_filter));
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < frames_.size(); ++i) {
      const packet::Frame frame = build::frame(frames_[i], ++number, times_[i]);
      if (!proof.wants_filter() || filter->matches(frame)) proof.add(frame);
    }
    capture::CaptureStats stats;
    stats.drained = true;
    stats.dropped_by_kernel = dropped;
    const load::ProofResult result = proof.finish(stats, made, 1, left);
    findings_ = proof.findings();
    return result;
  }
  const std::map<std::string, Finding>& findings() const { return findings_; }
  const packet::Endpoint& client_endpoint() const { return client_; }
  const packet::Endpoint& server_endpoint() const { return server_; }

 private:
  void add(const packet::Endpoint& from, const packet::Endpoint& to, std::uint32_t& next,
           std::uint32_t peer_next, std::uint16_t flags, std::string_view data) {
    build::TcpFields fields;
    fields.seq = next;
    fields.flags = flags;
    if ((flags & flag::ack) != 0) fields.ack = peer_next;
    frames_.push_back(build::tcp_frame(from, to, fields, build::text(data)));
    times_.push_back(now_ns_ += step_ns_);
    next += static_cast<std::uint32_t>(data.size());
    if ((flags & (flag::syn | flag::fin)) != 0) ++next;
  }

  const bool ipv6_;
  packet::Endpoint client_, server_ = build::endpoint(ipv6_ ? "2001:db8::2" : "192.0.2.2", 80);
  std::uint32_t client_next_ = 0, server_next_ = 0;
  std::vector<build::Bytes> frames_;
  std::vector<std::int64_t> times_;
  std::int64_t now_ns_ = 1'700'000'000'000'000'000, step_ns_ = 20'000;
  std::map<std::string, Finding> findings_;
};

class EachKind : public testing::TestWithParam<std::tuple<CaptureKind, bool>> {
 protected:
  CaptureKind kind() const { return std::get<0>(GetParam()); }
  Traffic traffic{std::get<1>(GetParam())};
};
INSTANTIATE_TEST_SUITE_P(LiveProof, EachKind,
                         testing::Combine(testing::Values(CaptureKind::automatic,
                                                          CaptureKind::handshakes,
                                                          CaptureKind::headers, CaptureKind::whole),
                                          testing::Bool()),
                         [](const auto& value) {
                           return std::string(scenario::name(std::get<0>(value.param))) +
                                  (std::get<1>(value.param) ? "_IPv6" : "_IPv4");
                         });

TEST_P(EachKind, ConnectionsMadeAreHandshakesAndClosesProven) {
  for (std::uint16_t port = 2000; port < 2050; ++port) traffic.whole(port);
  const load::ProofResult proof = traffic.proof(kind(), 50);
  EXPECT_TRUE(proof.balanced) << proof.difference;
  EXPECT_EQ(proof.handshakes_proven, 50u);
  EXPECT_EQ(proof.closes_proven, 50u);
  EXPECT_EQ(proof.closed_first.at("client"), 50u);
  EXPECT_EQ(proof.packets, 50u * (kind() == CaptureKind::handshakes ? 4 : 8));
}

TEST_P(EachKind, AGeneratorThatCountsAnotherNumber) {
  for (std::uint16_t port = 2000; port < 2005; ++port) traffic.whole(port);
  const load::ProofResult proof = traffic.proof(kind(), 6);
  EXPECT_FALSE(proof.balanced);
  EXPECT_NE(proof.difference.find("6 connections made and 5 handshakes proven"), std::string::npos)
      << proof.difference;
}

TEST_P(EachKind, AConnectionThatIsNotClosedIsNamed) {
  traffic.whole(2000).from(2001).open().exchange().client(flag::fin | flag::ack);
  const load::ProofResult proof = traffic.proof(kind(), 2);
  EXPECT_FALSE(proof.balanced);
  EXPECT_EQ(proof.closes_proven, 1u);
  EXPECT_NE(proof.difference.find("2001 (close unfinished)"), std::string::npos)
      << proof.difference;
}

TEST_P(EachKind, AResetInPlaceOfAFinIsToldApart) {
  traffic.whole(2000).from(2001).open().exchange().server(flag::rst | flag::ack);
  const load::ProofResult proof = traffic.proof(kind(), 2);
  EXPECT_EQ(proof.closings.at("reset"), 1u);
  EXPECT_EQ(proof.closed_first.at("server"), 1u);
}

TEST_P(EachKind, AWrongAnswerToASynIsAFindingUnlessPacketsWereLost) {
  traffic.from(2000).client(flag::syn).server_acknowledging(5, flag::syn | flag::ack);
  const load::ProofResult proof = traffic.proof(kind(), 1);
  EXPECT_FALSE(proof.balanced);
  ASSERT_TRUE(traffic.findings().contains("tcp.handshake.syn-ack-number"));
  EXPECT_FALSE(traffic.findings().at("tcp.handshake.syn-ack-number").inconclusive);
  traffic.proof(kind(), 1, 3);
  EXPECT_TRUE(traffic.findings().at("tcp.handshake.syn-ack-number").inconclusive);
}

// Kept connections under load: so many packets that the filter pays.
Traffic& busy(Traffic& traffic, int exchanges) {
  traffic.from(2000).every(10'000).open();
  for (int i = 0; i < exchanges; ++i) traffic.exchange();
  return traffic.close();
}

TEST(LiveProof, ManyPacketsOfFewConnectionsAreFiltered) {
  Traffic traffic;
  const load::ProofResult proof = busy(traffic, 20'000).proof(CaptureKind::automatic, 1);
  EXPECT_EQ(proof.capture, "handshakes");
  EXPECT_NE(proof.basis.find("0.1 s after the first packet 100"), std::string::npos) << proof.basis;
  EXPECT_TRUE(proof.balanced) << proof.difference;
  EXPECT_LT(proof.packets, 20'000u);
}

TEST(LiveProof, ManyPacketsOfManyConnectionsAreNot) {
  Traffic traffic;
  traffic.every(10'000);
  for (std::uint16_t port = 2000; port < 6000; ++port) traffic.whole(port);
  const load::ProofResult proof = traffic.proof(CaptureKind::automatic, 4000);
  EXPECT_EQ(proof.capture, "headers");
  EXPECT_TRUE(proof.balanced) << proof.difference;
}

TEST(LiveProof, WhatAllPacketsShowedBeforeTheFilterStaysFound) {
  Traffic traffic;
  // A pure ACK of what was never sent, on a connection that is over before it gets busy.
  traffic.from(1999).open().server_acknowledging(5, flag::ack).close();
  const load::ProofResult alone = traffic.proof(CaptureKind::headers, 1);
  ASSERT_EQ(alone.failed, 1u);
  const load::ProofResult both = busy(traffic, 20'000).proof(CaptureKind::automatic, 2);
  EXPECT_EQ(both.capture, "handshakes");
  EXPECT_EQ(both.broken_rules, alone.broken_rules);
  EXPECT_EQ(both.failed, 1u);
  EXPECT_FALSE(both.balanced);
}

TEST(LiveProof, ASocketThatWaitsForTheLastAckDisprovesItsClose) {
  Traffic traffic;
  traffic.whole(2000).whole(2001);
  witness::TcpSocket waiting;
  waiting.state = tcp::State::last_ack;
  waiting.local = traffic.server_endpoint();
  waiting.remote = traffic.client_endpoint();
  const load::ProofResult proof = traffic.proof(CaptureKind::handshakes, 2, 0, {waiting});
  EXPECT_FALSE(proof.balanced);
  EXPECT_EQ(proof.closes_proven, 1u);
  EXPECT_NE(proof.difference.find("2001 (still in LAST_ACK)"), std::string::npos)
      << proof.difference;
}

// The filter itself, on frames of all kinds.
TEST(OutlineFilter, PassesWhatAnOutlineIsMadeOf) {
  auto filter = capture::Filter::compile(std::string(tcp::outline_filter));
  ASSERT_TRUE(filter) << filter.error();
  const auto passes = [&](const build::Bytes& bytes) {
    return filter->matches(build::frame(bytes, 1, 0));
  };
  for (const auto& [one, other] :
       {std::pair("192.0.2.1", "192.0.2.2"), std::pair("2001:db8::1", "2001:db8::2")}) {
    const auto a = build::endpoint(one, 1000), b = build::endpoint(other, 80);
    for (const std::uint16_t flags : {flag::syn, flag::fin, flag::rst}) {
      build::TcpFields fields;
      fields.flags = flags;
      EXPECT_TRUE(passes(build::tcp_frame(a, b, fields))) << one;
      fields.flags = static_cast<std::uint16_t>(flags | flag::ack | flag::psh);
      EXPECT_TRUE(passes(build::tcp_frame(a, b, fields, build::text("data")))) << one;
    }
    build::TcpFields fields;
    fields.flags = flag::ack | flag::psh | flag::urg | flag::ece | flag::cwr;
    EXPECT_FALSE(passes(build::tcp_frame(a, b, fields, build::text("data")))) << one;
    EXPECT_FALSE(passes(build::udp_frame(a, b, build::text("data")))) << one;
    const bool ipv4 = a.address.family == packet::Family::ipv4;
    const build::Bytes error =
        build::icmp(a.address, b.address, ipv4 ? 3 : 1, ipv4 ? 3 : 4, 0, build::text("quoted"));
    EXPECT_TRUE(passes(build::ethernet(build::ip(a.address, b.address, ipv4 ? 1 : 58, error))));
  }
}

}  // namespace
}  // namespace wireproof::run
