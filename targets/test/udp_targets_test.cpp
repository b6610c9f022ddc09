#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/address.h"
#include "common/payload.h"
#include "common/sockets.h"
#include "test/each_engine.h"
#include "test/program.h"

namespace targets::test {
namespace {

constexpr const char* families[] = {"127.0.0.1", "::1"};

class UdpServer : public EachEngine {
 protected:
  struct Server : Program {
    explicit Server(Arguments options, std::string at = "127.0.0.1",
                    const std::string& name = "udp-server")
        : Program(name,
                  [&] {
                    options.insert(options.begin(), {at, "0"});
                    return with_engine(options);
                  }()),
          address(std::move(at)) {}
    Result client(Arguments options) const {
      options.insert(options.begin(), {address, std::to_string(port())});
      return run("udp-client", options);
    }
    Fd peer() const { return connect_udp(address, port()); }

    std::string address;
  };
};
INSTANTIATE_TEST_SUITE_P(Each, UdpServer, engines, engine_name);

// Sends from one socket, in a thread of its own, as much as it can.
class Flood {
 public:
  explicit Flood(Fd socket)
      : socket_(std::move(socket)), thread_([this] {
          while (!over_) {
            if (send(socket_.get(), "123", 3, MSG_DONTWAIT | MSG_NOSIGNAL) == 3) ++sent_;
          }
        }) {}
  ~Flood() {
    over_ = true;
    thread_.join();
  }
  int sent() const { return sent_; }

 private:
  Fd socket_;
  std::atomic<bool> over_{false};
  std::atomic<int> sent_{0};
  std::thread thread_;
};

TEST_P(UdpServer, DefaultsDoWhatTheTextbookDoes) {
  for (const char* const address : families) {
    Server server({}, address);
    EXPECT_EQ(server.client({}).out, "success\n");
    EXPECT_EQ(server.client({"--connected", "--expect", "success", "--quiet"}).out, "");
    EXPECT_EQ(server.client({"--count", "100", "--expect", "success"}).status, 0);
    EXPECT_TRUE(server.prints("received 3 bytes from "));
    EXPECT_EQ(server.terminate(), 0);
    EXPECT_EQ(server.err(), "");
  }
}

TEST_P(UdpServer, CarriesAnySize) {
  for (const char* const address : families) {
    Server server({"--echo", "--receive", "70000"}, address);
    for (const char* const size : {"0", "1", "1024", "1473", "65507"}) {
      const Result result = server.client({"--send-bytes", size, "--expect-bytes", size});
      EXPECT_EQ(result.status, 0) << size << result.err;
    }
    const Result result = server.client({"--send-bytes", "65536"});
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(result.err.find("Message too long"), std::string::npos) << result.err;
  }
}

TEST_P(UdpServer, CutsAndCounts) {
  for (const char* const address : families) {
    Server server({"--echo", "--receive", "2", "--count", "3", "--count-stdout", "--delay-ms", "1"},
                  address);
    EXPECT_EQ(server.client({"--count", "3", "--expect", "12", "--delay-ms", "1"}).status, 0);
    EXPECT_EQ(server.wait(), 0);
    EXPECT_TRUE(server.prints("received 3 bytes from "));
    EXPECT_TRUE(server.prints(": 12\n"));
    EXPECT_TRUE(server.prints("cut off 1 bytes"));
    EXPECT_TRUE(server.prints("datagrams=3 received=9 sent=6"));
  }
}

TEST_P(UdpServer, AnswersEachOfAThousand) {
  for (const char* const address : families) {
    Server server({"--echo", "--receive", "2000"}, address);
    const Fd peer = server.peer();
    // As many at once as the sockets' buffers hold.
    for (int first = 0; first < 1000; first += 100) {
      std::multiset<std::string> sent, answered;
      for (int i = first; i < first + 100; ++i) {
        std::string text = "number " + std::to_string(i) + " ";
        text += Payload::pattern(static_cast<std::size_t>(i)).at(0).substr(0, 500);
        send_text(peer, text);
        sent.insert(std::move(text));
      }
      for (int i = 0; i < 100; ++i) answered.insert(receive_datagram(peer));
      ASSERT_EQ(answered, sent);
    }
    EXPECT_TRUE(is_silent(peer, 0));
    EXPECT_EQ(server.terminate(), 0);
    EXPECT_EQ(server.err(), "");
  }
}

TEST_P(UdpServer, AnswersAllThatHasComeMeanwhileAndNoMoreThanTold) {
  Server server({"--echo", "--count", "60", "--count-stdout"});
  const Fd peer = server.peer();
  server.stand_still();
  std::multiset<std::string> sent, answered;
  for (int i = 0; i < 100; ++i) {
    const std::string text = "number " + std::to_string(i);
    send_text(peer, text);
    if (i < 60) sent.insert(text);
  }
  server.signal(SIGCONT);
  EXPECT_EQ(server.wait(), 0);
  for (int i = 0; i < 60; ++i) answered.insert(receive_datagram(peer));
  EXPECT_EQ(answered, sent);
  EXPECT_TRUE(is_silent(peer, 0));
  EXPECT_TRUE(server.prints("datagrams=60 "));
  EXPECT_EQ(server.err(), "");
}

// More answers at once than an engine has on their way.
TEST_P(UdpServer, AnswersTwiceAllThatHasComeMeanwhile) {
  Server server({"--echo", "--count", "60"}, "127.0.0.1", "bad-udp-answers-twice");
  const Fd peer = server.peer();
  server.stand_still();
  std::multiset<std::string> due, answered;
  for (int i = 0; i < 60; ++i) {
    const std::string text = "number " + std::to_string(i);
    send_text(peer, text);
    due.insert({text, text});
  }
  server.signal(SIGCONT);
  for (int i = 0; i < 120; ++i) answered.insert(receive_datagram(peer));
  EXPECT_EQ(answered, due);
  EXPECT_EQ(server.wait(), 0);
}

TEST_P(UdpServer, ServesManyClientsAtOnce) {
  Server server({"--echo"});
  std::vector<Fd> peers(50);
  for (Fd& peer : peers) peer = server.peer();
  for (int round = 0; round < 20; ++round) {
    const auto text = [&](std::size_t i) {
      return "round " + std::to_string(round) + " of " + std::to_string(i);
    };
    for (std::size_t i = 0; i < peers.size(); ++i) send_text(peers[i], text(i));
    for (std::size_t i = 0; i < peers.size(); ++i) {
      ASSERT_EQ(receive_datagram(peers[i]), text(i));
    }
  }
  EXPECT_EQ(server.terminate(), 0);
  EXPECT_EQ(server.err(), "");
}

TEST_P(UdpServer, AnswersOneBeforeItWaitsToAnswerTheNext) {
  Server server({"--echo", "--delay-ms", "100"});
  const Fd peer = server.peer();
  server.stand_still();
  send_text(peer, "first");
  send_text(peer, "second");
  server.signal(SIGCONT);
  ASSERT_TRUE(server.prints(": second\n"));
  ASSERT_FALSE(is_silent(peer, 0));
  EXPECT_EQ(receive_datagram(peer), "first");
  EXPECT_EQ(receive_datagram(peer), "second");
}

TEST_P(UdpServer, GoesOnWhereItCannotAnswer) {
  Server server({"--send-bytes", "70000", "--count", "100", "--count-stdout"});
  const Fd peer = server.peer();
  for (int i = 0; i < 100; ++i) send_text(peer, "123");
  EXPECT_EQ(server.wait(), 0);
  EXPECT_TRUE(server.prints("datagrams=100 received=300 sent=0"));
  const std::string complaint =
      ": answer " + Address::local_of(peer.get()).text() + ": Message too long\n";
  const std::string err = server.err();
  std::size_t complaints = 0;
  for (std::size_t at = 0; (at = err.find(complaint, at)) != std::string::npos; ++at) ++complaints;
  EXPECT_EQ(complaints, 100u) << err;
}

TEST_P(UdpServer, EndsOnSignalsEvenWhileItWaitsToAnswer) {
  for (const int number : {SIGTERM, SIGINT}) {
    Server server({"--delay-ms", "60000"});
    ASSERT_EQ(server.client({"--send-only"}).status, 0);
    ASSERT_TRUE(server.prints("received "));
    server.signal(number);
    EXPECT_EQ(server.wait(), 0);
  }
}

// However many datagrams wait, it looks for the signal between a few of them.
TEST_P(UdpServer, EndsOnSignalsUnderAFlood) {
  Server server({"--echo"});
  std::optional<Flood> flood(server.peer());
  ASSERT_TRUE(eventually([&] { return flood->sent() > 1000; }));
  server.stand_still();
  const int before = flood->sent();
  ASSERT_TRUE(eventually([&] { return flood->sent() > before + 1000; }));
  flood.reset();
  const auto served = [&] {
    const std::string out = server.out();
    return std::count(out.begin(), out.end(), '\n');
  };
  const auto at_signal = served();
  server.signal(SIGTERM);
  server.signal(SIGCONT);
  EXPECT_EQ(server.wait(), 0);
  EXPECT_LE(served() - at_signal, 128);
}

TEST(UdpServerEngine, WhereIoUringIsRefusedItSaysSoAndAutoGoesOn) {
  const Arguments automatic{"127.0.0.1", "0", "--engine", "auto"};
  std::thread([&] {
    forbid_io_uring();
    const Result refused = run("udp-server", {"127.0.0.1", "0", "--engine", "io_uring"});
    EXPECT_EQ(refused.status, 1);
    EXPECT_NE(refused.err.find("make an io_uring: Operation not permitted"), std::string::npos)
        << refused.err;
    EXPECT_NE(refused.err.find("--engine epoll"), std::string::npos) << refused.err;
    Program server("udp-server", automatic);
    const std::string port = std::to_string(server.port());
    EXPECT_EQ(run("udp-client", {"127.0.0.1", port, "--expect", "success"}).status, 0);
    EXPECT_EQ(server.terminate(), 0);
    EXPECT_NE(server.err().find("epoll serves instead"), std::string::npos) << server.err();
  }).join();
  Program server("udp-server", automatic);
  const std::string port = std::to_string(server.port());
  EXPECT_EQ(run("udp-client", {"127.0.0.1", port, "--expect", "success"}).status, 0);
  EXPECT_EQ(server.err().empty(), engine_works("io_uring")) << server.err();
}

class UdpFamilies : public testing::TestWithParam<const char*> {
 protected:
  Result client(const Program& server, Arguments options) const {
    options.insert(options.begin(), {GetParam(), std::to_string(server.port())});
    return run("udp-client", options);
  }
  Arguments server(Arguments options) const {
    options.insert(options.begin(), {GetParam(), "0"});
    return options;
  }
};
INSTANTIATE_TEST_SUITE_P(Udp, UdpFamilies, testing::ValuesIn(families),
                         [](const auto& value) { return value.index == 0 ? "V4" : "V6"; });

TEST_P(UdpFamilies, ChecksTheAnswer) {
  Program program("udp-server", server({"--send-bytes", "2000"}));
  EXPECT_EQ(client(program, {"--expect", "success"}).status, 1);
  EXPECT_EQ(client(program, {"--expect-bytes", "2000"}).status, 0);
  EXPECT_EQ(client(program, {}).status, 1);  // longer than --receive
  EXPECT_EQ(client(program, {"--receive", "2000"}).status, 0);
  EXPECT_EQ(client(program, {"--send-only"}).out, "");
}

TEST_P(UdpFamilies, HearsThatNobodyIsThere) {
  // A port that is taken for TCP only: no UDP socket of ours is there.
  const Address any = Address::inet(GetParam(), 0);
  Fd socket = open_socket(any.family(), SOCK_DGRAM);
  bind_socket(socket.get(), any);
  const std::string port = std::to_string(Address::local_of(socket.get()).port());
  EXPECT_EQ(run("udp-client", {GetParam(), port, "--timeout-ms", "30"}).status, 1);
  EXPECT_EQ(run("udp-client", {GetParam(), port, "--timeout-ms", "30", "--expect-refused"}).status,
            1);
  socket.close();
  const Result refused = run("udp-client", {GetParam(), port, "--connected"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.err.find("Connection refused"), std::string::npos) << refused.err;
  EXPECT_EQ(run("udp-client", {GetParam(), port, "--expect-refused"}).status, 0);
  Program program("udp-server", server({}));
  EXPECT_EQ(client(program, {"--expect-refused"}).status, 1);
}

TEST(UdpClient, BindsItsOwnAddress) {
  Program server("udp-server", {"127.0.0.1", "0"});
  const Result result =
      run("udp-client", {"127.0.0.1", std::to_string(server.port()), "--bind", "127.0.0.2"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(server.prints("from 127.0.0.2:"));
}

}  // namespace
}  // namespace targets::test
