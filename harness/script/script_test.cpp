// The run of a script as a whole: its records, repeats, order, deadlines and what it leaves behind.
#include "script/script.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <stdexcept>

#include "script/fake_stage.h"

namespace wireproof::script {
namespace {

using namespace std::chrono_literals;
using scenario::Family;
using scenario::Transport;
using Kind = scenario::step::Expect::Kind;

void echoes(int fd) {
  for (std::string got; !(got = read_exactly(fd, 3)).empty();) write_all(fd, got);
}

scenario::Step repeat(std::size_t times, std::vector<scenario::Step> steps) {
  scenario::RepeatStep made;
  made.times = times;
  made.steps = std::move(steps);
  return step(made);
}

std::size_t open_descriptors() {
  using std::filesystem::directory_iterator;
  return static_cast<std::size_t>(
      std::distance(directory_iterator("/proc/self/fd"), directory_iterator()));
}

nanoseconds took(const std::function<void()>& what) {
  const auto start = Deadline::Clock::now();
  what();
  return Deadline::Clock::now() - start;
}

TEST(Script, RecordsEachStepWithItsTimes) {
  auto steps = std::vector{step(connect("c")), step(send("c", "123")), step(expect("c", "123"))};
  steps[1].why = "the request";
  const std::int64_t before = realtime_ns();
  const Result result = run_against(echoes, steps);
  const std::int64_t after = realtime_ns();
  EXPECT_TRUE(result.completed);
  EXPECT_TRUE(result.findings.empty());
  ASSERT_EQ(result.steps.size(), 3u);
  std::int64_t last = before;
  for (const StepRecord& one : result.steps) {
    EXPECT_TRUE(one.ok);
    EXPECT_GE(one.start_ns, last);
    EXPECT_GE(one.end_ns, one.start_ns);
    last = one.end_ns;
  }
  EXPECT_LE(last, after);
  EXPECT_EQ(result.steps[1].shown, "step on line 2");
  EXPECT_EQ(result.steps[1].why, "the request");
  EXPECT_EQ(result.steps[1].position.line, 2u);
  EXPECT_EQ(timeless(result.steps[2].seen), "3 bytes \"123\" after N ms");
}

TEST(Script, AMissEndsIt) {
  const Result result = run_against(echoes, {step(connect("c")), step(send("c", "abc")),
                                             step(expect("c", "xyz")), step(send("c", "123"))});
  EXPECT_FALSE(result.completed);
  EXPECT_EQ(result.steps.size(), 3u);
  EXPECT_EQ(result.findings.size(), 1u);
}

TEST(Script, RepeatsItsSteps) {
  const Result result = run_against(
      echoes, {step(connect("c")), repeat(3, {step(send("c", "123")), step(expect("c", "123"))})});
  EXPECT_TRUE(result.completed);
  // Two a time, and one for the repeat itself, which ends last.
  ASSERT_EQ(result.steps.size(), 8u);
  EXPECT_EQ(result.steps.back().seen, "3 of 3 times");
}

TEST(Script, RepeatsInRepeatsSayWhereTheyMiss) {
  int left = 5;  // pairs that are answered before the server closes
  const Result result = run_against(
      [&](int fd) {
        while (left-- > 0) write_all(fd, read_exactly(fd, 3));
      },
      {step(connect("c")),
       repeat(2, {repeat(4, {step(send("c", "123")), step(expect("c", "123"), 5000ms)})})});
  EXPECT_FALSE(result.completed);
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_THAT(result.findings[0].where,
              testing::StartsWith("step 2, time 2, step 1, time 2, step "));
  EXPECT_EQ(result.steps.back().seen, "1 of 2 times");
  EXPECT_EQ(result.steps[result.steps.size() - 2].seen, "1 of 4 times");
}

TEST(Script, KeepsNoEndlessRecordsOfRepeats) {
  const Result result = run_against(
      echoes, {step(connect("c")), repeat(5000, {step(send("c", "123")), step(expect("c", "123"))}),
               step(expect("c", Kind::end), 30ms)});
  EXPECT_LT(result.steps.size(), 1010u);
  ASSERT_EQ(result.findings.size(), 1u);  // misses are always kept
  EXPECT_FALSE(result.steps.back().ok);
  EXPECT_EQ(result.steps[result.steps.size() - 2].seen, "5000 of 5000 times");
}

TEST(Script, DrivesManyConnections) {
  // The server takes them one by one: all wait in its queue until then.
  constexpr int many = 200;
  FakeServer server(SOCK_STREAM, loopback(Family::ipv4), echoes, many);
  std::vector<scenario::Step> steps;
  for (int i = 0; i < many; ++i) steps.push_back(step(connect(fmt::format("c{}", i))));
  for (int i = 0; i < many; ++i) steps.push_back(step(send(fmt::format("c{}", i), "123")));
  for (int i = 0; i < many; ++i) {
    steps.push_back(step(expect(fmt::format("c{}", i), "123"), 10'000ms));
    steps.push_back(step(scenario::step::Close{fmt::format("c{}", i)}));
  }
  FakeStage stage;
  stage.server = target_of(server.address());
  const Result result = run(make_case(Transport::tcp, Family::ipv4, steps), stage);
  EXPECT_TRUE(result.completed) << (result.findings.empty() ? "" : result.findings[0].observed);
}

TEST(Script, LeavesNoDescriptorBehind) {
  const std::size_t before = open_descriptors();
  run_against(echoes, {step(connect("a")), step(connect("b")), step(send("a", "123")),
                       step(expect("a", "xyz"))});
  run_against(echoes, {step(connect("a", "ECONNREFUSED"))});
  run_against(echoes, {repeat(20, {step(connect("a")), step(scenario::step::Abort{"a"})})});
  run_against(
      [](int fd) {
        SocketAddress from;
        read_datagram(fd, from);
      },
      {step(send("u", "x"))}, Transport::udp);
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Script, ClosesInOrderOfOpeningAndWithoutReset) {
  // Each connection tells how it ended: its end came in order, after all that was sent on it.
  std::mutex mutex;
  std::vector<std::string> ended;
  {
    FakeServer server(SOCK_STREAM, loopback(Family::ipv4), [&](int fd) {
      const std::string name = read_exactly(fd, 1);
      write_all(fd, "!");
      char more = 0;
      const ssize_t end = ::recv(fd, &more, 1, 0);
      const std::lock_guard lock(mutex);
      ended.push_back(name + (end == 0 ? " closed" : " reset"));
    });
    FakeStage stage;
    stage.server = target_of(server.address());
    const auto one = make_case(Transport::tcp, Family::ipv4,
                               {step(connect("z")), step(send("z", "z")), step(expect("z", "!")),
                                step(connect("a")), step(send("a", "a"))});
    Script script(one, stage);
    EXPECT_TRUE(script.run(Deadline::after(10s)).completed);
    script.close_all();
  }
  // "a" is answered only once "z" has ended: with its answer unread, its close is a reset or not as
  // the answer comes sooner or later. "z" comes first and in order either way.
  ASSERT_FALSE(ended.empty());
  EXPECT_EQ(ended[0], "z closed");
}

TEST(Script, MissesNeverComeBeforeTheirDeadline) {
  const auto answers_never = [](int fd) { read_to_end(fd); };
  for (const Kind kind : {Kind::end, Kind::reset, Kind::length, Kind::regex}) {
    auto wanted = expect("c", kind);
    wanted.length = 1;
    wanted.data.bytes = "x";
    const auto span = took([&] {
      run_against(answers_never, {step(connect("c")), step(wanted, 50ms)});
    });
    EXPECT_GE(span, 50ms);
  }
  // Only answers are waited for a second time, to tell late from never.
  EXPECT_GE(took([&] {
              run_against(answers_never, {step(connect("c")), step(expect("c", "x"), 50ms)});
            }),
            100ms);
}

TEST(Script, PausesForTheWholeTime) {
  Result result;
  const auto span = took([&] {
    result = run_against(
        echoes, {step(scenario::step::Pause{30ms}), step(connect("c")), step(silence("c", 40ms))});
  });
  EXPECT_TRUE(result.completed);
  EXPECT_GE(span, 70ms);
  EXPECT_GE(result.steps[0].end_ns - result.steps[0].start_ns, 30'000'000);
  EXPECT_GE(result.steps[2].end_ns - result.steps[2].start_ns, 40'000'000);
}

TEST(Script, TimeLimitHoldsForTheWholeScript) {
  FakeServer server(SOCK_STREAM, loopback(Family::ipv4), echoes);
  FakeStage stage;
  stage.server = target_of(server.address());
  const auto one =
      make_case(Transport::tcp, Family::ipv4,
                {step(connect("c")), repeat(1000, {step(scenario::step::Pause{20ms})})});
  Result result;
  const auto span = took([&] { result = run(one, stage, 100ms); });
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(result.findings[0].rule, "script.time-limit");
  EXPECT_GE(span, 100ms);
  EXPECT_LT(span, 10s);
}

TEST(Script, ToldWhatCannotBeThrowsAndKeepsWhatWasDone) {
  FakeServer server(SOCK_STREAM, loopback(Family::ipv4), echoes);
  FakeStage stage;
  stage.server = target_of(server.address());
  const std::vector<scenario::Step> impossible{
      step(send("nobody", "x")),
      step(expect("nobody", "x")),
      step(scenario::step::Close{"nobody"}),
      step(scenario::step::SetOption{"c", "SO_NONSENSE", 1, {}, {}, {}}),
      step(scenario::step::AwaitState{Side::client, "nobody", {tcp::State::listen}, 1}),
  };
  for (const scenario::Step& last : impossible) {
    const auto one = make_case(Transport::tcp, Family::ipv4, {step(connect("c")), last});
    Script script(one, stage);
    EXPECT_THROW(script.run(Deadline::after(5s)), std::invalid_argument);
    ASSERT_EQ(script.so_far().steps.size(), 2u);
    EXPECT_TRUE(script.so_far().steps[0].ok);
    EXPECT_FALSE(script.so_far().steps[1].ok);
    EXPECT_FALSE(script.so_far().steps[1].seen.empty());
  }
}

TEST(Script, ActsOnProgramsThroughTheStage) {
  FakeStage stage;
  stage.server = target_of(loopback(Family::ipv4));
  stage.alive[0] = false;
  stage.descriptions[0] = "exit status 0";
  stage.packets_seen = "FIN ACK as packet 7";
  const auto one = make_case(
      Transport::tcp, Family::ipv4,
      {step(scenario::step::Launch{Side::client}), step(scenario::step::Signal{Side::server, 10}),
       step(scenario::step::AwaitExit{Side::client}), step(scenario::step::AwaitPackets{})});
  const Result result = run(one, stage);
  EXPECT_TRUE(result.completed);
  EXPECT_EQ(stage.launched, std::vector{Side::client});
  EXPECT_EQ(stage.signals, (std::vector{std::pair{Side::server, 10}}));
  EXPECT_EQ(result.steps[2].seen, "exit status 0");
  EXPECT_EQ(result.steps[3].seen, "FIN ACK as packet 7");
}

}  // namespace
}  // namespace wireproof::script
