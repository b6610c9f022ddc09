// Two captures that differ, as behind a wire that lost a SYN and held another.
#include "run/packet_expectations.h"

#include <gmock/gmock.h>

#include <deque>

#include "packet/build.h"

namespace wireproof::run {
namespace {

namespace build = packet::build;
using namespace packet::flag;
using ::testing::HasSubstr;

const packet::Endpoint client = build::endpoint("192.0.2.1", 40000);
const packet::Endpoint server = build::endpoint("192.0.2.2", 80);

class Capture {
 public:
  Capture& add(Side from, std::int64_t at_ms, build::TcpFields fields, std::string_view data = {}) {
    const bool up = from == Side::client;
    bytes_.push_back(
        build::tcp_frame(up ? client : server, up ? server : client, fields, build::text(data)));
    frames_.push_back(build::frame(bytes_.back(), frames_.size() + 1, at_ms * 1'000'000));
    return *this;
  }
  std::span<const packet::Frame> frames() const { return frames_; }

 private:
  std::deque<build::Bytes> bytes_;
  std::vector<packet::Frame> frames_;
};

using Where = scenario::PacketsExpected::Where;

class Expectations : public ::testing::Test {
 protected:
  Expectations() {
    for (const std::int64_t at_ms : {0, 1000, 3000})
      at_client_.add(Side::client, at_ms, {.seq = 100, .flags = syn});
    at_server_.add(Side::client, 3000, {.seq = 100, .flags = syn});
    for (Capture* capture : {&at_client_, &at_server_}) {
      capture->add(Side::server, 3001, {.seq = 500, .ack = 101, .flags = syn | ack});
      capture->add(Side::client, 3002, {.seq = 101, .ack = 501});
    }
  }

  static scenario::PacketsExpected syns(bool sent, wire::Range count,
                                        std::vector<wire::Range> gaps = {}) {
    scenario::PacketsExpected wanted;
    wanted.where = sent ? Where::sent : Where::received;
    wanted.on.direction = wire::Direction::client_to_server;
    wanted.on.flags_all_of = syn;
    wanted.count = count;
    wanted.gaps_ms = std::move(gaps);
    wanted.position = {"a.json", 7, 3};
    return wanted;
  }
  std::vector<Finding> judge(scenario::PacketsExpected wanted) const {
    return judge_packets({std::move(wanted)},
                         {at_client_.frames(), at_server_.frames(), client.address});
  }

  Capture at_client_, at_server_;
};

TEST_F(Expectations, AreMetAtEachEnd) {
  EXPECT_TRUE(judge(syns(true, {3, 3}, {{900, 1100}, {1900, 2100}})).empty());
  EXPECT_TRUE(judge(syns(false, {1, 1})).empty());
}

TEST_F(Expectations, TooFewAndTooManyAreTold) {
  const auto sent = judge(syns(true, {4}));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].rule, "wire.expect.packets");
  EXPECT_EQ(sent[0].expected, "at least 4 packets from the client, with SYN sent");
  EXPECT_EQ(sent[0].observed, "3, at 0.0, 1000.0, 3000.0 ms");
  EXPECT_EQ(sent[0].where, "the client's capture; a.json:7:3");
  EXPECT_EQ(sent[0].packets, (std::vector<std::uint64_t>{1, 2, 3}));
  const auto received = judge(syns(false, {0, 0}));
  ASSERT_EQ(received.size(), 1u);
  EXPECT_THAT(received[0].where, HasSubstr("the server's capture"));
  EXPECT_TRUE(received[0].packets.empty());  // numbers are those of the client's capture
}

TEST_F(Expectations, LostIsWhatOneEndHasAndTheOtherHasNot) {
  scenario::PacketsExpected wanted = syns(true, {2, 2});
  wanted.where = Where::lost;
  EXPECT_TRUE(judge(wanted).empty());
  wanted.count = {0, 1};
  const auto findings = judge(wanted);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].observed, "2: 3 sent, 1 received");
}

TEST_F(Expectations, AGapThatIsTooShortOrTooLong) {
  for (const wire::Range& second : {wire::Range{100, 1500}, wire::Range{2100, 3000}}) {
    const auto findings = judge(syns(true, {3, 3}, {{900, 1100}, second}));
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_EQ(findings[0].rule, "wire.expect.gaps");
    EXPECT_THAT(findings[0].observed, HasSubstr("2000.0 ms"));
  }
}

TEST_F(Expectations, NumbersAreRelativeInEachCapture) {
  scenario::PacketsExpected wanted = syns(false, {1, 1});
  wanted.on.flags_all_of = 0;
  wanted.on.acknowledgement = wire::Range{1, 1};
  wanted.on.sequence = wire::Range{1, 1};
  EXPECT_TRUE(judge(wanted).empty());
  wanted.on.acknowledgement = wire::Range{2, 2};
  EXPECT_EQ(judge(wanted).size(), 1u);
}

}  // namespace
}  // namespace wireproof::run
