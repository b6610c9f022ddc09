// Sending: whole buffers, pieces with gaps, buffers that are full, and datagrams' addresses.
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <mutex>
#include <thread>

#include "script/fake_stage.h"

namespace wireproof::script {
namespace {

using namespace std::chrono_literals;
using scenario::Family;
using scenario::Transport;
using Kind = scenario::step::Expect::Kind;

std::string miss_of(const Result& result) {
  return result.findings.empty() ? ""
                                 : result.findings[0].rule + ": " + result.findings[0].observed;
}

scenario::step::Send in_chunks(std::string bytes, std::size_t chunk, milliseconds gap) {
  auto made = send("c", std::move(bytes));
  made.chunk = chunk;
  made.chunk_gap = gap;
  return made;
}

// SO_SNDBUF of 1 is the kernel's least, some 4 KiB: hundreds of partial sends.
TEST(Send, AllOfItThroughATinyBuffer) {
  const std::string bytes = scenario::pattern(1u << 20);
  for (const auto& [transport, family] :
       {std::pair{Transport::tcp, Family::ipv4}, {Transport::unix_stream, Family::unix_abstract}}) {
    const Result result = run_against(
        [&](int fd) { write_all(fd, read_exactly(fd, bytes.size()) == bytes ? "same" : "other"); },
        {step(scenario::step::SetOption{"c", "SO_SNDBUF", 1, {}, {}, {}}), step(connect("c")),
         step(send("c", bytes), 60'000ms), step(expect("c", "same"), 20'000ms)},
        transport, family);
    EXPECT_EQ(miss_of(result), "");
  }
}

TEST(Send, ChunksHaveGapsThatAreNoPartOfTheDeadline) {
  const auto start = std::chrono::steady_clock::now();
  const Result result = run_against(
      [](int fd) { write_all(fd, read_exactly(fd, 10)); },
      {step(scenario::step::SetOption{"c", "TCP_NODELAY", 1, {}, {}, {}}), step(connect("c")),
       step(in_chunks("0123456789", 3, 40ms), 60ms), step(expect("c", "0123456789"))});
  EXPECT_EQ(miss_of(result), "");
  EXPECT_GE(std::chrono::steady_clock::now() - start, 120ms);
}

TEST(Send, ChunksOfDatagramSocketsAreDatagrams) {
  const Result result = run_against(
      [](int fd) {
        SocketAddress from;
        const std::string got = read_datagram(fd, from);
        write_datagram(fd, "<" + got + ">", from);
      },
      {step(in_chunks("abcde", 2, 0ms)), step(expect("c", "<ab>")), step(expect("c", "<cd>")),
       step(expect("c", "<e>"))},
      Transport::udp);
  EXPECT_EQ(miss_of(result), "");
}

TEST(Send, RefusalsAreMetByName) {
  FakeStage stage;
  {
    const FakeServer gone(SOCK_DGRAM, loopback(Family::ipv4), [](int) {});
    stage.server = target_of(gone.address());
  }
  // 65,507 bytes are the most that IPv4 and UDP leave room for.
  EXPECT_EQ(miss_of(run(make_case(Transport::udp, Family::ipv4,
                                  {step(send("c", std::string(65508, 'x'), "EMSGSIZE"))}),
                        stage)),
            "");
  // The ICMP error of one datagram is what the next is told.
  EXPECT_EQ(miss_of(run(make_case(Transport::udp, Family::ipv4,
                                  {step(connect("c")), step(send("c", "1")),
                                   step(scenario::step::Pause{20ms}),
                                   step(send("c", "2", "ECONNREFUSED"))}),
                        stage)),
            "");
  EXPECT_EQ(miss_of(run_against(
                [](int) {},
                {step(connect("c")), step(expect("c", Kind::end)), step(send("c", "1", "EPIPE"))},
                Transport::unix_stream, Family::unix_abstract)),
            "");
}

TEST(Send, AFullUnixDatagramQueueIsWaitedFor) {
  // Not connected: poll(2) shows no room of the receiver's queue. max_dgram_qlen is 10 by default,
  // so that most of these find it full at some time.
  std::mutex slow;
  int got = 0;
  {
    FakeServer server(SOCK_DGRAM, loopback(Family::unix_abstract), [&](int fd) {
      SocketAddress from;
      std::this_thread::sleep_for(1ms);
      read_datagram(fd, from);
      const std::lock_guard lock(slow);
      ++got;
    });
    FakeStage stage;
    stage.server = target_of(server.address());
    EXPECT_EQ(miss_of(run(make_case(Transport::unix_datagram, Family::unix_abstract,
                                    {step(in_chunks(std::string(60, 'x'), 1, 0ms), 20'000ms)}),
                          stage)),
              "");
  }
  EXPECT_EQ(got, 60);
}

TEST(Send, AMissTellsWhatWaitsUnread) {
  // Both ends send and neither reads: what a deadlock looks like.
  const std::string much(32u << 20, 'x');
  const Result result = run_against([&](int fd) { write_all(fd, much); },
                                    {step(connect("c")), step(send("c", much), 200ms)});
  EXPECT_THAT(timeless(miss_of(result)),
              testing::MatchesRegex("script.send: [0-9]+ of 33554432 bytes taken in N ms, and no "
                                    "more; [0-9]+ bytes from the peer wait here unread"));
}

TEST(Send, AServersAnswerGoesToTheLastSender) {
  FakeStage stage;
  {
    const FakeServer chosen(SOCK_DGRAM, loopback(Family::ipv4), [](int) {});
    stage.server = target_of(chosen.address());
  }
  scenario::step::Bind bind;
  bind.socket = "s";
  auto one =
      make_case(Transport::udp, Family::ipv4,
                {step(bind), step(connect("c")), step(send("c", "123")), step(expect("s", "123")),
                 step(send("s", "success")), step(expect("c", "success"))});
  one.server.reset();
  EXPECT_EQ(miss_of(run(one, stage)), "");
  one.steps = {one.steps[0], one.steps[4]};  // an answer to nobody
  EXPECT_THROW(run(one, stage), std::invalid_argument);
}

}  // namespace
}  // namespace wireproof::script
