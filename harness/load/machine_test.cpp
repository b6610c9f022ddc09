#include "load/machine.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "load/now.h"

namespace wireproof::load {
namespace {

// Until this process has used so much.
void burn(double ms) {
  const double end = cpu_ms_of({::getpid()}) + ms;
  while (cpu_ms_of({::getpid()}) < end) {
  }
}

TEST(Machine, ProcessesTimeIsRead) {
  const double before = cpu_ms_of({::getpid()});
  burn(50);
  EXPECT_GE(cpu_ms_of({::getpid()}), before + 50);
  EXPECT_EQ(cpu_ms_of({}), 0);
  const ProcessTime self = read_process_time({::getpid()});
  EXPECT_GT(self.resident_kib, 100u);
  EXPECT_GE(self.descriptors, 3u);
  EXPECT_EQ(self.cpus.size(), 1u);
}

TEST(Machine, SocketsOfANamespaceAreCounted) {
  const std::uint64_t before = tcp_sockets_around(::getpid());
  std::vector<Fd> sockets;
  for (int i = 0; i < 50; ++i) {
    sockets.emplace_back(::socket(AF_INET, SOCK_STREAM, 0));
    ASSERT_EQ(::listen(sockets.back().get(), 1), 0);
  }
  EXPECT_GE(tcp_sockets_around(::getpid()) + 10, before + 50);  // others may close theirs
}

TEST(Machine, EachWindowOfASeriesIsToldWhoHadTheProcessors) {
  MachineWatch machine({});
  const std::int64_t start = now_ns();
  machine.mark(start - 100'000'000);
  burn(300);
  machine.mark(now_ns());
  std::vector<SeriesPoint> series(3);
  series[0].span_s = series[1].span_s = series[2].span_s = 0.01;
  series[1].at_s = 0.01;
  series[2].at_s = 3'600;  // after the last mark
  machine.tell(series, start);
  for (std::size_t i = 0; i < 2; ++i) {
    ASSERT_TRUE(series[i].steal_percent && series[i].softirq_percent && series[i].other_percent);
    EXPECT_GE(*series[i].other_percent, 0);
    EXPECT_LE(*series[i].other_percent, 100);
  }
  EXPECT_FALSE(series[2].other_percent);
}

}  // namespace
}  // namespace wireproof::load
