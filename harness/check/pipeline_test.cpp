#include "check/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <filesystem>
#include <iterator>

#include "packet/build.h"

namespace wireproof::check {
namespace {

namespace build = packet::build;
namespace flag = packet::flag;
using packet::Endpoint;
using ::testing::ElementsAre;

const Endpoint server = build::endpoint("10.0.0.2", 80);

// Frames one after the other, numbered, a microsecond apart.
class Capture {
 public:
  void add(build::Bytes bytes, packet::LinkType link = packet::LinkType::ethernet) {
    memory_.push_back(std::move(bytes));
    const std::uint64_t number = frames_.size() + 1;
    time_ += std::chrono::microseconds(1);
    frames_.push_back(build::frame(memory_.back(), number, time_.count(), link));
  }
  void wait(std::chrono::nanoseconds span) { time_ += span; }
  void segment(const Endpoint& from, const Endpoint& to, std::uint16_t flags, std::uint32_t seq,
               std::uint32_t ack, std::string_view data = {}) {
    add(build::tcp_frame(from, to, {.seq = seq, .ack = ack, .flags = flags}, build::text(data)));
  }
  // Opened, `data` sent by the client, closed by four segments.
  void connection(const Endpoint& client, std::string_view data = "hello") {
    const auto size = static_cast<std::uint32_t>(data.size());
    segment(client, server, flag::syn, 100, 0);
    segment(server, client, flag::syn | flag::ack, 500, 101);
    segment(client, server, flag::ack, 101, 501);
    segment(client, server, flag::ack | flag::psh, 101, 501, data);
    segment(server, client, flag::ack, 501, 101 + size);
    close(client, 101 + size);
  }
  void close(const Endpoint& client, std::uint32_t seq) {
    segment(client, server, flag::fin | flag::ack, seq, 501);
    segment(server, client, flag::ack, 501, seq + 1);
    segment(server, client, flag::fin | flag::ack, 501, seq + 1);
    segment(client, server, flag::ack, seq + 1, 502);
  }
  const std::vector<packet::Frame>& frames() const { return frames_; }
  // In blocks of `size` frames.
  Totals judge(unsigned workers, std::vector<report::ConnectionReport>* reports = nullptr,
               bool decapsulate = false, capture::Filter* filter = nullptr,
               std::size_t size = 7) const {
    Judging judging;
    judging.reports = reports != nullptr;
    judging.segments = 1000;
    PipelineOptions options;
    options.workers = workers;
    options.decapsulate = decapsulate;
    options.filter = filter;
    Pipeline pipeline(judging, options,
                      [&](report::ConnectionReport& one) { reports->push_back(std::move(one)); });
    for (std::size_t at = 0; at < frames_.size(); at += size) {
      const auto part =
          std::span(frames_).subspan(at, std::min<std::size_t>(size, frames_.size() - at));
      pipeline.next_block().frames.assign(part.begin(), part.end());
      pipeline.submit();
    }
    return pipeline.finish();
  }

 private:
  std::deque<build::Bytes> memory_;
  std::vector<packet::Frame> frames_;
  std::chrono::nanoseconds time_{0};
};

Endpoint client(unsigned i) {
  return build::endpoint("10.1." + std::to_string(i / 200) + "." + std::to_string(i % 200 + 1),
                         static_cast<std::uint16_t>(20000 + i));
}

TEST(Pipeline, ManyWorkersSayWhatOneSays) {
  Capture capture;
  for (unsigned i = 0; i < 300; ++i) capture.connection(client(i));
  std::vector<report::ConnectionReport> alone;
  const Totals one = capture.judge(1, &alone);
  EXPECT_EQ(one.summary.connections, 300u);
  EXPECT_EQ(one.packets.packets, 2700u);
  EXPECT_EQ(one.packets.tcp, 2700u);
  EXPECT_EQ(one.checksums.good, 2700u);
  EXPECT_EQ(one.summary.count(Verdict::passed), 300u);
  ASSERT_EQ(alone.size(), 300u);
  for (const unsigned workers : {2u, 3u, 5u}) {
    std::vector<report::ConnectionReport> together;
    const Totals many = capture.judge(workers, &together);
    EXPECT_EQ(many.summary.opening, one.summary.opening);
    EXPECT_EQ(many.summary.closing, one.summary.closing);
    ASSERT_EQ(together.size(), 300u);
    for (std::size_t i = 0; i < together.size(); ++i) {
      EXPECT_EQ(together[i].connection.index, i + 1);
      EXPECT_EQ(together[i].connection.first_packet, alone[i].connection.first_packet);
      EXPECT_EQ(together[i].connection.segments.size(), 9u);
    }
  }
}

// A thread more than processors takes from those that judge: the caller is one of them.
TEST(Pipeline, ThereAreAsManyThreadsAsWorkersTheCallerAmongThem) {
  const auto threads = [] {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return std::distance(begin(tasks), end(tasks));
  };
  const Judging judging;
  const auto before = threads();
  for (const unsigned workers : {1u, 3u}) {
    PipelineOptions options;
    options.workers = workers;
    const Pipeline file(judging, options, {});
    EXPECT_EQ(threads() - before, workers - 1);
    options.live = true;  // whose caller minds the source
    const Pipeline live(judging, options, {});
    EXPECT_EQ(threads() - before, workers - 1 + workers);
  }
}

// What comes slowly is judged as it comes.
TEST(Pipeline, ACallerThatIsAloneWorksBeforeItReadsOn) {
  Capture capture;
  capture.connection(client(1));
  capture.wait(std::chrono::seconds(100));
  capture.connection(client(2));
  const Judging judging;
  PipelineOptions options;
  options.workers = 1;
  Pipeline pipeline(judging, options, {});
  pipeline.next_block().frames = capture.frames();
  pipeline.submit();
  EXPECT_EQ(pipeline.summary().connections, 0u);
  pipeline.next_block();
  EXPECT_EQ(pipeline.summary().connections, 1u);
  EXPECT_EQ(pipeline.finish().summary.connections, 2u);
}

// A rule that both ends break is two findings, of one connection.
TEST(Pipeline, ARuleIsBrokenByAConnectionOnce) {
  Capture capture;
  for (unsigned i = 0; i < 6; ++i) {
    capture.segment(client(i), server, flag::syn, 100, 0);
    capture.segment(server, client(i), flag::syn | flag::ack, 500, 101);
    capture.segment(client(i), server, flag::ack, 101, 501);
    capture.segment(client(i), server, flag::ack | flag::psh, 151, 501, "behind a gap");
    capture.segment(server, client(i), flag::ack | flag::psh, 551, 101, "behind a gap");
  }
  for (const unsigned workers : {1u, 3u}) {
    const auto rules = capture.judge(workers).summary.rules;
    const auto gap = rules.find("tcp.data.sequence-gap");
    ASSERT_NE(gap, rules.end());
    EXPECT_EQ(gap->second.findings, 12u);
    EXPECT_EQ(gap->second.connections, 6u);
    EXPECT_THAT(gap->second.examples, ElementsAre(1, 2, 3));
  }
}

// What is forgotten by the time is forgotten by the capture's, whoever has the other packets: a
// segment that comes long after is a connection's of its own, or not, for all alike.
TEST(Pipeline, ManyWorkersForgetWhenOneForgets) {
  Capture capture;
  std::uint64_t stragglers = 0;
  for (unsigned i = 0; i < 40; ++i) {
    capture.connection(client(i));
    // Leaps of half a minute and more, of which each worker sees some.
    capture.wait(std::chrono::seconds(20 + 7 * (i % 5)));
    for (const unsigned late : {i / 2, i / 3}) {
      capture.segment(server, client(late), flag::fin | flag::ack, 501, 107);
      ++stragglers;
    }
  }
  std::vector<report::ConnectionReport> alone;
  const Totals one = capture.judge(1, &alone);
  EXPECT_GT(alone.size(), 45u);
  EXPECT_LT(alone.size(), 40 + stragglers);
  for (const unsigned workers : {2u, 3u, 5u}) {
    std::vector<report::ConnectionReport> together;
    EXPECT_EQ(capture.judge(workers, &together).remnants, one.remnants);
    ASSERT_EQ(together.size(), alone.size());
    for (std::size_t i = 0; i < alone.size(); ++i) {
      EXPECT_EQ(together[i].connection.first_packet, alone[i].connection.first_packet);
      EXPECT_EQ(together[i].connection.packets, alone[i].connection.packets);
    }
  }
}

TEST(Pipeline, ASegmentInFragmentsBelongsToItsConnectionInEveryOrder) {
  const std::string data(3000, 'd');
  for (const bool reversed : {false, true}) {
    Capture capture;
    const Endpoint from = client(1);
    capture.segment(from, server, flag::syn, 100, 0);
    capture.segment(server, from, flag::syn | flag::ack, 500, 101);
    capture.segment(from, server, flag::ack, 101, 501);
    const build::Bytes segment =
        build::tcp(from, server, {.seq = 101, .ack = 501}, build::text(data));
    std::vector<build::Bytes> pieces;
    for (const std::size_t begin : {0u, 1480u, 2960u}) {
      build::IpFields fields;
      fields.id = 7;
      fields.dont_fragment = false;
      fields.fragment_offset = static_cast<std::uint16_t>(begin);
      fields.more_fragments = begin != 2960;
      const auto part =
          build::View(segment).subspan(begin, std::min<std::size_t>(1480, segment.size() - begin));
      pieces.push_back(build::ethernet(build::ip(from.address, server.address, 6, part, fields)));
    }
    if (reversed) std::reverse(pieces.begin(), pieces.end());
    for (build::Bytes& piece : pieces) capture.add(std::move(piece));
    capture.segment(server, from, flag::ack, 501, 3101);
    capture.close(from, 3101);
    std::vector<report::ConnectionReport> reports;
    const Totals totals = capture.judge(3, &reports);
    EXPECT_EQ(totals.packets.fragments, 3u);
    EXPECT_EQ(totals.packets.reassembled, 1u);
    EXPECT_TRUE(totals.findings.empty());
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].connection.ends[0].payload_bytes, 3000u);
    EXPECT_EQ(reports[0].judgement.verdict, Verdict::passed);
  }
}

TEST(Pipeline, FragmentsThatOverlapAndThoseThatNeverComeAreFindings) {
  Capture capture;
  for (const char* from : {"10.0.0.1", "2001:db8::1"}) {
    const Endpoint source = build::endpoint(from, 1);
    const Endpoint target = build::endpoint(from[0] == '1' ? "10.0.0.2" : "2001:db8::2", 2);
    for (const unsigned offset : {0u, 64u, 32u}) {
      build::IpFields fields;
      fields.id = 9;
      fields.dont_fragment = false;
      fields.fragment_offset = static_cast<std::uint16_t>(offset);
      fields.more_fragments = true;
      const build::Bytes part(64, static_cast<std::uint8_t>(offset));
      capture.add(build::ethernet(build::ip(source.address, target.address, 6, part, fields)));
    }
  }
  const Totals totals = capture.judge(2);
  ASSERT_EQ(totals.findings.size(), 3u);
  EXPECT_EQ(totals.findings[0].rule, "ip.fragment.overlap-ipv4");
  EXPECT_EQ(totals.findings[0].severity, Severity::note);
  EXPECT_THAT(totals.findings[0].packets, ElementsAre(1, 3));
  EXPECT_EQ(totals.findings[1].rule, "ip.fragment.overlap");
  EXPECT_EQ(totals.findings[1].severity, Severity::must);
  EXPECT_EQ(totals.findings[2].rule, "ip.fragment.incomplete");
}

TEST(Pipeline, TunnelsAreOpenedWhereThatIsAskedFor) {
  Capture plain, tunnelled;
  plain.connection(client(1));
  const Endpoint left = build::endpoint("192.0.2.1", 5000),
                 right = build::endpoint("192.0.2.2", 4789);
  const auto wrap = [&](std::uint16_t flags, bool from_client, std::uint32_t seq, std::uint32_t ack,
                        unsigned kind) {
    const Endpoint& from = from_client ? client(1) : server;
    const Endpoint& to = from_client ? server : client(1);
    const build::Bytes inner =
        build::ip(from.address, to.address, 6,
                  build::tcp(from, to, {.seq = seq, .ack = ack, .flags = flags}));
    if (kind == 0) {
      tunnelled.add(build::ethernet(build::ip(left.address, right.address, 4, inner)));
    } else if (kind == 1) {
      const build::Bytes gre = build::join({build::Bytes{0, 0, 8, 0}, inner});
      tunnelled.add(build::ethernet(build::ip(left.address, right.address, 47, gre)));
    } else {
      const build::Bytes vxlan =
          build::join({build::Bytes{8, 0, 0, 0, 0, 0, 1, 0}, build::ethernet(inner)});
      tunnelled.add(build::udp_frame(left, right, vxlan));
    }
  };
  wrap(flag::syn, true, 100, 0, 0);
  wrap(flag::syn | flag::ack, false, 500, 101, 1);
  wrap(flag::ack, true, 101, 501, 2);
  std::vector<report::ConnectionReport> closed, open;
  EXPECT_EQ(tunnelled.judge(2, &closed).summary.connections, 0u);
  const Totals totals = tunnelled.judge(2, &open, true);
  EXPECT_EQ(totals.packets.decapsulated, 3u);
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0].connection.opening, tcp::Opening::three_way);
  EXPECT_EQ(open[0].connection.segments.size(), 3u);
}

TEST(Pipeline, AFilterLeavesOutAndCounts) {
  Capture capture;
  capture.connection(client(1));
  capture.connection(client(2));
  auto filter = capture::Filter::compile("host 10.1.0.2");
  ASSERT_TRUE(filter);
  const Totals totals = capture.judge(2, nullptr, false, &*filter);
  EXPECT_EQ(totals.summary.connections, 1u);
  EXPECT_EQ(totals.packets.filtered_out, 9u);
}

TEST(Pipeline, WhatTheOutletThrowsReachesTheCaller) {
  Judging judging;
  judging.reports = true;
  PipelineOptions options;
  options.workers = 2;
  options.live = true;  // given on at once
  Pipeline pipeline(judging, options,
                    [](report::ConnectionReport&) { throw std::runtime_error("full disk"); });
  const build::Bytes syn = build::tcp_frame(client(1), server, {.flags = flag::syn});
  pipeline.next_block().frames.push_back(build::frame(syn));
  pipeline.submit();
  EXPECT_THROW(pipeline.finish(), std::runtime_error);
}

TEST(Pipeline, GivenUpInTheMiddleItEnds) {
  const build::Bytes syn = build::tcp_frame(client(1), server, {.flags = flag::syn});
  Judging judging;
  Pipeline pipeline(judging, {}, {});
  for (int i = 0; i < 100; ++i) {
    pipeline.next_block().frames.assign(100, build::frame(syn));
    pipeline.submit();
  }
}

}  // namespace
}  // namespace wireproof::check
