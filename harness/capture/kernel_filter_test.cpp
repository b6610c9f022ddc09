#include "capture/kernel_filter.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/socket.h>

#include "base/error.h"
#include "capture/live.h"
#include "capture/netns_for_test.h"
#include "packet/build.h"
#include "packet/decode.h"

namespace wireproof::capture {
namespace {

namespace build = packet::build;
using std::chrono::seconds;

Deadline soon() { return Deadline::after(seconds(10)); }

class KernelFilters : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = why_no_namespaces(); !why.empty()) GTEST_SKIP() << why;
  }
};

void send_on_lo(const build::Bytes& frame) {
  const Fd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  sockaddr_ll to = {};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = static_cast<int>(::if_nametoindex("lo"));
  checked("send on", "lo", [&] {
    return ::sendto(socket.get(), frame.data(), frame.size(), 0,
                    reinterpret_cast<const sockaddr*>(&to), sizeof to);
  });
}

build::Bytes datagram(std::uint16_t port, std::size_t size = 20) {
  return build::udp_frame(build::endpoint("192.0.2.1", 1000), build::endpoint("192.0.2.2", port),
                          build::Bytes(size, 'x'));
}

std::vector<std::uint16_t> ports(const LiveCapture& capture) {
  std::vector<std::uint16_t> all;
  for (const packet::Frame& frame : capture.frames()) {
    all.push_back(packet::decode(frame).destination.port);
  }
  return all;
}

LiveOptions on_lo(std::string filter) {
  LiveOptions options;
  options.interface = "lo";
  options.ignore_outgoing = true;
  options.filter = std::move(filter);
  return options;
}

// The capture could not even start, were its own markers kept away.
TEST_F(KernelFilters, KeepAwayAllButWhatTheySayAndTheMarkers) {
  const TestNetns netns;
  const auto capture = LiveCapture::start(netns.fd(), on_lo("udp port 7"), soon());
  netns.run([] {
    for (const int port : {7, 8, 9, 7}) send_on_lo(datagram(static_cast<std::uint16_t>(port)));
  });
  capture->stop(soon());
  EXPECT_TRUE(capture->stats().drained);
  EXPECT_EQ(ports(*capture), (std::vector<std::uint16_t>{7, 7}));
  // Before the ring: what is kept away is not even received.
  EXPECT_LT(capture->stats().received,
            2u + 8u * static_cast<unsigned>(::sysconf(_SC_NPROCESSORS_CONF)));
}

TEST_F(KernelFilters, ChangeWhileTheCaptureRuns) {
  const TestNetns netns;
  const auto capture = LiveCapture::start(netns.fd(), on_lo(""), soon());
  netns.run([] { send_on_lo(datagram(8)); });
  ASSERT_TRUE(capture->wait_for_more_than(0, soon()));
  capture->filter("udp port 7");
  // Soon: once one is missing among those that are sent, it has changed.
  const Deadline deadline = soon();
  for (std::uint64_t sent = 1; capture->frames_so_far() >= sent && !deadline.passed(); ++sent) {
    netns.run([] { send_on_lo(datagram(8)); });
    capture->wait_for_more_than(sent, Deadline::after(milliseconds(20)));
  }
  const std::uint64_t before = capture->frames_so_far();
  netns.run([] {
    send_on_lo(datagram(8));
    send_on_lo(datagram(7));
  });
  capture->stop(soon());
  EXPECT_TRUE(capture->stats().drained);
  ASSERT_EQ(capture->frames().size(), before + 1);
  EXPECT_EQ(ports(*capture).back(), 7);
}

TEST_F(KernelFilters, TheKernelCopiesNoMoreThanTheSnapLength) {
  const TestNetns netns;
  LiveOptions options = on_lo("");
  options.snap_length = 100;
  const auto capture = LiveCapture::start(netns.fd(), options, soon());
  netns.run([] { send_on_lo(datagram(7, 1000)); });
  capture->stop(soon());
  ASSERT_EQ(capture->frames().size(), 1u);
  EXPECT_EQ(capture->frames().front().bytes.size(), 100u);
  EXPECT_EQ(capture->frames().front().wire_length, 14u + 20u + 8u + 1000u);
}

TEST_F(KernelFilters, AWrongExpressionIsRefusedInLibpcapsWords) {
  const TestNetns netns;
  EXPECT_THROW(LiveCapture::start(netns.fd(), on_lo("tcp prot 80"), soon()), SystemError);
  const auto capture = LiveCapture::start(netns.fd(), on_lo(""), soon());
  try {
    capture->filter("tcp prot 80");
    FAIL() << "taken";
  } catch (const SystemError& error) {
    EXPECT_NE(std::string(error.what()).find("tcp prot 80"), std::string::npos) << error.what();
  }
  netns.run([] { send_on_lo(datagram(8)); });
  capture->stop(soon());
  EXPECT_EQ(capture->frames().size(), 1u);
}

}  // namespace
}  // namespace wireproof::capture
