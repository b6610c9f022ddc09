#include "capture/live.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "base/error.h"
#include "base/fd.h"
#include "capture/marker.h"
#include "capture/netns_for_test.h"
#include "packet/decode.h"

namespace wireproof::capture {
namespace {

using std::chrono::seconds;

Deadline soon() { return Deadline::after(seconds(10)); }

// `count` datagrams to a socket on lo that is there, each of `size` bytes and its number.
void send_datagrams(int count, std::size_t size = 32) {
  const Fd receiver(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(7000);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  checked("bind", "7000", [&] { return ::bind(receiver.get(), generic, sizeof address); });
  const Fd sender(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  std::vector<char> payload(size, 'x');
  for (int i = 0; i < count; ++i) {
    std::memcpy(payload.data(), &i, sizeof i);
    checked("send to", "7000", [&] {
      return ::sendto(sender.get(), payload.data(), payload.size(), 0, generic, sizeof address);
    });
  }
}

LiveOptions on_lo() {
  LiveOptions options;
  options.interface = "lo";
  options.ignore_outgoing = true;
  return options;
}

class Live : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = why_no_namespaces(); !why.empty()) GTEST_SKIP() << why;
  }
};

// The numbers that send_datagrams() wrote, in the order captured.
std::vector<int> numbers(const std::vector<packet::Frame>& frames) {
  std::vector<int> all;
  for (const packet::Frame& frame : frames) {
    const packet::Packet packet = packet::decode(frame);
    if (packet.protocol != packet::Protocol::udp || packet.payload.size() < sizeof(int)) continue;
    all.emplace_back();
    std::memcpy(&all.back(), packet.payload.data(), sizeof(int));
  }
  return all;
}

void expect_all_captured(const TestNetns& netns, const LiveOptions& options, int count) {
  const auto capture = LiveCapture::start(netns.fd(), options, soon());
  netns.run([&] { send_datagrams(count); });
  capture->stop(soon());
  const CaptureStats stats = capture->stats();
  EXPECT_TRUE(stats.drained);
  EXPECT_EQ(stats.failure, "");
  EXPECT_EQ(stats.dropped_by_kernel, 0u);
  EXPECT_EQ(stats.dropped_by_interface, 0u);
  EXPECT_EQ(stats.delivered, capture->frames().size());
  std::vector<int> expected(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) expected[static_cast<std::size_t>(i)] = i;
  std::vector<int> seen = numbers(capture->frames());
  // Threads may move to another CPU while sending, whose queue runs ahead.
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, expected);
}

TEST_F(Live, NothingIsMissingWhenStoppedAtOnce) {
  const TestNetns netns;
  for (int round = 0; round < 50 && !HasFailure(); ++round) {
    SCOPED_TRACE(round);
    expect_all_captured(netns, on_lo(), 1000);
  }
}

TEST_F(Live, NothingIsMissingWhenStoppedAtOnceOnABusyMachine) {
  const BusyCpus busy;
  const TestNetns netns;
  for (int round = 0; round < 50 && !HasFailure(); ++round) {
    SCOPED_TRACE(round);
    expect_all_captured(netns, on_lo(), 1000);
  }
}

TEST_F(Live, NothingIsMissingInBlockModeOnABusyMachine) {
  const BusyCpus busy;
  const TestNetns netns;
  LiveOptions options = on_lo();
  options.immediate = false;
  for (int round = 0; round < 10 && !HasFailure(); ++round) {
    SCOPED_TRACE(round);
    expect_all_captured(netns, options, 1000);
  }
}

TEST_F(Live, FramesAreNumberedEthernetWithRealTimes) {
  const TestNetns netns;
  const std::int64_t before = realtime_ns();
  const auto capture = LiveCapture::start(netns.fd(), on_lo(), soon());
  netns.run([] { send_datagrams(3, 1400); });
  capture->stop(soon());
  ASSERT_EQ(capture->frames().size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    const packet::Frame& frame = capture->frames()[i];
    EXPECT_EQ(frame.number, i + 1);
    EXPECT_EQ(frame.link, packet::LinkType::ethernet);
    EXPECT_EQ(frame.wire_length, 14u + 20 + 8 + 1400);
    EXPECT_EQ(frame.bytes.size(), frame.wire_length);
    EXPECT_GE(frame.time_ns, before);
    EXPECT_LE(frame.time_ns, realtime_ns());
  }
}

TEST_F(Live, TimesAreNanoseconds) {
  const TestNetns netns;
  const auto capture = LiveCapture::start(netns.fd(), on_lo(), soon());
  netns.run([] { send_datagrams(100); });
  capture->stop(soon());
  int not_microseconds = 0;
  for (const packet::Frame& frame : capture->frames())
    not_microseconds += frame.time_ns % 1000 != 0;
  EXPECT_GT(not_microseconds, 50);
}

TEST_F(Live, OnlyThisNamespaceIsHeard) {
  const TestNetns netns, other;
  const auto capture = LiveCapture::start(netns.fd(), on_lo(), soon());
  other.run([] { send_datagrams(5); });
  netns.run([] { send_datagrams(2); });
  capture->stop(soon());
  EXPECT_EQ(capture->frames().size(), 2u);
}

TEST_F(Live, TheCallingThreadsNamespaceIsTheDefault) {
  const TestNetns netns;
  netns.run([] {
    const auto capture = LiveCapture::start(-1, on_lo(), soon());
    send_datagrams(4);
    capture->stop(soon());
    EXPECT_EQ(capture->frames().size(), 4u);
  });
}

TEST_F(Live, WithoutIgnoringItTheOutgoingCopyUsesTheRingButIsNotDelivered) {
  const TestNetns netns;
  LiveOptions options = on_lo();
  options.ignore_outgoing = false;
  const auto capture = LiveCapture::start(netns.fd(), options, soon());
  netns.run([] { send_datagrams(100); });
  capture->stop(soon());
  EXPECT_EQ(capture->frames().size(), 100u);
  EXPECT_GE(capture->stats().received, 200u);
}

TEST_F(Live, BothDirectionsOfAVethAreSeenAndMarkersOfOthersAreNot) {
  const TestNetns netns;
  netns.run([] { make_veth_pair("one", "other"); });
  LiveOptions options;
  options.interface = "one";
  const auto here = LiveCapture::start(netns.fd(), options, soon());
  options.interface = "other";
  const auto there = LiveCapture::start(netns.fd(), options, soon());
  netns.run([] {
    for (const char* name : {"one", "other"}) {
      const Fd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
      sockaddr_ll to = {};
      to.sll_family = AF_PACKET;
      to.sll_ifindex = static_cast<int>(::if_nametoindex(name));
      const std::string frame = std::string(12, '\xFF') + "\x88\xB6" + name + std::string(50, '.');
      checked("send on", name, [&] {
        return ::sendto(socket.get(), frame.data(), frame.size(), 0,
                        reinterpret_cast<const sockaddr*>(&to), sizeof to);
      });
    }
  });
  here->stop(soon());
  there->stop(soon());
  for (const auto* capture : {here.get(), there.get()}) {
    EXPECT_TRUE(capture->stats().drained);
    int seen = 0;
    for (const packet::Frame& frame : capture->frames()) {
      EXPECT_FALSE(read_marker(frame.bytes));
      seen += frame.bytes[12] == 0x88 && frame.bytes[13] == 0xB6;
    }
    EXPECT_EQ(seen, 2);
  }
}

TEST_F(Live, AFullRingIsCounted) {
  const TestNetns netns(65536);
  LiveOptions options = on_lo();
  options.ring_bytes = 1 << 16;
  // The sink holds the reader until all is sent, so that the ring must run over.
  std::atomic<bool> sent = false;
  options.sink = [&](const packet::Frame&) {
    while (!sent) std::this_thread::yield();
  };
  const auto capture = LiveCapture::start(netns.fd(), options, soon());
  netns.run([] { send_datagrams(500); });
  sent = true;
  capture->stop(soon());
  const CaptureStats stats = capture->stats();
  EXPECT_TRUE(stats.drained);
  EXPECT_GT(stats.dropped_by_kernel, 0u);
  EXPECT_EQ(stats.delivered + stats.dropped_by_kernel, 500u);
  EXPECT_EQ(stats.dropped(), stats.dropped_by_kernel);
}

TEST_F(Live, TheMemoryLimitIsKeptAndCounted) {
  const TestNetns netns;
  LiveOptions options = on_lo();
  options.memory_limit_bytes = 20000;
  const auto capture = LiveCapture::start(netns.fd(), options, soon());
  netns.run([] { send_datagrams(100, 1000); });
  capture->stop(soon());
  EXPECT_GT(capture->frames().size(), 10u);
  EXPECT_LT(capture->frames().size(), 20u);
  EXPECT_EQ(capture->stats().dropped_by_memory_limit, 100 - capture->frames().size());
}

TEST_F(Live, TheSinkGetsEachFrameAndNothingIsKept) {
  const TestNetns netns;
  LiveOptions options = on_lo();
  std::uint64_t last = 0;
  options.sink = [&](const packet::Frame& frame) {
    EXPECT_EQ(frame.number, last + 1);
    last = frame.number;
  };
  const auto capture = LiveCapture::start(netns.fd(), options, soon());
  netns.run([] { send_datagrams(100); });
  capture->stop(soon());
  EXPECT_EQ(last, 100u);
  EXPECT_EQ(capture->frames_so_far(), 100u);
  EXPECT_TRUE(capture->frames().empty());
}

TEST_F(Live, WaitsEndWithTheFrameTheStopOrTheDeadline) {
  const TestNetns netns;
  const auto capture = LiveCapture::start(netns.fd(), on_lo(), soon());
  EXPECT_FALSE(capture->wait_for_more_than(0, Deadline::after(milliseconds(5))));
  std::thread sender([&] { netns.run([] { send_datagrams(10); }); });
  const auto is_the_last = [](const packet::Frame& frame) {
    return numbers({frame}) == std::vector{9};
  };
  EXPECT_TRUE(capture->wait_for(is_the_last, soon()));
  sender.join();
  EXPECT_EQ(capture->frames_so_far(), 10u);
  EXPECT_EQ(capture->frames_since(7).size(), 3u);
  EXPECT_EQ(capture->frames_since(11).size(), 0u);
  EXPECT_FALSE(capture->wait_for([](const packet::Frame&) { return false; },
                                 Deadline::after(milliseconds(5))));
  std::thread stopper([&] { capture->stop(soon()); });
  EXPECT_FALSE(capture->wait_for_more_than(10, Deadline::after(seconds(60))));
  stopper.join();
}

TEST_F(Live, StopIsIdempotentAndTheDestructorStops) {
  const TestNetns netns;
  const auto capture = LiveCapture::start(netns.fd(), on_lo(), soon());
  capture->stop(soon());
  capture->stop(soon());
  EXPECT_TRUE(capture->stats().drained);
  LiveCapture::start(netns.fd(), on_lo(), soon());
}

TEST_F(Live, RefusalsSayWhatAndWhere) {
  const TestNetns netns;
  const auto message = [&](const LiveOptions& options) -> std::string {
    try {
      LiveCapture::start(netns.fd(), options, soon());
    } catch (const SystemError& error) {
      return error.what();
    }
    return "no error";
  };
  LiveOptions options;
  options.interface = "absent0";
  EXPECT_NE(message(options).find("absent0"), std::string::npos) << message(options);
  netns.run([] {
    make_veth_pair("one", "other");
    set_link_up("other", false);
  });
  options.interface = "other";
  EXPECT_NE(message(options).find("down"), std::string::npos) << message(options);
}

TEST_F(Live, WhatIsNotProvenLiveInTimeIsARefusalOfItsOwn) {
  const TestNetns netns;
  EXPECT_THROW(LiveCapture::start(netns.fd(), on_lo(), Deadline::after(nanoseconds(0))),
               NotProvenLive);
}

TEST_F(Live, AStopTooLateIsNotDrained) {
  const TestNetns netns;
  const auto capture = LiveCapture::start(netns.fd(), on_lo(), soon());
  capture->stop(Deadline::after(nanoseconds(0)));
  EXPECT_FALSE(capture->stats().drained);
}

// All of the above as a user with no privilege at all.
TEST(LiveUnprivileged, TheSameTestsPassAsNobody) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  const pid_t child = ::fork();
  ASSERT_NE(child, -1);
  if (child == 0) {
    constexpr unsigned nobody = 65534;
    if (::setgid(nobody) == 0 && ::setuid(nobody) == 0) {
      ::execl("/proc/self/exe", "capture_test", "--gtest_filter=Live.*-*Busy*:*AtOnce",
              "--gtest_brief=1", nullptr);
    }
    ::_exit(127);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace wireproof::capture
