#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <fstream>

#include "common/address.h"
#include "common/sockets.h"
#include "test/each_engine.h"
#include "test/program.h"

// Each known-bad program shows its fault, and the right client notices those that it can notice.
namespace targets::test {
namespace {

constexpr int a_while = 100;  // milliseconds in which a fault by omission shows nothing

struct BadServer : Program {
  explicit BadServer(const std::string& name, Arguments options = {})
      : Program(name, [&] {
          options.insert(options.begin(), {"127.0.0.1", "0"});
          return options;
        }()) {}
  Result tcp_client(Arguments options) const { return client("tcp-client", std::move(options)); }
  Result udp_client(Arguments options) const { return client("udp-client", std::move(options)); }

 private:
  Result client(const char* name, Arguments options) const {
    options.insert(options.begin(), {"127.0.0.1", std::to_string(port())});
    return run(name, options);
  }
};

Fd ask(const Program& server) {
  Fd peer = connect_tcp(server.port());
  send_text(peer, "123");
  return peer;
}

TEST(BadTcp, NeverCloses) {
  BadServer server("bad-tcp-never-closes");
  const Fd peer = ask(server);
  EXPECT_EQ(receive_text(peer, 7), "success");
  end_sending(peer);
  EXPECT_TRUE(is_silent(peer, a_while));
  EXPECT_EQ(server.terminate(), 0);
}

TEST(BadTcp, Resets) {
  BadServer server("bad-tcp-resets");
  const Fd peer = ask(server);
  EXPECT_EQ(receive_text(peer, 7), "success");
  EXPECT_TRUE(is_silent(peer, a_while));
  end_sending(peer);
  EXPECT_EQ(receive_to_end(peer), "<reset>");
}

TEST(BadTcp, AnswersTwice) {
  BadServer server("bad-tcp-answers-twice");
  const Fd peer = ask(server);
  EXPECT_EQ(receive_text(peer, 14), "successsuccess");
  end_sending(peer);
  EXPECT_EQ(receive_to_end(peer), "");
  EXPECT_EQ(server.tcp_client({"--half-close", "--expect", "success"}).status, 1);
}

TEST(BadTcp, AnswersShort) {
  BadServer server("bad-tcp-answers-short");
  const Fd peer = ask(server);
  EXPECT_EQ(receive_text(peer, 4), "succ");
  end_sending(peer);
  EXPECT_EQ(receive_to_end(peer), "");
  EXPECT_EQ(server.tcp_client({"--expect", "success", "--timeout-ms", "50"}).status, 1);
  BadServer echo("bad-tcp-answers-short", {"--echo"});
  EXPECT_EQ(echo.tcp_client({"--expect", "12"}).status, 0);
}

TEST(BadTcp, AnswersLate) {
  BadServer server("bad-tcp-answers-late");
  const Fd peer = ask(server);
  EXPECT_TRUE(is_silent(peer, a_while));
  BadServer sooner("bad-tcp-answers-late", {"--late-ms", "150"});
  const Fd second = ask(sooner);
  EXPECT_TRUE(is_silent(second, a_while));
  EXPECT_EQ(receive_text(second, 7), "success");
}

TEST(BadTcp, ClosesBeforeAnswering) {
  BadServer server("bad-tcp-closes-before-answering");
  EXPECT_EQ(receive_to_end(ask(server)), "");
  EXPECT_EQ(server.tcp_client({}).status, 1);
}

TEST(BadTcp, IsImpatient) {
  BadServer server("bad-tcp-impatient");
  EXPECT_EQ(server.tcp_client({}).status, 0);
  EXPECT_EQ(server.tcp_client({"--delay-ms", "400"}).status, 1);
}

TEST(BadTcp, IgnoresHalfClose) {
  BadServer server("bad-tcp-ignores-half-close");
  const Fd peer = ask(server);
  end_sending(peer);
  EXPECT_TRUE(server.prints("received 3 bytes"));
  EXPECT_TRUE(is_silent(peer, a_while));
}

TEST(BadTcp, NeverReads) {
  BadServer server("bad-tcp-never-reads");
  const Fd peer = connect_tcp(server.port());
  ASSERT_EQ(fcntl(peer.get(), F_SETFL, O_NONBLOCK), 0);
  const std::string block(65536, 'x');
  pollfd poll_fd{peer.get(), POLLOUT, 0};
  while (poll(&poll_fd, 1, a_while) == 1) {
    ASSERT_GT(send(peer.get(), block.data(), block.size(), MSG_NOSIGNAL), 0);
  }
  EXPECT_TRUE(is_silent(peer, 0));
}

TEST(BadTcp, CrashesAfterAccept) {
  BadServer server("bad-tcp-crashes-after-accept");
  const Fd peer = connect_tcp(server.port());
  EXPECT_EQ(receive_to_end(peer), "");
  EXPECT_EQ(server.wait(), -SIGABRT);
}

TEST(BadTcp, WrongAnswer) {
  BadServer server("bad-tcp-wrong-answer", {"--answer", "right"});
  EXPECT_EQ(server.tcp_client({}).out, "failure\n");
  EXPECT_EQ(server.tcp_client({"--expect", "right"}).status, 1);
}

TEST(BadTcp, ListensElsewhere) {
  // The port above a free one may be taken; another is tried then.
  bool seen = false;
  for (int attempt = 0; attempt < 20 && !seen; ++attempt) {
    const ReservedPort given;
    Program server("bad-listens-elsewhere", {"127.0.0.1", given.text()});
    if (!eventually([&] { return server.has_exited() || !server.out().empty(); })) break;
    if (server.has_exited()) continue;
    seen = true;
    EXPECT_EQ(server.port(), given.number() + 1);
    EXPECT_EQ(run("tcp-client", {"127.0.0.1", given.text()}).status, 1);
  }
  EXPECT_TRUE(seen);
}

TEST(BadTcpClient, Aborts) {
  BadServer server("tcp-server");
  EXPECT_EQ(run("bad-tcp-client-aborts", {"127.0.0.1", std::to_string(server.port())}).status, 0);
  EXPECT_TRUE(eventually([&] { return server.err().find("reset by peer") != std::string::npos; }));
}

TEST(BadTcpClient, NeverCloses) {
  BadServer server("tcp-server", {"--max-connections", "1"});
  Program client("bad-tcp-client-never-closes", {"127.0.0.1", std::to_string(server.port())});
  EXPECT_TRUE(client.prints("success"));
  EXPECT_EQ(poll(nullptr, 0, a_while), 0);
  EXPECT_FALSE(client.has_exited());
  EXPECT_FALSE(server.has_exited());
  client.signal(SIGKILL);
  EXPECT_EQ(server.wait(), 0);
}

class BadUdp : public EachEngine {
 protected:
  struct BadServer : test::BadServer {
    explicit BadServer(const std::string& name) : test::BadServer(name, with_engine({})) {}
  };
};
INSTANTIATE_TEST_SUITE_P(Each, BadUdp, engines, engine_name);

TEST_P(BadUdp, OtherPort) {
  BadServer server("bad-udp-other-port");
  const Result client = server.udp_client({});
  EXPECT_EQ(client.status, 1);
  EXPECT_NE(client.err.find("the answer came from 127.0.0.1:"), std::string::npos) << client.err;
  EXPECT_EQ(server.udp_client({"--any-source"}).out, "success\n");
  EXPECT_EQ(server.udp_client({"--connected", "--timeout-ms", "50"}).status, 1);
}

TEST_P(BadUdp, WrongPeer) {
  BadServer server("bad-udp-wrong-peer");
  bool seen = false;
  for (int attempt = 0; attempt < 20 && !seen; ++attempt) {
    std::array<Fd, 2> sockets;
    Address address = Address::inet("127.0.0.1", 0);
    for (Fd& socket : sockets) socket = open_socket(AF_INET, SOCK_DGRAM);
    bind_socket(sockets[0].get(), address);
    address = Address::local_of(sockets[0].get());
    address.set_port(static_cast<std::uint16_t>(address.port() + 1));
    if (bind(sockets[1].get(), address.get(), address.size()) != 0) continue;
    const Address to = Address::inet("127.0.0.1", server.port());
    ASSERT_EQ(sendto(sockets[0].get(), "123", 3, 0, to.get(), to.size()), 3);
    EXPECT_FALSE(is_silent(sockets[1], 20'000));
    EXPECT_EQ(receive_text(sockets[1], 7), "success");
    EXPECT_TRUE(is_silent(sockets[0], 0));
    seen = true;
  }
  EXPECT_TRUE(seen);
  EXPECT_EQ(server.udp_client({"--timeout-ms", "50"}).status, 1);
}

TEST_P(BadUdp, AnswersTwice) {
  BadServer server("bad-udp-answers-twice");
  const Fd socket = open_socket(AF_INET, SOCK_DGRAM);
  const Address to = Address::inet("127.0.0.1", server.port());
  ASSERT_EQ(sendto(socket.get(), "123", 3, 0, to.get(), to.size()), 3);
  for (int answer = 0; answer < 2; ++answer) {
    ASSERT_FALSE(is_silent(socket, 20'000));
    EXPECT_EQ(receive_text(socket, 7), "success");
  }
}

TEST_P(BadUdp, NeverAnswersAndCutsTheAnswer) {
  BadServer silent("bad-udp-never-answers");
  EXPECT_EQ(silent.udp_client({"--timeout-ms", "50"}).status, 1);
  EXPECT_TRUE(silent.prints("received 3 bytes"));
  BadServer cutting("bad-udp-cuts-answer");
  EXPECT_EQ(cutting.udp_client({}).out, "succ\n");
  EXPECT_EQ(cutting.udp_client({"--expect", "success"}).status, 1);
}

class BadUnix : public testing::TestWithParam<const char*> {
 protected:
  Arguments arguments(Arguments options = {}) const {
    options.insert(options.begin(), {path_.text(), "--type", GetParam()});
    return options;
  }
  TemporaryPath path_;
};
INSTANTIATE_TEST_SUITE_P(Unix, BadUnix, testing::Values("stream", "datagram", "seqpacket"),
                         [](const auto& value) { return std::string(value.param); });

TEST_P(BadUnix, LeavesPath) {
  Program server("bad-unix-leaves-path", arguments());
  ASSERT_TRUE(server.prints("listening on "));
  EXPECT_EQ(run("unix-client", arguments({"--expect", "success"})).status, 0);
  EXPECT_EQ(server.terminate(), 0);
  EXPECT_TRUE(path_.exists());
}

TEST_P(BadUnix, NeverAnswers) {
  Program server("bad-unix-never-answers", arguments());
  ASSERT_TRUE(server.prints("listening on "));
  EXPECT_EQ(run("unix-client", arguments({"--timeout-ms", "50"})).status, 1);
  EXPECT_TRUE(server.prints("received 3 bytes"));
}

TEST_P(BadUnix, AnswersTwice) {
  Program server("bad-unix-answers-twice", arguments());
  ASSERT_TRUE(server.prints("listening on "));
  const bool datagram = std::string(GetParam()) == "datagram";
  const TemporaryPath own;
  Fd peer;
  if (datagram) {
    peer = open_socket(AF_UNIX, SOCK_DGRAM);
    bind_socket(peer.get(), Address::unix_name(own.text()));
    const Address to = Address::unix_name(path_.text());
    ASSERT_EQ(connect(peer.get(), to.get(), to.size()), 0);
  } else {
    peer = connect_unix(path_.text(),
                        std::string(GetParam()) == "stream" ? SOCK_STREAM : SOCK_SEQPACKET);
  }
  send_text(peer, "123");
  for (int answer = 0; answer < 2; ++answer) EXPECT_EQ(receive_text(peer, 7), "success");
}

TEST(BadProgram, ExitsAtOnce) {
  const Result result = run("bad-exits-at-once", {"127.0.0.1", "1"});
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(result.err, "bad-exits-at-once: cannot start: this program always exits at once\n");
}

TEST(BadProgram, NeverListens) {
  const ReservedPort port;
  Program program("bad-never-listens", {"127.0.0.1", port.text()});
  EXPECT_EQ(poll(nullptr, 0, a_while), 0);
  EXPECT_FALSE(program.has_exited());
  EXPECT_EQ(run("tcp-client", {"127.0.0.1", port.text()}).status, 1);
}

TEST(BadProgram, IgnoresSigterm) {
  BadServer server("bad-ignores-sigterm");
  const std::uint16_t port = server.port();
  server.signal(SIGTERM);
  server.signal(SIGINT);
  EXPECT_EQ(run("tcp-client", {"127.0.0.1", std::to_string(port), "--expect", "success"}).status,
            0);
  EXPECT_FALSE(server.has_exited());
  server.signal(SIGKILL);
  EXPECT_EQ(server.wait(), -SIGKILL);
}

TEST(BadProgram, FloodsItsOutputAndServes) {
  const ReservedPort port;
  Program server("bad-floods-output", {"127.0.0.1", port.text()}, Program::Output::discarded);
  EXPECT_TRUE(eventually([&] {
    return run("tcp-client", {"127.0.0.1", port.text(), "--expect", "success"}).status == 0;
  }));
  EXPECT_TRUE(eventually([&] {  // by a thread of its own, which serving does not wait for
    std::ifstream io("/proc/" + std::to_string(server.pid()) + "/io");
    std::string name;
    long written = 0;
    while (io >> name >> written && name != "wchar:") {
    }
    return written > 8192;
  }));
  EXPECT_EQ(server.terminate(), 0);
}

TEST(BadProgram, ForksAway) {
  BadServer server("bad-forks-away");
  EXPECT_EQ(server.tcp_client({"--expect", "success"}).status, 0);
  const std::string out = server.out();
  const std::string start = "left process ";
  ASSERT_TRUE(out.starts_with(start)) << out;
  pid_t left = 0;
  std::from_chars(out.data() + start.size(), out.data() + out.size(), left);
  ASSERT_GT(left, 1);
  EXPECT_EQ(server.terminate(), 0);
  EXPECT_NE(getsid(left), getsid(0));
  EXPECT_EQ(kill(left, SIGKILL), 0);
}

}  // namespace
}  // namespace targets::test
