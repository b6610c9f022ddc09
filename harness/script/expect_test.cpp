// Expectations that are met: what they read, what they leave, and what they wait for.
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

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

scenario::step::Expect wanting(Kind kind, std::string text) {
  auto made = expect("c", kind);
  made.data.bytes = std::move(text);
  return made;
}
scenario::step::Expect wanting_length(std::size_t length) {
  auto made = expect("c", Kind::length);
  made.length = length;
  return made;
}
scenario::step::Bind bound(std::string name) {
  scenario::step::Bind made;
  made.socket = std::move(name);
  made.side = Side::client;
  return made;
}

TEST(ExpectError, IsTheErrnoThatReadingEndsWith) {
  const auto resets = [](int fd) {
    const linger now{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  };
  scenario::step::Expect wanted = expect("c", Kind::error);
  wanted.error = "ECONNRESET";
  EXPECT_EQ(miss_of(run_against(resets, {step(connect("c")), step(wanted)})), "");
  wanted.error = "ETIMEDOUT";
  const Result other = run_against(resets, {step(connect("c")), step(wanted)});
  EXPECT_THAT(miss_of(other), testing::StartsWith("script.expect: reset (ECONNRESET)"));
  const Result end = run_against([](int) {}, {step(connect("c")), step(wanted)});
  EXPECT_THAT(miss_of(end), testing::StartsWith("script.expect: end of stream"));
}

// The handshake was done, so that connect succeeds however late it asks; who reads next is told, or
// who sends.
TEST(ExpectError, OfAResetThatCameBeforeConnectAskedIsTheNextCalls) {
  scenario::step::Connect begun = connect("c");
  begun.begin = true;
  const auto is_gone =
      step(scenario::step::AwaitState{Side::client, "c", {tcp::State::closed}, 1}, 20'000ms);
  scenario::step::Expect error = expect("c", Kind::error);
  error.error = "ECONNRESET";
  for (const auto& told : {step(error), step(expect("c", Kind::reset))}) {
    const Result result = run_against(reset_at_close, {step(begun), is_gone, step(connect("c")),
                                                       told, step(expect("c", Kind::end))});
    EXPECT_EQ(miss_of(result), "");
  }
  const Result sends =
      run_against(reset_at_close, {step(begun), is_gone, step(connect("c")), step(send("c", "x"))});
  EXPECT_THAT(miss_of(sends), testing::HasSubstr("ECONNRESET"));
}

TEST(ExpectStream, TakesItsBytesAndNoMore) {
  for (const auto& [transport, family] : {std::pair{Transport::tcp, Family::ipv4},
                                          {Transport::tcp, Family::ipv6},
                                          {Transport::unix_stream, Family::unix_path},
                                          {Transport::unix_stream, Family::unix_abstract}}) {
    const Result result = run_against(
        [](int fd) {
          for (const char c : std::string("HTTP/1.1 200 OK\r\n\r\nbody")) {
            write_all(fd, std::string_view(&c, 1));
          }
          write_all(fd, std::string("\0\xff", 2));
        },
        {step(connect("c")), step(wanting(Kind::prefix, "HTTP")), step(wanting_length(4)),
         step(wanting(Kind::regex, "[0-9]+ OK\r\n")), step(expect("c", "\r\nbo")),
         step(wanting(Kind::regex, "dy")), step(expect("c", std::string("\0\xff", 2))),
         step(expect("c", Kind::end)), step(expect("c", Kind::end))},
        transport, family);
    EXPECT_EQ(miss_of(result), "");
  }
}

TEST(ExpectStream, TheRestStaysInTheKernel) {
  // Bytes that no step asked for are unread when the connection is closed, so that it is reset.
  int error = 0;
  {
    FakeServer server(SOCK_STREAM, loopback(Family::ipv4), [&](int fd) {
      write_all(fd, "success!");
      char byte = 0;
      error = ::recv(fd, &byte, 1, 0) < 0 ? errno : 0;
    });
    FakeStage stage;
    stage.server = target_of(server.address());
    EXPECT_EQ(miss_of(run(make_case(Transport::tcp, Family::ipv4,
                                    {step(connect("c")), step(expect("c", "success"))}),
                          stage)),
              "");
  }
  EXPECT_EQ(error, ECONNRESET);
}

TEST(ExpectStream, LongAnswers) {
  const std::string megabytes = scenario::pattern(8u << 20);
  const auto sends = [&](int fd) { write_all(fd, megabytes); };
  EXPECT_EQ(miss_of(run_against(sends, {step(connect("c")), step(expect("c", megabytes), 20'000ms),
                                        step(expect("c", Kind::end))})),
            "");
  EXPECT_EQ(miss_of(run_against(
                sends, {step(connect("c")), step(wanting_length(megabytes.size()), 20'000ms),
                        step(expect("c", Kind::end))})),
            "");
  // One wrong byte far in it is found, with its place.
  std::string wrong = megabytes;
  wrong[5'000'000] = '#';
  const Result result = run_against([&](int fd) { write_all(fd, wrong); },
                                    {step(connect("c")), step(expect("c", megabytes), 20'000ms)});
  EXPECT_THAT(miss_of(result), testing::StartsWith("script.answer-wrong: "));
  EXPECT_THAT(miss_of(result), testing::HasSubstr(": from offset 5000000 on wanted "));
  EXPECT_LT(miss_of(result).size(), 1000u);
}

TEST(ExpectReset, AlsoAfterTheEndOfTheStream) {
  // The peer closes at once, and what is sent after that is answered with RST: CLOSE_WAIT.
  const Result result = run_against(
      [](int) {}, {step(connect("c")), step(expect("c", Kind::end)), step(send("c", "123")),
                   step(expect("c", Kind::reset)), step(send("c", "123", "EPIPE"))});
  EXPECT_EQ(miss_of(result), "");
}

TEST(ExpectSeqpacket, KeepsMessagesApart) {
  const Result result = run_against(
      [](int fd) {
        write_all(fd, "one");
        ::send(fd, "", 0, MSG_NOSIGNAL);
        write_all(fd, "three");
        read_exactly(fd, 2);
      },
      {step(connect("c")), step(expect("c", "one")), step(expect("c", "")),
       step(wanting(Kind::prefix, "th")), step(silence("c", 10ms)), step(send("c", "ok")),
       step(expect("c", Kind::end))},
      Transport::unix_seqpacket, Family::unix_abstract);
  EXPECT_EQ(miss_of(result), "");
}

TEST(ExpectDatagram, OneReadIsOneDatagram) {
  for (const auto& [transport, family] : {std::pair{Transport::udp, Family::ipv4},
                                          {Transport::udp, Family::ipv6},
                                          {Transport::unix_datagram, Family::unix_path},
                                          {Transport::unix_datagram, Family::unix_abstract}}) {
    auto cut = wanting_length(1024);
    cut.receive = 1024;
    cut.truncated = true;
    auto whole = expect("c", "one");
    whole.truncated = false;
    whole.from = "server";
    FakeStage stage;
    FakeServer server(SOCK_DGRAM, loopback(family), [](int fd) {
      SocketAddress from;
      read_datagram(fd, from);
      write_datagram(fd, "one", from);
      write_datagram(fd, "", from);
      write_datagram(fd, std::string(1025, 'x'), from);
      write_datagram(fd, "status 200", from);
    });
    stage.server = target_of(server.address());
    auto at = bound("c");
    if (family == Family::unix_path) at.at.path = unique_path();
    const Result result =
        run(make_case(transport, family,
                      {step(at), step(send("c", "?")), step(whole), step(expect("c", "")),
                       step(cut), step(wanting(Kind::regex, "20[0-9]")), step(silence("c", 10ms))}),
            stage);
    EXPECT_EQ(miss_of(result), "") << scenario::name(family);
    if (at.at.path) ::unlink(at.at.path->c_str());
    if (family == Family::unix_path) ::unlink(stage.server.path->c_str());
  }
}

TEST(ExpectDatagram, RefusalsComeOnceAndTheWaitGoesOn) {
  FakeStage stage;
  {
    const FakeServer gone(SOCK_DGRAM, loopback(Family::ipv4), [](int) {});
    stage.server = target_of(gone.address());
  }
  EXPECT_EQ(miss_of(run(make_case(Transport::udp, Family::ipv4,
                                  {step(connect("c")), step(send("c", "?")),
                                   step(expect("c", Kind::refused)), step(silence("c", 10ms))}),
                        stage)),
            "");
  // With IP_RECVERR the error stays in a queue of its own, which must not keep the wait awake.
  const auto cpu = [] {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
  };
  const auto before = cpu();
  EXPECT_EQ(
      miss_of(run(make_case(Transport::udp, Family::ipv4,
                            {step(scenario::step::SetOption{"c", "IP_RECVERR", 1, {}, {}, {}}),
                             step(connect("c")), step(send("c", "?")),
                             step(expect("c", Kind::refused)), step(silence("c", 300ms))}),
                  stage)),
      "");
  EXPECT_LT(cpu() - before, 100ms);
}

TEST(ExpectDatagram, FromANamedSocket) {
  FakeStage stage;
  stage.server = target_of(loopback(Family::ipv4, 9));
  auto from = expect("b", "hello");
  from.from = "a";
  auto to_b = send("a", "hello");
  to_b.to = "b";
  auto back = send("b", "welcome");
  back.to = "sender";
  auto one = make_case(Transport::udp, Family::ipv4,
                       {step(bound("a")), step(bound("b")), step(to_b), step(from), step(back),
                        step(expect("a", "welcome"))});
  EXPECT_EQ(miss_of(run(one, stage)), "");
}

}  // namespace
}  // namespace wireproof::script
