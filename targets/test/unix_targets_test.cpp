#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "common/address.h"
#include "common/sockets.h"
#include "test/each_engine.h"
#include "test/program.h"

namespace targets::test {
namespace {

class UnixTypes : public testing::TestWithParam<const char*> {
 protected:
  Arguments with_type(std::string name, Arguments options = {}) const {
    options.insert(options.begin(), {name, "--type", GetParam()});
    return options;
  }
  bool is_datagram() const { return std::string(GetParam()) == "datagram"; }
};
INSTANTIATE_TEST_SUITE_P(Unix, UnixTypes, testing::Values("stream", "datagram", "seqpacket"),
                         [](const auto& value) { return std::string(value.param); });

TEST_P(UnixTypes, AnswersOnPathsAndAbstractNames) {
  const TemporaryPath path;
  for (const std::string& name : {path.text(), "@" + path.text()}) {
    Program server("unix-server", with_type(name));
    ASSERT_TRUE(server.prints("listening on " + name));
    const Result client = run("unix-client", with_type(name, {"--expect", "success"}));
    EXPECT_EQ(client.status, 0) << client.err;
    EXPECT_EQ(client.out, "success\n");
    EXPECT_TRUE(server.prints("received 3 bytes from "));
    EXPECT_EQ(server.terminate(), 0);
    EXPECT_EQ(server.err(), "");
    EXPECT_FALSE(path.exists());
  }
}

TEST_P(UnixTypes, KeepsMessagesWhole) {
  const TemporaryPath path;
  Program server("unix-server", with_type(path.text(), {"--echo", "--receive", "100000"}));
  ASSERT_TRUE(server.prints("listening on "));
  const Result client = run(
      "unix-client", with_type(path.text(), {"--send-bytes", "50000", "--expect-bytes", "50000"}));
  if (std::string(GetParam()) != "stream") {
    EXPECT_EQ(client.status, 0) << client.err;
    EXPECT_TRUE(server.prints("received 50000 bytes"));
  }
}

TEST_P(UnixTypes, LeavesAStalePathAloneUnlessTold) {
  const TemporaryPath path;
  {
    Program killed("unix-server", with_type(path.text()));
    ASSERT_TRUE(killed.prints("listening on "));
    killed.signal(SIGKILL);
    killed.wait();
  }
  ASSERT_TRUE(path.exists());
  const Result refused = run("unix-server", with_type(path.text()));
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.err.find("Address already in use (--replace-stale"), std::string::npos)
      << refused.err;
  Program server("unix-server", with_type(path.text(), {"--replace-stale"}));
  ASSERT_TRUE(server.prints("listening on ")) << server.err();
  const Result in_use = run("unix-server", with_type(path.text(), {"--replace-stale"}));
  EXPECT_EQ(in_use.status, 1);
  EXPECT_NE(in_use.err.find("it is in use"), std::string::npos) << in_use.err;
  EXPECT_EQ(run("unix-client", with_type(path.text(), {"--expect", "success"})).status, 0);
}

TEST_P(UnixTypes, RemovesOnlyItsOwnPath) {
  const TemporaryPath path;
  Program server("unix-server", with_type(path.text()));
  ASSERT_TRUE(server.prints("listening on "));
  // Renamed first, so that the new file cannot get the old one's inode number.
  std::filesystem::rename(path.text(), path.text() + ".old");
  std::ofstream(path.text()) << "somebody else's";
  EXPECT_EQ(run("unix-server", with_type(path.text(), {"--replace-stale"})).status, 1);
  EXPECT_EQ(server.terminate(), 0);
  EXPECT_TRUE(path.exists());
}

TEST_P(UnixTypes, SetsTheMode) {
  const TemporaryPath path;
  for (const unsigned mode : {0600u, 0666u, 0000u}) {
    char octal[8];
    std::snprintf(octal, sizeof octal, "%o", mode);
    Program server("unix-server", with_type(path.text(), {"--mode", octal}));
    ASSERT_TRUE(server.prints("listening on "));
    struct stat made {};
    ASSERT_EQ(stat(path.text().c_str(), &made), 0);
    EXPECT_EQ(made.st_mode & 0777, mode);
    EXPECT_EQ(server.terminate(), 0);
  }
  EXPECT_EQ(run("unix-server", with_type(path.text(), {"--mode", "888"})).status, 2);
  EXPECT_EQ(run("unix-server", with_type("@" + path.text(), {"--mode", "600"})).status, 2);
}

TEST_P(UnixTypes, SaysThatNobodyIsThere) {
  const TemporaryPath path;
  const Result client = run("unix-client", with_type(path.text()));
  EXPECT_EQ(client.status, 1);
  EXPECT_NE(client.err.find(path.text() + ": No such file or directory"), std::string::npos)
      << client.err;
  Program other("unix-server", {path.text(), "--type", is_datagram() ? "stream" : "datagram"});
  ASSERT_TRUE(other.prints("listening on "));
  const Result wrong_type = run("unix-client", with_type(path.text()));
  EXPECT_EQ(wrong_type.status, 1);
  EXPECT_NE(wrong_type.err.find("wrong type for socket"), std::string::npos) << wrong_type.err;
}

class UnixStream : public EachEngine {};
INSTANTIATE_TEST_SUITE_P(Each, UnixStream, engines, engine_name);

TEST_P(UnixStream, SeveralProcessesServeOneSocketAndEndTogether) {
  const TemporaryPath path;
  Program server("unix-server", with_engine({path.text(), "--processes", "3", "--exchanges", "0",
                                             "--backlog", "64", "--count-stdout"}));
  ASSERT_TRUE(server.prints("listening on "));
  const Result client = run("unix-client", {path.text(), "--parallel", "60", "--quiet", "--expect",
                                            "success", "--exchanges", "5"});
  EXPECT_EQ(client.status, 0) << client.err;
  EXPECT_EQ(server.terminate(), 0) << server.err();
  // All have ended: each told what it had served, and the path was removed, once.
  std::size_t served = 0, told = 0;
  const std::string out = server.out();
  for (std::size_t at = 0; (at = out.find("connections=", at)) != std::string::npos; ++at) {
    served += static_cast<std::size_t>(std::stoi(out.substr(at + 12)));
    ++told;
  }
  EXPECT_EQ(told, 3u);
  EXPECT_EQ(served, 60u);
  EXPECT_FALSE(path.exists());
  EXPECT_EQ(server.err(), "");
}

TEST_P(UnixStream, ServesManyAtOnceThroughAShortQueue) {
  const TemporaryPath path;
  Program server("unix-server", with_engine({path.text(), "--exchanges", "0", "--echo"}));
  ASSERT_TRUE(server.prints("listening on "));
  const Result client = run("unix-client", {path.text(), "--parallel", "300", "--quiet", "--expect",
                                            "123", "--exchanges", "5"});
  EXPECT_EQ(client.status, 0) << client.err;
}

TEST_P(UnixStream, EchoesTenMegabytesThroughSmallBuffers) {
  const TemporaryPath path;
  Program server("unix-server", with_engine({path.text(), "--exchanges", "0", "--echo", "--quiet",
                                             "--receive", "16384", "--sndbuf", "4608"}));
  ASSERT_TRUE(eventually([&] {
    return run("unix-client", {path.text(), "--exchanges", "0"}).status == 0;
  }));
  const Result large =
      run("unix-client", {path.text(), "--send-bytes", "10000000", "--expect-bytes", "10000000",
                          "--quiet", "--sndbuf", "4608", "--receive", "5000"});
  EXPECT_EQ(large.status, 0) << large.err;
}

TEST_P(UnixStream, SeqpacketCutsWhatIsTooLong) {
  const TemporaryPath path;
  Program server("unix-server",
                 with_engine({path.text(), "--type", "seqpacket", "--receive", "2", "--echo"}));
  ASSERT_TRUE(server.prints("listening on "));
  const Fd peer = connect_unix(path.text(), SOCK_SEQPACKET);
  send_text(peer, "12345");
  EXPECT_EQ(receive_text(peer, 2), "12");
  EXPECT_TRUE(server.prints("cut off 3 bytes"));
  end_sending(peer);
  EXPECT_EQ(receive_to_end(peer), "");
}

TEST(UnixDatagram, ClientRemovesThePathItBound) {
  const TemporaryPath path, own;
  Program server("unix-server", {path.text(), "--type", "datagram"});
  ASSERT_TRUE(server.prints("listening on "));
  const Result client = run("unix-client", {path.text(), "--type", "datagram", "--bind", own.text(),
                                            "--expect", "success"});
  EXPECT_EQ(client.status, 0) << client.err;
  EXPECT_TRUE(server.prints("from " + own.text() + ": 123"));
  EXPECT_FALSE(own.exists());
}

TEST(UnixDatagram, ServerOutlivesASenderWithoutAddress) {
  const TemporaryPath path;
  Program server("unix-server", {path.text(), "--type", "datagram"});
  ASSERT_TRUE(server.prints("listening on "));
  const Fd nameless = connect_unix(path.text(), SOCK_DGRAM);
  send_text(nameless, "123");
  EXPECT_TRUE(server.prints("from unnamed"));
  EXPECT_EQ(run("unix-client", {path.text(), "--type", "datagram", "--expect", "success"}).status,
            0);
  EXPECT_NE(server.err().find("has no address"), std::string::npos);
}

// Each answer waits a second for room in the client's queue: the signal must not wait for many.
TEST(UnixDatagram, EndsOnASignalWhileAClientSendsAndDoesNotRead) {
  const TemporaryPath path;
  Program server("unix-server", {path.text(), "--type", "datagram"});
  ASSERT_TRUE(server.prints("listening on "));
  const Fd peer = open_socket(AF_UNIX, SOCK_DGRAM);
  bind_socket(peer.get(), Address::unix_autobind());
  const Address to = Address::unix_name(path.text());
  ASSERT_EQ(connect(peer.get(), to.get(), to.size()), 0);
  ASSERT_TRUE(eventually([&] {
    while (send(peer.get(), "123", 3, MSG_DONTWAIT) == 3) {
    }
    return server.err().find("Resource temporarily unavailable") != std::string::npos;
  }));
  while (send(peer.get(), "123", 3, MSG_DONTWAIT) == 3) {
  }
  const auto refused = [&] {
    const std::string err = server.err();
    return std::count(err.begin(), err.end(), '\n');
  };
  const auto before = refused();
  EXPECT_EQ(server.terminate(), 0);
  EXPECT_LE(refused() - before, 2);
}

}  // namespace
}  // namespace targets::test
