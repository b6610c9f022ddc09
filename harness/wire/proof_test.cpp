// Each action proven from the captures at both ends, between two real stacks: what left the one and
// what came to the other. Datagrams where the senders must not react, segments where they must.
#include <netinet/tcp.h>

#include "wire/link_testing.h"

namespace wireproof::wire {
namespace {

using namespace testing;
using lab::RunIdentity;
using lab::testing::in_case;
using packet::Family;
using packet::flag::ack, packet::flag::fin, packet::flag::psh, packet::flag::rst, packet::flag::syn;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Texts = std::vector<std::string>;

constexpr std::uint16_t client_port = 40'000;

std::string text_of(const packet::Packet& one) {
  return std::string(one.payload.begin(), one.payload.end());
}
Texts texts(const std::vector<packet::Packet>& packets) {
  Texts found;
  for (const packet::Packet& one : packets)
    if (one.protocol == packet::Protocol::udp) found.push_back(text_of(one));
  return found;
}

// Sends datagrams from client to server, each text one, and waits until the link has seen them.
class Datagrams {
 public:
  Datagrams(const RunIdentity& identity, Plan plan, Family family)
      : wire_(identity, watched(plan)) {
    client_ = in_namespace(wire_.netns(Side::client), [&] {
      Fd socket =
          witness::testing::bound(SOCK_DGRAM, wire_.address(Side::client, family, client_port));
      SocketAddress at = to_socket_address(wire_.address(Side::server, family, server_port));
      checked("connect", "a test socket",
              [&] { return ::connect(socket.get(), at.get(), at.length); });
      return socket;
    });
    server_ = in_namespace(wire_.netns(Side::server), [&] {
      return witness::testing::bound(SOCK_DGRAM, wire_.address(Side::server, family, server_port));
    });
  }
  void send(const Texts& all) {
    for (const std::string& text : all) send_text(client_, text);
    sent_ += all.size();
    ASSERT_TRUE(wire_.link->await_match("seen", sent_, soon()));
  }
  Texts sent() const { return texts(wire_.packets(Side::client, true)); }
  Texts arrived() const { return texts(wire_.packets(Side::server, false)); }
  WireLab& wire() { return wire_; }
  const Fd& client() const { return client_; }
  const Fd& server() const { return server_; }

 private:
  static Plan watched(Plan plan) {
    Match on;
    on.direction = Direction::client_to_server;
    on.protocol = Protocol::udp;
    plan.rules.insert(plan.rules.begin(), Rule{"seen", on, Delay{}, true});
    return plan;
  }
  WireLab wire_;
  Fd client_, server_;
  std::size_t sent_ = 0;
};

Plan on_datagram(std::uint64_t nth, const Action& action) {
  Match on;
  on.direction = Direction::client_to_server;
  on.protocol = Protocol::udp;
  on.nth = {nth, nth};
  Plan plan;
  plan.rules.push_back({"rule", on, action, false});
  return plan;
}

class Proof : public ::testing::TestWithParam<Family> {
 protected:
  // In an ordinary user's case.
  void run(const std::function<void(const RunIdentity&, Family)>& body) const {
    const lab::testing::Setup ordinary{lab::testing::Caller::ordinary, lab::Isolation::user};
    in_case(ordinary, [&](const RunIdentity& identity) { body(identity, GetParam()); });
  }
  // a, b, c, d are sent; what arrives.
  void expect_arrived(const Action& action, const Texts& arrived) const {
    run([&](const RunIdentity& identity, Family family) {
      Datagrams udp(identity, on_datagram(2, action), family);
      udp.send({"a", "b", "c", "d"});
      udp.wire().stop();
      EXPECT_EQ(udp.sent(), (Texts{"a", "b", "c", "d"}));
      EXPECT_EQ(udp.arrived(), arrived);
      EXPECT_THAT(udp.wire().link->unmatched(), IsEmpty());
    });
  }
};
INSTANTIATE_TEST_SUITE_P(Families, Proof, ::testing::Values(Family::ipv4, Family::ipv6),
                         [](const auto& one) {
                           return one.param == Family::ipv4 ? "ipv4" : "ipv6";
                         });

TEST_P(Proof, Drop) { expect_arrived(Drop{}, {"a", "c", "d"}); }
TEST_P(Proof, Duplicate) { expect_arrived(Duplicate{2, {}}, {"a", "b", "b", "b", "c", "d"}); }
TEST_P(Proof, Reorder) { expect_arrived(ReorderBehind{1, {}}, {"a", "c", "b", "d"}); }
TEST_P(Proof, Delay) { expect_arrived(Delay{300ms}, {"a", "c", "d", "b"}); }
TEST_P(Proof, HoldForATime) { expect_arrived(Hold{"x", {}, 300ms}, {"a", "c", "d"}); }
TEST_P(Proof, HoldForACount) { expect_arrived(Hold{"x", 2, {}}, {"a", "c", "d", "b"}); }
TEST_P(Proof, Truncate) { expect_arrived(Truncate{0, true}, {"a", "", "c", "d"}); }

TEST_P(Proof, HoldAndRelease) {
  run([](const RunIdentity& identity, Family family) {
    Datagrams udp(identity, on_datagram(1, Hold{"first"}), family);
    udp.send({"a", "b"});
    ASSERT_TRUE(udp.wire().link->await_held("first", 1, soon()));
    EXPECT_FALSE(udp.wire().link->await_held("first", 2, Deadline::after(10ms)));
    EXPECT_EQ(receive_text(udp.server(), 1), "b");
    EXPECT_EQ(udp.wire().link->release("first"), 1u);
    EXPECT_EQ(receive_text(udp.server(), 1), "a");
    udp.wire().stop();
    EXPECT_EQ(udp.sent(), (Texts{"a", "b"}));
    EXPECT_EQ(udp.arrived(), (Texts{"b", "a"}));
  });
}

TEST_P(Proof, ReleaseByAPacket) {
  run([](const RunIdentity& identity, Family family) {
    Plan plan = on_datagram(1, Hold{"first"});
    Match on;
    on.payload_prefix = {'c'};
    plan.rules.push_back({"let go", on, Release{"first"}, false});
    Datagrams udp(identity, plan, family);
    udp.send({"a", "b", "c", "d"});
    udp.wire().stop();
    EXPECT_EQ(udp.arrived(), (Texts{"b", "c", "a", "d"}));
  });
}

TEST_P(Proof, SteppingOneByOne) {
  run([](const RunIdentity& identity, Family family) {
    Plan plan = on_datagram(1, Hold{"all"});
    plan.rules[0].on.nth = {1};
    Datagrams udp(identity, plan, family);
    udp.send({"a", "b", "c"});
    Link& link = *udp.wire().link;
    ASSERT_TRUE(link.await_held("all", 3, soon()));
    const auto held = link.held();
    EXPECT_TRUE(link.settle(held[1].serial, Fate::duplicate));
    EXPECT_TRUE(link.settle(held[0].serial, Fate::drop));
    EXPECT_TRUE(link.settle(held[2].serial, Fate::pass));
    EXPECT_FALSE(link.settle(held[2].serial, Fate::pass));
    udp.wire().stop();
    EXPECT_EQ(udp.arrived(), (Texts{"b", "b", "c"}));
  });
}

// A wrong checksum is dropped by the receiving stack; a mended one is passed to the program.
TEST_P(Proof, CorruptWithAndWithoutChecksum) {
  for (const bool mend : {false, true}) {
    run([mend](const RunIdentity& identity, Family family) {
      Corrupt corruption;
      corruption.mask = 0x20;
      corruption.mend_checksum = mend;
      Datagrams udp(identity, on_datagram(1, corruption), family);
      udp.send({"a", "z"});
      const std::string to_program = mend ? "Az" : "z";
      EXPECT_EQ(receive_text(udp.server(), 1), to_program.substr(0, 1));
      EXPECT_EQ(receive_text(udp.server(), mend ? 1 : 0), to_program.substr(1));
      udp.wire().stop();
      EXPECT_EQ(udp.sent(), (Texts{"a", "z"}));
      EXPECT_EQ(udp.arrived(), (Texts{"A", "z"}));
      EXPECT_EQ(udp.wire().packets(Side::server, false).at(0).checksum,
                mend ? packet::Checksum::good : packet::Checksum::bad);
    });
  }
}

TEST_P(Proof, SetFieldsOfIp) {
  run([](const RunIdentity& identity, Family family) {
    SetFields fields;
    fields.ecn = 3;
    fields.ttl = 7;
    Datagrams udp(identity, on_datagram(1, fields), family);
    udp.send({"a"});
    EXPECT_EQ(receive_text(udp.server(), 1), "a");
    udp.wire().stop();
    const auto sent = udp.wire().packets(Side::client, true).at(0),
               arrived = udp.wire().packets(Side::server, false).at(0);
    EXPECT_EQ(sent.ecn, 0);
    EXPECT_EQ(arrived.ecn, 3);
    EXPECT_EQ(arrived.ttl, 7);
    EXPECT_EQ(arrived.checksum, packet::Checksum::good);
  });
}

TEST_P(Proof, AnswerIcmp) {
  run([](const RunIdentity& identity, Family family) {
    AnswerIcmp unreachable;
    unreachable.error = IcmpError::port_unreachable;
    Datagrams udp(identity, on_datagram(1, unreachable), family);
    udp.send({"a"});
    pollfd one{udp.client().get(), POLLIN, 0};
    ASSERT_EQ(::poll(&one, 1, soon().remaining_ms()), 1);
    char byte = 0;
    EXPECT_EQ(::recv(udp.client().get(), &byte, 1, 0), -1);
    EXPECT_EQ(errno, ECONNREFUSED);
    udp.wire().stop();
    EXPECT_EQ(udp.sent(), Texts{"a"});
    EXPECT_EQ(udp.arrived(), Texts{});
  });
}

TEST_P(Proof, LinkDownAndUp) {
  run([](const RunIdentity& identity, Family family) {
    Datagrams udp(identity, {}, family);
    udp.send({"a"});
    EXPECT_EQ(receive_text(udp.server(), 1), "a");
    udp.wire().link->link_down();
    udp.send({"b"});
    udp.wire().link->link_up();
    udp.send({"c"});
    EXPECT_EQ(receive_text(udp.server(), 1), "c");
    udp.wire().stop();
    EXPECT_EQ(udp.sent(), (Texts{"a", "b", "c"}));
    EXPECT_EQ(udp.arrived(), (Texts{"a", "c"}));
  });
}

// The same seed and the same packets: the same decisions, and so the same packets arrive.
TEST_P(Proof, TheSameSeedTwice) {
  run([](const RunIdentity& identity, Family family) {
    std::vector<Texts> decided, arrived;
    for (int i = 0; i < 2; ++i) {
      Plan plan;
      plan.client_to_server.loss = GilbertElliott{0.05, 0.3, 0.01, 0.9};
      plan.client_to_server.duplication = {0.05, 1};
      plan.client_to_server.corruption = {0.05};
      plan.client_to_server.reordering = {0.05, 2, 1h};
      plan.seed = 11;
      Datagrams udp(identity, plan, family);
      Texts all;
      for (int n = 0; n < 300; ++n) all.push_back("datagram " + std::to_string(n));
      udp.send(all);
      udp.wire().stop();
      decided.emplace_back();
      for (const Decision& one : udp.wire().link->decisions())
        decided.back().push_back(to_string(one));
      arrived.push_back(udp.arrived());
      EXPECT_EQ(udp.sent(), all);
      EXPECT_NE(udp.arrived(), all);
    }
    EXPECT_EQ(decided[0], decided[1]);
    EXPECT_EQ(arrived[0], arrived[1]);
  });
}

// --- TCP --------------------------------------------------------------------------------------

Plan on_segment(const Action& action, std::uint16_t flags_all_of, bool with_payload,
                Direction direction = Direction::client_to_server) {
  Match on;
  on.direction = direction;
  on.protocol = Protocol::tcp;
  on.flags_all_of = flags_all_of;
  if (with_payload) on.payload_length = Range{1};
  on.nth = {1, 1};
  Plan plan;
  plan.rules.push_back({"rule", on, action, false});
  return plan;
}

// The nth segment of a list that has all these flags (and bytes).
const packet::Packet* segment(const std::vector<packet::Packet>& packets, std::uint16_t flags,
                              bool with_payload = false) {
  for (const packet::Packet& one : packets)
    if (one.protocol == packet::Protocol::tcp && one.tcp.has(flags) &&
        (!with_payload || one.payload_length > 0))
      return &one;
  return nullptr;
}

TEST_P(Proof, OptionsOfTheSynAreSetAndStripped) {
  run([](const RunIdentity& identity, Family family) {
    SetFields fields;
    fields.mss = 600;
    fields.strip_options = {3, 8};
    WireLab wire(identity, on_segment(fields, syn, false));
    const Fd listener = wire.listen(family);
    const Fd client = wire.connect(family);
    wire.stop();
    const auto sent = wire.packets(Side::client, true), arrived = wire.packets(Side::server, false);
    ASSERT_TRUE(segment(sent, syn) != nullptr && segment(arrived, syn) != nullptr);
    EXPECT_TRUE(segment(sent, syn)->tcp.options.window_scale);
    EXPECT_NE(segment(sent, syn)->tcp.options.mss, 600);
    const packet::Packet& seen = *segment(arrived, syn);
    EXPECT_EQ(seen.tcp.options.mss, 600);
    EXPECT_FALSE(seen.tcp.options.window_scale);
    EXPECT_FALSE(seen.tcp.options.timestamps);
    EXPECT_EQ(seen.checksum, packet::Checksum::good);
    // And the server believes it.
    const auto answers = wire.packets(Side::server, true);
    ASSERT_NE(segment(answers, syn | ack), nullptr);
    EXPECT_FALSE(segment(answers, syn | ack)->tcp.options.window_scale);
  });
}

TEST_P(Proof, ResetsAreBelievedByBothEnds) {
  run([](const RunIdentity& identity, Family family) {
    AnswerRst reset;
    reset.to = AnswerRst::To::both;
    WireLab wire(identity, on_segment(reset, psh, true));
    const Fd listener = wire.listen(family);
    const Fd client = wire.connect(family);
    const Fd server = witness::testing::accepted(listener);
    send_text(client, "abc");
    for (const Fd* one : {&client, &server}) {
      pollfd readable{one->get(), POLLIN, 0};
      ASSERT_EQ(::poll(&readable, 1, soon().remaining_ms()), 1);
      char byte = 0;
      EXPECT_EQ(::recv(one->get(), &byte, 1, 0), -1);
      EXPECT_EQ(errno, ECONNRESET);
    }
    wire.stop();
    EXPECT_EQ(segment(wire.packets(Side::client, true), rst), nullptr);
    EXPECT_EQ(segment(wire.packets(Side::server, true), rst), nullptr);
    EXPECT_NE(segment(wire.packets(Side::client, false), rst), nullptr);
    EXPECT_NE(segment(wire.packets(Side::server, false), rst), nullptr);
    EXPECT_EQ(segment(wire.packets(Side::server, false), 0, true), nullptr);
  });
}

TEST_P(Proof, AResetToTheSynRefusesTheConnection) {
  run([](const RunIdentity& identity, Family family) {
    WireLab wire(identity, on_segment(AnswerRst{}, syn, false));
    const Fd listener = wire.listen(family);
    const Fd client = wire.begin_connect(family);
    EXPECT_FALSE(WireLab::wait_writable(client, soon()));
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(client.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    EXPECT_EQ(error, ECONNREFUSED);
    wire.stop();
    EXPECT_EQ(segment(wire.packets(Side::server, false), syn), nullptr);
  });
}

TEST_P(Proof, SplitAndJoin) {
  run([](const RunIdentity& identity, Family family) {
    WireLab wire(identity, on_segment(Split{3}, psh, true));
    const Fd listener = wire.listen(family);
    const Fd client = wire.connect(family);
    const Fd server = witness::testing::accepted(listener);
    send_text(client, "abcdefgh");
    EXPECT_EQ(receive_text(server, 8), "abcdefgh");
    wire.stop();
    Texts arrived;
    for (const packet::Packet& one : wire.packets(Side::server, false)) {
      EXPECT_EQ(one.checksum, packet::Checksum::good);
      if (one.payload_length > 0) arrived.push_back(text_of(one));
    }
    EXPECT_THAT(arrived, ElementsAre("abc", "defgh"));
    EXPECT_EQ(text_of(*segment(wire.packets(Side::client, true), psh, true)), "abcdefgh");
  });
  run([](const RunIdentity& identity, Family family) {
    WireLab wire(identity, on_segment(JoinNext{10s}, psh, true));
    const Fd listener = wire.listen(family);
    const Fd client = wire.connect(family);
    const Fd server = witness::testing::accepted(listener);
    const int on = 1;
    ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    send_text(client, "abc");
    ASSERT_TRUE(wire.link->await_match("rule", 1, soon()));
    send_text(client, "defgh");
    EXPECT_EQ(receive_text(server, 8), "abcdefgh");
    wire.stop();
    // Or it was sent again first, and joined with nothing; then the machine stood still.
    EXPECT_EQ(text_of(*segment(wire.packets(Side::client, true), psh, true)), "abc");
    EXPECT_EQ(text_of(*segment(wire.packets(Side::server, false), psh, true)), "abcdefgh");
  });
}

// Path MTU discovery: the answer makes the sender cut smaller segments; a black hole does not.
TEST_P(Proof, MtuIsDiscovered) {
  run([](const RunIdentity& identity, Family family) {
    Plan plan;
    plan.client_to_server.mtu = Mtu{1300, false};
    WireLab wire(identity, plan);
    const Fd listener = wire.listen(family);
    const Fd client = wire.connect(family);
    const Fd server = witness::testing::accepted(listener);
    send_text(client, std::string(20'000, 'x'));
    EXPECT_EQ(receive_text(server, 20'000).size(), 20'000u);
    wire.stop();
    std::uint32_t longest_sent = 0, longest_arrived = 0;
    for (const packet::Packet& one : wire.packets(Side::client, true))
      longest_sent = std::max(longest_sent, one.frame.wire_length - one.ip_offset);
    for (const packet::Packet& one : wire.packets(Side::server, false))
      longest_arrived = std::max(longest_arrived, one.frame.wire_length - one.ip_offset);
    EXPECT_EQ(longest_sent, 1500u);
    EXPECT_EQ(longest_arrived, 1300u);
  });
}

}  // namespace
}  // namespace wireproof::wire
