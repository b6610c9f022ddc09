#include <gtest/gtest.h>

#include <csignal>

#include "common/address.h"
#include "common/sockets.h"
#include "test/program.h"

namespace targets::test {
namespace {

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
INSTANTIATE_TEST_SUITE_P(Udp, UdpFamilies, testing::Values("127.0.0.1", "::1"),
                         [](const auto& value) { return value.index == 0 ? "V4" : "V6"; });

TEST_P(UdpFamilies, DefaultsDoWhatTheTextbookDoes) {
  Program program("udp-server", server({}));
  EXPECT_EQ(client(program, {}).out, "success\n");
  EXPECT_EQ(client(program, {"--connected", "--expect", "success", "--quiet"}).out, "");
  EXPECT_EQ(client(program, {"--count", "100", "--expect", "success"}).status, 0);
  EXPECT_TRUE(program.prints("received 3 bytes from "));
  EXPECT_EQ(program.terminate(), 0);
  EXPECT_EQ(program.err(), "");
}

TEST_P(UdpFamilies, CarriesAnySize) {
  Program program("udp-server", server({"--echo", "--receive", "70000"}));
  for (const char* const size : {"0", "1", "1024", "1473", "65507"}) {
    const Result result = client(program, {"--send-bytes", size, "--expect-bytes", size});
    EXPECT_EQ(result.status, 0) << size << result.err;
  }
  const Result result = client(program, {"--send-bytes", "65536"});
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.err.find("Message too long"), std::string::npos) << result.err;
}

TEST_P(UdpFamilies, CutsAndCounts) {
  Program program("udp-server", server({"--echo", "--receive", "2", "--count", "3",
                                        "--count-stdout", "--delay-ms", "1"}));
  EXPECT_EQ(client(program, {"--count", "3", "--expect", "12", "--delay-ms", "1"}).status, 0);
  EXPECT_EQ(program.wait(), 0);
  EXPECT_TRUE(program.prints("cut off 1 bytes"));
  EXPECT_TRUE(program.prints("datagrams=3 received=9 sent=6"));
}

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

TEST(UdpServer, EndsOnSignalsEvenWhileItWaitsToAnswer) {
  for (const int number : {SIGTERM, SIGINT}) {
    Program server("udp-server", {"127.0.0.1", "0", "--delay-ms", "60000"});
    ASSERT_EQ(run("udp-client", {"127.0.0.1", std::to_string(server.port()), "--send-only"}).status,
              0);
    ASSERT_TRUE(server.prints("received "));
    server.signal(number);
    EXPECT_EQ(server.wait(), 0);
  }
}

}  // namespace
}  // namespace targets::test
