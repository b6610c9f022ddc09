// Steps that make, change and end sockets, and those of paths, where they do as they should.
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>

#include "base/error.h"
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

scenario::step::Listen listen(std::string fails = {}) {
  scenario::step::Listen made;
  made.socket = "l";
  made.fails = std::move(fails);
  return made;
}

struct Kinds {
  Transport transport;
  Family family;
};
const std::vector<Kinds> connected_kinds{
    {Transport::tcp, Family::ipv4},
    {Transport::tcp, Family::ipv6},
    {Transport::unix_stream, Family::unix_path},
    {Transport::unix_stream, Family::unix_abstract},
    {Transport::unix_seqpacket, Family::unix_path},
    {Transport::unix_seqpacket, Family::unix_abstract},
};

class Connected : public testing::TestWithParam<Kinds> {};

// Both ends scripted: the server's socket is named "s", the client's "c".
TEST_P(Connected, BothEndsExchangeAndClose) {
  const auto [transport, family] = GetParam();
  FakeStage stage;
  stage.server = target_of(loopback(family));
  if (transport == Transport::tcp) {
    const FakeServer chosen(SOCK_STREAM, loopback(family), [](int) {});
    stage.server = target_of(chosen.address());
  }
  auto one = make_case(
      transport, family,
      {step(listen()), step(connect("c")), step(scenario::step::Accept{"l", "s"}),
       step(send("c", "123")), step(expect("s", "123")), step(send("s", "success")),
       step(expect("c", "success")), step(silence("c", 20ms)),
       step(scenario::step::Shutdown{"c", {}}), step(expect("s", Kind::end)),
       step(send("s", "more")), step(expect("c", "more")), step(scenario::step::Close{"s"}),
       step(expect("c", Kind::end)), step(scenario::step::Close{"c"})});
  one.server.reset();
  const Result result = run(one, stage);
  EXPECT_TRUE(result.completed) << miss_of(result);
  EXPECT_EQ(stage.announced, 1);
  if (family == Family::unix_path) ::unlink(stage.server.path->c_str());
}

INSTANTIATE_TEST_SUITE_P(Of, Connected, testing::ValuesIn(connected_kinds), [](const auto& one) {
  std::string text(scenario::name(one.param.transport));
  text += "_";
  text += scenario::name(one.param.family);
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
});

TEST(Connect, RefusalsAreMetByName) {
  FakeStage stage;
  stage.server.path = unique_path();
  const auto refused = [&](std::string fails) {
    return run(make_case(Transport::unix_stream, Family::unix_path,
                         {step(connect("c", fails)), step(connect("c", fails))}),
               stage);
  };
  EXPECT_EQ(miss_of(refused("ENOENT")), "");
  // A path without a socket behind it: a stale one.
  {
    const FakeServer gone(SOCK_STREAM, SocketAddress::unix_name(*stage.server.path), [](int) {});
  }
  EXPECT_EQ(miss_of(refused("ECONNREFUSED")), "");
  ::unlink(stage.server.path->c_str());
  // Longer than sockaddr_un takes (unix(7)): 108 bytes do, 109 do not.
  stage.server.path = "/tmp/" + std::string(104, 'x');
  EXPECT_EQ(miss_of(refused("EINVAL")), "");
  stage.server.path = "/tmp/" + std::string(103, 'x');
  EXPECT_EQ(miss_of(refused("ENOENT")), "");
}

TEST(Connect, AFullUnixQueueIsEagainWhereWanted) {
  const SocketAddress path = loopback(Family::unix_abstract);
  const Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(listener.get(), path.get(), path.length()), 0);
  ASSERT_EQ(::listen(listener.get(), 0), 0);
  FakeStage stage;
  stage.server = target_of(path);
  const Result result = run(make_case(Transport::unix_stream, Family::unix_abstract,
                                      {step(connect("a")), step(connect("b", "EAGAIN"))}),
                            stage);
  EXPECT_EQ(miss_of(result), "");
}

TEST(Connect, WaitsForRoomInAUnixQueue) {
  const SocketAddress path = loopback(Family::unix_abstract);
  const Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(listener.get(), path.get(), path.length()), 0);
  ASSERT_EQ(::listen(listener.get(), 0), 0);
  FakeStage stage;
  stage.server = target_of(path);
  std::thread accepts([&] {
    std::this_thread::sleep_for(30ms);
    const Fd first(::accept(listener.get(), nullptr, nullptr));
    const Fd second(::accept(listener.get(), nullptr, nullptr));
  });
  const Result result = run(make_case(Transport::unix_stream, Family::unix_abstract,
                                      {step(connect("a"), 20'000ms), step(connect("b"), 20'000ms)}),
                            stage);
  EXPECT_EQ(miss_of(result), "");
  if (!result.completed) ::shutdown(listener.get(), SHUT_RDWR);
  accepts.join();
}

TEST(Bind, OneAddressTwiceIsRefused) {
  const FakeServer other(SOCK_DGRAM, loopback(Family::ipv6), [](int) {});
  FakeStage stage;
  stage.server = target_of(other.address());
  scenario::step::Bind bind;
  bind.socket = "s";
  bind.side = Side::server;
  bind.fails = "EADDRINUSE";
  const Result result = run(make_case(Transport::udp, Family::ipv6, {step(bind)}), stage);
  EXPECT_EQ(miss_of(result), "");
  EXPECT_EQ(stage.announced, 0);
}

TEST(Bind, ClientsGetANameOfTheirOwn) {
  for (const auto& [transport, family, shown] :
       {std::tuple{Transport::udp, Family::ipv4, "bound to 127\\.0\\.0\\.1:[0-9]+"},
        {Transport::udp, Family::ipv6, "bound to \\[::1\\]:[0-9]+"},
        {Transport::unix_datagram, Family::unix_path, "bound to /tmp/c\\.sock"},
        {Transport::unix_datagram, Family::unix_abstract, "bound to @/tmp/.*-c"}}) {
    FakeStage stage;
    stage.server = target_of(loopback(family, 5555));
    scenario::step::Bind bind;
    bind.socket = "c";
    bind.side = Side::client;
    const Result result = run(make_case(transport, family, {step(bind)}), stage);
    ASSERT_EQ(miss_of(result), "");
    EXPECT_THAT(result.steps[0].seen, testing::MatchesRegex(shown));
    EXPECT_EQ(stage.announced, 0);
    ::unlink("/tmp/c.sock");
  }
}

TEST(Bind, ADatagramServersIsAnnounced) {
  FakeStage stage;
  stage.server = target_of(loopback(Family::ipv4));
  scenario::step::Bind bind;
  bind.socket = "s";
  auto one = make_case(Transport::udp, Family::ipv4, {step(bind)});
  one.client = std::exchange(one.server, {});
  EXPECT_EQ(miss_of(run(one, stage)), "");
  EXPECT_EQ(stage.announced, 1);
}

TEST(Listen, TheSecondOfOneAddressIsRefused) {
  const FakeServer other(SOCK_STREAM, loopback(Family::ipv4), [](int) {});
  FakeStage stage;
  stage.server = target_of(other.address());
  auto one = make_case(Transport::tcp, Family::ipv4, {step(listen("EADDRINUSE"))});
  one.server.reset();
  EXPECT_EQ(miss_of(run(one, stage)), "");
  // Bound by both with SO_REUSEADDR while neither listens: then it is listen(2) that refuses.
  const auto reuse = [](const char* name) {
    return step(scenario::step::SetOption{name, "SO_REUSEADDR", 1, {}, {}, Side::server});
  };
  const auto bind = [](const char* name) {
    scenario::step::Bind made;
    made.socket = name;
    return step(made);
  };
  scenario::step::Listen first;
  first.socket = "first";
  {
    const FakeServer gone(SOCK_STREAM, loopback(Family::ipv4), [](int) {});
    stage.server = target_of(gone.address());
  }
  one = make_case(Transport::tcp, Family::ipv4,
                  {reuse("first"), bind("first"), reuse("l"), bind("l"), step(first),
                   step(listen("EADDRINUSE"))});
  one.server.reset();
  EXPECT_EQ(miss_of(run(one, stage)), "");
  EXPECT_EQ(stage.announced, 1);
}

TEST(Listen, TheClientStartsThen) {
  FakeStage stage;
  {
    const FakeServer chosen(SOCK_STREAM, loopback(Family::ipv4), [](int) {});
    stage.server = target_of(chosen.address());
  }
  Fd client;
  stage.on_listening = [&] {
    const SocketAddress to = loopback(Family::ipv4, *stage.server.port);
    client = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(client.get(), to.get(), to.length()), 0);
  };
  auto one = make_case(Transport::tcp, Family::ipv4,
                       {step(listen()), step(scenario::step::Accept{"l", "s"})});
  one.client = std::exchange(one.server, {});
  const Result result = run(one, stage);
  EXPECT_EQ(miss_of(result), "");
  EXPECT_THAT(timeless(result.steps[1].seen),
              testing::MatchesRegex("from 127.0.0.1:[0-9]+ after N ms"));
}

TEST(Abort, ResetsTheConnection) {
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    int error = 0;
    {
      FakeServer server(SOCK_STREAM, loopback(family), [&](int fd) {
        write_all(fd, "hello");
        char byte = 0;
        error = ::recv(fd, &byte, 1, 0) < 0 ? errno : 0;
      });
      FakeStage stage;
      stage.server = target_of(server.address());
      EXPECT_EQ(miss_of(run(make_case(Transport::tcp, family,
                                      {step(connect("c")), step(expect("c", "hello")),
                                       step(scenario::step::Abort{"c"})}),
                            stage)),
                "");
    }
    EXPECT_EQ(error, ECONNRESET);
  }
}

TEST(SetOption, IsTakenByTheKernel) {
  // An option before connect, and its effect: SO_LINGER with 0 seconds makes close a reset.
  int error = 0;
  {
    FakeServer server(SOCK_STREAM, loopback(Family::ipv4), [&](int fd) {
      char byte = 0;
      error = ::recv(fd, &byte, 1, 0) < 0 ? errno : 0;
    });
    FakeStage stage;
    stage.server = target_of(server.address());
    EXPECT_EQ(
        miss_of(run(
            make_case(Transport::tcp, Family::ipv4,
                      {step(scenario::step::SetOption{"c", "SO_LINGER", 1, 0, {}, Side::client}),
                       step(scenario::step::SetOption{"c", "TCP_NODELAY", 1, {}, {}, {}}),
                       step(scenario::step::SetOption{"c", "TCP_MAXSEG", 1, {}, "EINVAL", {}}),
                       step(connect("c")), step(scenario::step::Close{"c"})}),
            stage)),
        "");
  }
  EXPECT_EQ(error, ECONNRESET);
}

TEST(Paths, AreChangedAndLookedFor) {
  FakeStage stage;
  stage.server.path = unique_path();
  std::ofstream(*stage.server.path) << "there";
  const Result result = run(
      make_case(Transport::unix_stream, Family::unix_path,
                {step(scenario::step::PathExists{"", true}), step(scenario::step::Chmod{"", 0600}),
                 step(scenario::step::PathExists{"/nowhere/at/all", false})}),
      stage);
  EXPECT_EQ(miss_of(result), "");
  struct stat found {};
  ASSERT_EQ(::stat(stage.server.path->c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777u, 0600u);
  ::unlink(stage.server.path->c_str());
}

TEST(Paths, AreAwaited) {
  FakeStage stage;
  stage.server.path = unique_path();
  std::thread makes([&] {
    std::this_thread::sleep_for(30ms);
    std::ofstream(*stage.server.path) << "there";
  });
  const Result result = run(make_case(Transport::unix_stream, Family::unix_path,
                                      {step(scenario::step::PathExists{"", true}, 20'000ms)}),
                            stage);
  makes.join();
  EXPECT_EQ(miss_of(result), "");
  ::unlink(stage.server.path->c_str());
}

// The machine's refusals are errors of the case, not misses of the program.
TEST(Machine, OutOfDescriptorsThrows) {
  FakeServer server(SOCK_STREAM, loopback(Family::ipv4), [](int fd) { read_to_end(fd); });
  FakeStage stage;
  stage.server = target_of(server.address());
  const auto one = make_case(Transport::tcp, Family::ipv4, {step(connect("c"))});
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  int error = 0;
  std::string words;
  try {
    run(one, stage);
  } catch (const SystemError& refused) {
    error = refused.error_number();
    words = refused.what();
  }
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(error, EMFILE);
  EXPECT_THAT(words, testing::HasSubstr("cannot make socket \"c\": "));
}

}  // namespace
}  // namespace wireproof::script
