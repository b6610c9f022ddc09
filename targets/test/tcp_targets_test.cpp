#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <thread>

#include "common/payload.h"
#include "test/each_engine.h"
#include "test/program.h"

namespace targets::test {
namespace {

using Clock = std::chrono::steady_clock;

Arguments server_arguments(Arguments options) {
  options.insert(options.begin(), {"127.0.0.1", "0"});
  return options;
}

// A tcp-server with the given options, and a client run against it.
struct Server : Program {
  explicit Server(Arguments options = {}) : Program("tcp-server", server_arguments(options)) {}
  Result client(Arguments options) const {
    options.insert(options.begin(), {"127.0.0.1", std::to_string(port())});
    return run("tcp-client", options);
  }
};

int milliseconds_since(Clock::time_point start) {
  return static_cast<int>(
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count());
}

class TcpEngine : public EachEngine {
 protected:
  struct Server : test::Server {
    explicit Server(Arguments options = {}) : test::Server(with_engine(std::move(options))) {}
  };
};
class TcpServer : public TcpEngine {};
class TcpTransfer : public TcpEngine {};
INSTANTIATE_TEST_SUITE_P(Each, TcpServer, engines, engine_name);
INSTANTIATE_TEST_SUITE_P(Each, TcpTransfer, engines, engine_name);

class BothFamilies : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Tcp, BothFamilies, testing::Values("127.0.0.1", "::1"),
                         [](const auto& value) { return value.index == 0 ? "V4" : "V6"; });

TEST_P(BothFamilies, DefaultsDoWhatTheTextbookDoes) {
  Program server("tcp-server", {GetParam(), "0"});
  const Result client = run("tcp-client", {GetParam(), std::to_string(server.port())});
  EXPECT_EQ(client.status, 0) << client.err;
  EXPECT_EQ(client.out, "success\n");
  EXPECT_TRUE(server.prints("accepted "));
  EXPECT_TRUE(server.prints("received 3 bytes from "));
  EXPECT_TRUE(server.prints(": 123\n"));
  EXPECT_EQ(server.terminate(), 0);
  EXPECT_EQ(server.err(), "");
}

TEST_P(TcpServer, SeveralProcessesServeOneSocketAndEndTogether) {
  Server server({"--processes", "3", "--count-stdout"});
  for (int i = 0; i < 9; ++i) EXPECT_EQ(server.client({}).status, 0);
  const std::uint16_t port = server.port();
  EXPECT_EQ(server.terminate(), 0);
  // All have ended: each told what it had served, and nobody listens.
  std::size_t served = 0, told = 0;
  for (std::size_t at = 0; (at = server.out().find("connections=", at)) != std::string::npos;
       ++at) {
    served += static_cast<std::size_t>(std::stoi(server.out().substr(at + 12)));
    ++told;
  }
  EXPECT_EQ(told, 3u);
  EXPECT_EQ(served, 9u);
  EXPECT_NE(run("tcp-client", {"127.0.0.1", std::to_string(port)}).status, 0);
}

TEST_P(BothFamilies, ClientBindsItsOwnAddress) {
  Program server("tcp-server", {GetParam(), "0"});
  const ReservedPort own(GetParam());
  const bool v6 = std::string(GetParam()) == "::1";
  const std::string address = (v6 ? "[::1]:" : "127.0.0.1:") + own.text();
  const Result client =
      run("tcp-client", {GetParam(), std::to_string(server.port()), "--bind", address});
  EXPECT_EQ(client.status, 0) << client.err;
  EXPECT_TRUE(server.prints("accepted " + address + "\n"));
}

TEST_P(TcpServer, EndsOnInterruptAndTerminateWithConnectionsOpen) {
  for (const int number : {SIGTERM, SIGINT}) {
    Server server;
    const Fd peer = connect_tcp(server.port());
    ASSERT_TRUE(server.prints("accepted "));
    server.signal(number);
    EXPECT_EQ(server.wait(), 0);
    EXPECT_EQ(receive_to_end(peer), "");
  }
}

TEST_P(TcpServer, WaitsForTheClientToCloseByDefault) {
  Server server;
  const Fd peer = connect_tcp(server.port());
  send_text(peer, "123");
  EXPECT_EQ(receive_text(peer, 7), "success");
  send_text(peer, "read and dropped");
  EXPECT_TRUE(is_silent(peer, 50));
  end_sending(peer);
  EXPECT_EQ(receive_to_end(peer), "");
}

TEST_P(TcpServer, ClosesFirstWhenTold) {
  for (const char* const who : {"server", "now"}) {
    Server server({"--close", who});
    const Fd peer = connect_tcp(server.port());
    send_text(peer, "123");
    EXPECT_EQ(receive_to_end(peer), "success") << who;
  }
  Server server({"--close=server"});
  EXPECT_EQ(server.client({"--close", "server", "--expect", "success"}).status, 0);
}

TEST_P(TcpServer, WaitsBeforeItsClose) {
  Server server({"--close-wait-ms", "120"});
  const Fd peer = connect_tcp(server.port());
  send_text(peer, "123");
  EXPECT_EQ(receive_text(peer, 7), "success");
  const auto start = Clock::now();
  end_sending(peer);
  EXPECT_EQ(receive_to_end(peer), "");
  EXPECT_GE(milliseconds_since(start), 119);
}

TEST_P(TcpServer, AnswersAfterTheHalfClose) {
  Server server({"--half-close-answer", "--echo"});
  const Fd peer = connect_tcp(server.port());
  send_text(peer, "12");
  EXPECT_TRUE(is_silent(peer, 50));
  send_text(peer, "34");
  end_sending(peer);
  EXPECT_EQ(receive_to_end(peer), "1234");
  const Result client =
      server.client({"--half-close", "--send-bytes", "3000000", "--expect-bytes", "3000000"});
  EXPECT_EQ(client.status, 0) << client.err;
}

TEST_P(TcpServer, CountsExchanges) {
  Server server({"--exchanges", "3", "--close", "server"});
  EXPECT_EQ(server.client({"--exchanges", "3", "--expect", "success", "--close", "server"}).status,
            0);
  EXPECT_EQ(server.client({"--exchanges", "4", "--expect", "success"}).status, 1);
  Server endless({"--exchanges", "0", "--echo"});
  EXPECT_EQ(endless.client({"--exchanges", "1000", "--expect", "123", "--quiet"}).status, 0);
}

TEST_P(TcpServer, ReadsMessagesAsLongAsTold) {
  Server two({"--receive", "2", "--exchanges", "0", "--echo"});
  EXPECT_EQ(two.client({"--message", "12345", "--expect", "12345"}).out, "12345\n");
  EXPECT_TRUE(two.prints(": 12\n"));
  EXPECT_TRUE(two.prints(": 5\n"));
  Server exact({"--receive-exactly", "10"});
  const Fd peer = connect_tcp(exact.port());
  send_text(peer, "123456789");
  EXPECT_TRUE(is_silent(peer, 50));
  send_text(peer, "0");
  EXPECT_EQ(receive_text(peer, 7), "success");
}

TEST_P(TcpServer, SpeaksFirst) {
  Server server({"--speak-first", "--close", "now", "--answer", "hello"});
  const Fd peer = connect_tcp(server.port());
  EXPECT_EQ(receive_to_end(peer), "hello");
  EXPECT_EQ(server.client({"--message", "", "--half-close", "--expect", "hello"}).status, 0);
}

TEST_P(TcpServer, SendsInChunksWithGaps) {
  Server server({"--chunk", "3", "--chunk-gap-ms", "30", "--nodelay"});
  const Fd peer = connect_tcp(server.port());
  send_text(peer, "123");
  char buffer[16];
  const auto start = Clock::now();
  EXPECT_EQ(recv(peer.get(), buffer, sizeof buffer, 0), 3);
  EXPECT_EQ(receive_text(peer, 4), "cess");
  EXPECT_GE(milliseconds_since(start), 30);
  Server bytewise({"--chunk", "1"});
  EXPECT_EQ(
      bytewise.client({"--expect", "success", "--chunk", "1", "--chunk-gap-ms", "1", "--nodelay"})
          .status,
      0);
}

TEST_P(TcpServer, WaitsBeforeAnsweringReadingAndAccepting) {
  Server late({"--delay-ms", "60"});
  auto start = Clock::now();
  EXPECT_EQ(late.client({"--expect", "success"}).status, 0);
  EXPECT_GE(milliseconds_since(start), 60);
  Server slow({"--read-gap-ms", "30", "--receive", "1", "--receive-exactly", "3"});
  start = Clock::now();
  EXPECT_EQ(slow.client({"--expect", "success"}).status, 0);
  EXPECT_GE(milliseconds_since(start), 60);
  Server shy({"--accept-gap-ms", "40"});
  start = Clock::now();
  EXPECT_EQ(shy.client({"--connections", "3", "--expect", "success"}).status, 0);
  EXPECT_GE(milliseconds_since(start), 80);
}

TEST_P(TcpServer, AbortsWithLingerZero) {
  Server server({"--linger", "0", "--close", "now"});
  const Fd peer = connect_tcp(server.port());
  send_text(peer, "123");
  EXPECT_TRUE(receive_to_end(peer).ends_with("<reset>"));
}

TEST_P(TcpServer, EndsAfterItsConnectionsAndCountsThem) {
  const ReservedPort port;
  Program quiet("tcp-server", with_engine({"127.0.0.1", port.text(), "--max-connections", "2",
                                           "--count-stdout", "--quiet"}));
  ASSERT_TRUE(eventually([&] {
    return run("tcp-client", {"127.0.0.1", port.text(), "--expect", "success"}).status == 0;
  }));
  EXPECT_EQ(run("tcp-client", {"127.0.0.1", port.text(), "--expect", "success"}).status, 0);
  EXPECT_EQ(quiet.wait(), 0);
  EXPECT_EQ(quiet.out(), "connections=2 exchanges=2 received=6 sent=14\n");
}

TEST_P(TcpServer, TakesItsPortAgainOnlyWithReuseAddress) {
  std::string port;
  {
    Server server({"--close", "server"});  // who closes first is in TIME_WAIT afterwards
    port = std::to_string(server.port());
    ASSERT_EQ(server.client({"--close", "server"}).status, 0);
    ASSERT_EQ(server.terminate(), 0);
  }
  const Result refused = run("tcp-server", with_engine({"127.0.0.1", port, "--no-reuseaddr"}));
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.err, "tcp-server: bind to 127.0.0.1:" + port + ": Address already in use\n");
  Program again("tcp-server", with_engine({"127.0.0.1", port}));
  EXPECT_EQ(std::to_string(again.port()), port);
}

TEST_P(TcpServer, OutlivesAPeersReset) {
  Server server({"--exchanges", "0"});
  {
    const Fd peer = connect_tcp(server.port());
    const linger abort{1, 0};
    ASSERT_EQ(setsockopt(peer.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort), 0);
    ASSERT_TRUE(server.prints("accepted "));
  }
  EXPECT_TRUE(eventually([&] { return server.err().find("reset by peer") != std::string::npos; }));
  EXPECT_EQ(server.client({"--expect", "success"}).status, 0);
}

TEST_P(TcpTransfer, TenMegabytesThroughSmallBuffers) {
  const ReservedPort port;
  Program small("tcp-server",
                with_engine({"127.0.0.1", port.text(), "--sndbuf", "65536", "--send-bytes",
                             "10000000", "--receive-exactly", "10000000", "--quiet"}));
  ASSERT_TRUE(eventually([&] {
    return run("tcp-client", {"127.0.0.1", port.text(), "--exchanges", "0"}).status == 0;
  }));
  const Result client =
      run("tcp-client", {"127.0.0.1", port.text(), "--sndbuf", "65536", "--send-bytes", "10000000",
                         "--expect-bytes", "10000000", "--receive", "65536"});
  EXPECT_EQ(client.status, 0) << client.err;
  EXPECT_EQ(small.terminate(), 0);
}

TEST_P(TcpTransfer, EchoesBothWaysAtOnce) {
  const ReservedPort port;
  Program server("tcp-server", with_engine({"127.0.0.1", port.text(), "--exchanges", "0", "--echo",
                                            "--receive", "16384", "--quiet"}));
  ASSERT_TRUE(eventually([&] {
    return run("tcp-client", {"127.0.0.1", port.text(), "--exchanges", "0"}).status == 0;
  }));
  const Result client =
      run("tcp-client", {"127.0.0.1", port.text(), "--send-bytes", "10000000", "--expect-bytes",
                         "10000000", "--receive", "4096", "--sndbuf", "8192"});
  EXPECT_EQ(client.status, 0) << client.err;
}

TEST_P(TcpTransfer, SurvivesStopAndContinue) {
  Server server({"--exchanges", "0", "--echo", "--delay-ms", "1", "--chunk", "2", "--nodelay"});
  Program client("tcp-client", {"127.0.0.1", std::to_string(server.port()), "--exchanges", "300",
                                "--expect", "123", "--quiet"});
  // Linux ends epoll_wait() and poll() with EINTR when a stopped process continues.
  while (!client.has_exited()) {
    for (Program* const program : {static_cast<Program*>(&server), &client}) {
      program->signal(SIGSTOP);
      std::this_thread::sleep_for(std::chrono::microseconds(300));
      program->signal(SIGCONT);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  EXPECT_EQ(client.wait(), 0) << client.err();
  EXPECT_EQ(server.terminate(), 0) << server.err();
}

TEST_P(TcpTransfer, ServesFiveHundredAtOnce) {
  Server server({"--backlog", "1024", "--exchanges", "0", "--count-stdout"});
  const Result client =
      server.client({"--parallel", "500", "--exchanges", "3", "--expect", "success", "--quiet"});
  EXPECT_EQ(client.status, 0) << client.err;
  EXPECT_EQ(server.client({"--parallel", "4", "--connections", "5"}).status, 0);
  EXPECT_TRUE(eventually([&] {
    const std::string out = server.out();
    std::size_t accepted = 0;
    for (std::size_t at = 0; (at = out.find("accepted ", at)) != std::string::npos; ++at)
      ++accepted;
    return accepted == 520;
  }));
  EXPECT_EQ(server.terminate(), 0);
  EXPECT_TRUE(server.prints("connections=520 "));
}

// A peer that sends and does not read: what the server holds for it stays bounded.
TEST_P(TcpTransfer, APeerThatNeverReadsMakesTheServerWait) {
  const ReservedPort port;
  Program server("tcp-server", with_engine({"127.0.0.1", port.text(), "--exchanges", "0", "--echo",
                                            "--receive", "16384", "--quiet"}));
  ASSERT_TRUE(eventually([&] {
    return run("tcp-client", {"127.0.0.1", port.text(), "--exchanges", "0"}).status == 0;
  }));
  const Fd peer = connect_tcp(port.number());
  const std::string piece(1 << 20, 'x');
  // Until nothing more is taken for a while.
  std::size_t sent = 0;
  constexpr std::size_t much = std::size_t{256} << 20;
  while (sent < much) {
    pollfd writable{peer.get(), POLLOUT, 0};
    if (poll(&writable, 1, 500) == 0) break;
    const ssize_t count = ::send(peer.get(), piece.data(), piece.size(), MSG_DONTWAIT);
    ASSERT_GT(count, 0);
    sent += static_cast<std::size_t>(count);
  }
  EXPECT_LT(sent, much);
  // Others are served meanwhile, and once it reads, all of it comes back.
  EXPECT_EQ(run("tcp-client", {"127.0.0.1", port.text(), "--expect", "123"}).status, 0);
  end_sending(peer);
  EXPECT_EQ(receive_to_end(peer).size(), sent);
}

// Closing while bytes are still on their way to the server.
TEST_P(TcpServer, ClosesAtOnceWhileItsPeerGoesOnSending) {
  Server server({"--close", "now", "--backlog", "64"});
  for (int i = 0; i < 20; ++i) {
    const Fd peer = connect_tcp(server.port());
    send_text(peer, "123");
    EXPECT_TRUE(receive_text(peer, 7).starts_with("success"));
    while (::send(peer.get(), "more", 4, MSG_NOSIGNAL) == 4) {
    }
    EXPECT_TRUE(errno == EPIPE || errno == ECONNRESET) << errno;
  }
}

TEST(TcpServerEngine, WhereIoUringIsRefusedItSaysSoAndAutoGoesOn) {
  std::thread([] {
    forbid_io_uring();
    const Result refused = run("tcp-server", {"127.0.0.1", "0", "--engine", "io_uring"});
    EXPECT_EQ(refused.status, 1);
    EXPECT_NE(refused.err.find("make an io_uring: Operation not permitted"), std::string::npos)
        << refused.err;
    EXPECT_NE(refused.err.find("--engine epoll"), std::string::npos) << refused.err;
    Server server({"--engine", "auto"});
    EXPECT_EQ(server.client({"--expect", "success"}).status, 0);
    EXPECT_EQ(server.terminate(), 0);
    EXPECT_NE(server.err().find("epoll serves instead"), std::string::npos) << server.err();
  }).join();
  Server server({"--engine", "auto"});
  EXPECT_EQ(server.client({"--expect", "success"}).status, 0);
  EXPECT_EQ(server.err().empty(), engine_works("io_uring")) << server.err();
}

TEST(TcpClient, NamesWhatIsWrong) {
  const ReservedPort nobody;
  Result client = run("tcp-client", {"127.0.0.1", nobody.text()});
  EXPECT_EQ(client.status, 1);
  EXPECT_EQ(client.err,
            "tcp-client: connect to 127.0.0.1:" + nobody.text() + ": Connection refused\n");
  Server server;
  EXPECT_EQ(server.client({"--expect", "failure"}).status, 1);
  client = server.client({"--expect", "success and more", "--timeout-ms", "50"});
  EXPECT_EQ(client.status, 1);
  EXPECT_NE(client.err.find("Connection timed out"), std::string::npos) << client.err;
  Server closing({"--close", "now"});
  client = closing.client({"--expect", "success and more"});
  EXPECT_EQ(client.status, 1);
  EXPECT_NE(client.err.find("after 7 bytes of the answer, of 16"), std::string::npos) << client.err;
  client = closing.client({"--expect", "succ", "--close", "server"});
  EXPECT_EQ(client.status, 1);
  EXPECT_NE(client.err.find("more than was expected: 'ess'"), std::string::npos) << client.err;
}

TEST(TcpClient, HalfClosesAndWaits) {
  Server server({"--half-close-answer"});
  const auto start = Clock::now();
  const Result client = server.client({"--half-close", "--expect", "success", "--close-wait-ms",
                                       "60", "--hold-ms", "40", "--delay-ms", "20"});
  EXPECT_EQ(client.status, 0) << client.err;
  EXPECT_GE(milliseconds_since(start), 120);
}

TEST(TcpClient, AbortsWithLingerZero) {
  Server server({"--exchanges", "0"});
  EXPECT_EQ(server.client({"--linger", "0", "--hold-ms", "10"}).status, 0);
  EXPECT_TRUE(eventually([&] { return server.err().find("reset by peer") != std::string::npos; }));
}

TEST(TcpClient, ReadsSlowlyWhenTold) {
  Server server({"--send-bytes", "30"});
  const auto start = Clock::now();
  EXPECT_EQ(server
                .client({"--expect-bytes", "30", "--receive", "10", "--read-gap-ms", "20",
                         "--rcvbuf", "5000"})
                .status,
            0);
  EXPECT_GE(milliseconds_since(start), 60);
}

TEST(TcpClient, FailsWhenStoppedBeforeItsEnd) {
  Server server({"--delay-ms", "60000"});
  Program client("tcp-client",
                 {"127.0.0.1", std::to_string(server.port()), "--timeout-ms", "60000"});
  ASSERT_TRUE(server.prints("received "));
  EXPECT_EQ(client.terminate(), 1);
  EXPECT_EQ(client.err(), "tcp-client: ended by a signal before the work was done\n");
}

TEST(Usage, IsExplainedInOneLine) {
  for (const char* const program :
       {"tcp-server", "tcp-client", "udp-server", "udp-client", "unix-server", "unix-client"}) {
    const bool is_unix = std::string(program).starts_with("unix");
    const Result help = run(program, {"--help"});
    EXPECT_EQ(help.status, 0);
    EXPECT_TRUE(help.out.starts_with(std::string("usage: ") + program)) << help.out;
    const Arguments good = is_unix ? Arguments{"@x"} : Arguments{"127.0.0.1", "9"};
    std::vector<Arguments> wrong{{}, good, good, good, good};
    wrong[1].push_back("--no-such-option");
    wrong[2].push_back("superfluous");
    wrong[3].push_back("--receive");
    wrong[4].insert(wrong[4].end(), {"--receive", "12x"});
    if (!is_unix) wrong.insert(wrong.end(), {{"localhost", "9"}, {"::1", "65536"}});
    if (is_unix) wrong.insert(wrong.end(), {{"@x", "--type", "raw"}, {std::string(200, 'x')}});
    for (const Arguments& arguments : wrong) {
      const Result result = run(program, arguments);
      EXPECT_EQ(result.status, 2) << program << ": " << result.err;
      EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
      EXPECT_NE(result.err.find("(try --help)"), std::string::npos) << result.err;
    }
  }
}

}  // namespace
}  // namespace targets::test
