#include "load/processes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <fstream>

#include "load/recording_bytes.h"
#include "load/server_for_test.h"

namespace wireproof::load {
namespace {

using namespace std::chrono_literals;

Recording sample() {
  Recording one;
  one.engine = "epoll";
  one.ended_ns = 17;
  one.end.in_flight = 3;
  one.end.failure = "why";
  one.end.spread_over = 16;
  one.end.sends_ns = {1, 2, 3};
  one.end.tcp_infos.resize(2);
  one.end.tcp_infos[1].rtt_us = 99;
  Histogram histogram;
  for (std::uint64_t i = 0; i < 5'000; ++i) histogram.record(i * i);
  Window& window = one.windows.emplace_back();
  window.index = 4;
  window.counts.sent = 5'000;
  window.failures[2] = 7;
  window.phases[0] = histogram.take();
  one.examples[Failure::timeout] = {{5, "no answer"}, {6, ""}};
  return one;
}

TEST(RecordingBytes, AreReadBack) {
  const Recording one = sample();
  const auto read = recording_from(recording_bytes(one));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->engine, "epoll");
  EXPECT_EQ(read->ended_ns, 17);
  EXPECT_EQ(read->end.in_flight, 3u);
  EXPECT_EQ(read->end.failure, "why");
  EXPECT_EQ(read->end.spread_over, 16u);
  EXPECT_EQ(read->end.sends_ns, one.end.sends_ns);
  ASSERT_EQ(read->end.tcp_infos.size(), 2u);
  EXPECT_EQ(read->end.tcp_infos[1].rtt_us, 99u);
  ASSERT_EQ(read->windows.size(), 1u);
  EXPECT_EQ(read->windows[0].index, 4);
  EXPECT_EQ(read->windows[0].counts.sent, 5'000u);
  EXPECT_EQ(read->windows[0].failures[2], 7u);
  EXPECT_EQ(read->windows[0].phases[0].counts, one.windows[0].phases[0].counts);
  EXPECT_EQ(read->windows[0].phases[0].most, one.windows[0].phases[0].most);
  ASSERT_EQ(read->examples.at(Failure::timeout).size(), 2u);
  EXPECT_EQ(read->examples.at(Failure::timeout)[0].words, "no answer");
}

TEST(RecordingBytes, WhatIsCutOffIsRefused) {
  const std::string bytes = recording_bytes(sample());
  for (std::size_t size = 0; size < bytes.size(); size += 97) {
    EXPECT_FALSE(recording_from(std::string_view(bytes).substr(0, size))) << size;
  }
}

TEST(Processes, ShareALoadAndAreOneRecording) {
  const ServerForTest server(false, [](const std::string& text) { return std::optional(text); });
  scenario::Workload load;
  load.connections = 6;
  load.duration = 300ms;
  load.warm_up = 0s;
  load.arrivals.kind = scenario::ArrivalKind::constant;
  load.arrivals.rate = 1'000;
  load.answer.framing = scenario::Framing::echo;
  Plan plan = make_plan(load, server.destination());
  ASSERT_EQ(plan.processes, 1u);
  plan.processes = plan.threads = 3;
  const Recording recording = run_generator(plan, {});
  EXPECT_EQ(recording.end.failure, "");
  const LoadResult result = summarize(recording);
  EXPECT_EQ(result.processes, 3u);
  EXPECT_EQ(result.connections_made, 6u);
  EXPECT_EQ(result.sent, 300u);
  EXPECT_EQ(result.sent, result.answered + result.errors + result.timeouts + result.in_flight);
  EXPECT_EQ(result.phase("latency")->count, 300u);
}

// It says how it ended, not that something could not be read.
TEST(Processes, OneThatIsKilledIsToldWithItsSignal) {
  const ServerForTest server(false, [](const std::string& text) { return std::optional(text); });
  scenario::Workload load;
  load.connections = 2;
  load.duration = 300ms;
  load.warm_up = 0s;
  load.answer.framing = scenario::Framing::echo;
  Plan plan = make_plan(load, server.destination());
  plan.engine = scenario::EngineKind::epoll;
  plan.processes = plan.threads = 2;
  GeneratorOptions options;
  pid_t killed = 0;
  options.every_tick = [&] {
    if (killed != 0) return;
    std::ifstream("/proc/thread-self/children") >> killed;
    if (killed > 0) ::kill(killed, SIGKILL);
  };
  const Recording recording = run_generator(plan, options);
  if (killed == 0) GTEST_SKIP() << "the kernel lists no children (CONFIG_PROC_CHILDREN)";
  EXPECT_EQ(recording.end.failure,
            fmt::format("generator process {} was ended by signal 9 (Killed): what it measured is "
                        "lost",
                        killed));
}

// Where the limit of descriptors is below what is wanted, as many processes as it takes.
TEST(Processes, AreAsManyAsTheDescriptorLimitAsksFor) {
  rlimit had{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &had), 0);
  if (had.rlim_max > 1'000'000) GTEST_SKIP() << "no limit to speak of";
  scenario::Workload load;
  load.connections = static_cast<unsigned>(had.rlim_max * 2);
  const Destination nobody = inet_destination(scenario::Transport::tcp, "127.0.0.1", 9);
  const Plan plan = make_plan(load, nobody);
  // Who may raise the limit needs one.
  EXPECT_TRUE(plan.processes == 3 || plan.processes == 1) << plan.processes;
  EXPECT_GE(plan.threads, plan.processes);
}

}  // namespace
}  // namespace wireproof::load
