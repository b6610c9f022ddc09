#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <cstring>
#include <mutex>
#include <ostream>

#include "base/error.h"
#include "base/text.h"
#include "capture/live.h"
#include "check/check.h"
#include "check/datagrams.h"
#include "check/pipeline.h"
#include "check/summary_text.h"
#include "reports/text_traffic.h"

namespace wireproof::check {
namespace {

constexpr int look_every_ms = 100;
constexpr std::int64_t linger_ns = 2'000'000'000;  // for a FIN that is sent again
constexpr std::int64_t told_every_ns = 1'000'000'000;

// Between the thread that captures and the one that judges: what has come since the last look.
// Bounded: where judging cannot keep up, frames are counted as dropped rather than kept.
class Inbox {
 public:
  static constexpr std::size_t kMost = 64u << 20;

  void put(const packet::Frame& frame) {
    const std::lock_guard lock(mutex_);
    if (bytes_.size() + frame.bytes.size() > kMost) {
      ++dropped_;
      return;
    }
    frames_.push_back(frame);
    offsets_.push_back(bytes_.size());
    bytes_.insert(bytes_.end(), frame.bytes.begin(), frame.bytes.end());
  }
  // Numbers on from `number`.
  void take(capture::FrameBlock& block, std::uint64_t& number) {
    const std::lock_guard lock(mutex_);
    block.size = 0;
    block.reserve(bytes_.size());
    std::copy(bytes_.begin(), bytes_.end(), block.memory.get());
    block.size = bytes_.size();
    block.frames = frames_;
    for (std::size_t i = 0; i < frames_.size(); ++i) {
      block.frames[i].number = ++number;
      block.frames[i].bytes = {block.memory.get() + offsets_[i], frames_[i].bytes.size()};
    }
    frames_.clear();
    offsets_.clear();
    bytes_.clear();
  }
  std::uint64_t dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<packet::Frame> frames_;
  std::vector<std::size_t> offsets_;
  std::vector<std::uint8_t> bytes_;
  std::uint64_t dropped_ = 0;
};

bool wait_for_stop(int stop_fd) {
  pollfd stop = {stop_fd, POLLIN, 0};
  return retry_eintr([&] { return ::poll(&stop, stop_fd < 0 ? 0 : 1, look_every_ms); }) > 0;
}

std::uint64_t count_of(const report::CheckSummary& summary, std::string_view verdict) {
  const auto found = summary.verdict.find(std::string(verdict));
  return found == summary.verdict.end() ? 0 : found->second;
}

}  // namespace

void tell_findings(const report::ConnectionReport& one, bool strict, const Screen& screen) {
  for (const Finding& finding : one.judgement.findings) {
    if (!fails(finding, strict) && !finding.inconclusive) continue;
    screen.out << report::finding_text(finding, screen.style);
  }
  screen.out << std::flush;
}

Outcome watch(const WatchRequest& request, int stop_fd, const Screen& screen) {
  std::optional<capture::Filter> filter;
  if (!request.filter.empty()) {
    auto compiled = capture::Filter::compile(request.filter);
    if (!compiled) throw Refusal("--filter: " + printable(compiled.error(), 400));
    filter.emplace(*std::move(compiled));
  }
  Judging judging;
  judging.expected = request.expected;
  judging.strict = request.strict;
  judging.where = request.where;
  judging.reports = !request.quiet;
  judging.linger_ns = linger_ns;
  // The transmit offload of lo cannot be turned off: no checksum there proves anything.
  judging.facts.checksums_valid = request.interface != "lo";

  PipelineOptions options;
  options.decapsulate = request.decapsulate;
  options.filter = filter ? &*filter : nullptr;
  options.live = true;
  Datagrams datagrams;
  options.exchange_outlet = [&](JudgedExchange& one) { datagrams.add(one); };
  std::mutex printing;  // lines come from the workers
  Pipeline pipeline(judging, options, [&](report::ConnectionReport& one) {
    const std::lock_guard lock(printing);
    screen.clear_progress();
    screen.out << report::connection_line(one, screen.style);
    tell_findings(one, request.strict, screen);
  });

  Inbox inbox;
  capture::LiveOptions live;
  live.interface = request.interface;
  live.ring_bytes = request.ring_bytes;
  // The ring's slots are of this size: whole frames of an Ethernet, many of them. What offloading
  // makes longer is cut, and judged by the lengths that IP states.
  live.snap_length = 2048;
  live.immediate = false;
  live.ignore_outgoing = request.interface == "lo";
  live.sink = [&](const packet::Frame& frame) { inbox.put(frame); };
  const auto capture =
      capture::LiveCapture::start(-1, live, Deadline::after(std::chrono::seconds(10)));
  screen.err << fmt::format("watching {}: end with Ctrl-C\n", printable(request.interface))
             << std::flush;

  std::uint64_t number = 0;
  std::int64_t told_ns = realtime_ns();
  for (bool stopped = false; !stopped;) {
    stopped = wait_for_stop(stop_fd) || !capture->stats().failure.empty();
    if (stopped) capture->stop(Deadline::after(std::chrono::seconds(2)));
    inbox.take(pipeline.next_block(), number);
    const std::int64_t now_ns = realtime_ns();
    pipeline.submit(now_ns);
    if (now_ns - told_ns < told_every_ns) continue;
    told_ns = now_ns;
    const Summary so_far = pipeline.summary();
    const std::lock_guard lock(printing);
    const std::uint64_t dropped = capture->stats().dropped() + inbox.dropped();
    screen.watched(
        {pipeline.packets().packets, so_far.connections, so_far.count(Verdict::failed), dropped});
  }
  Totals totals = pipeline.finish();
  screen.clear_progress();

  const capture::CaptureStats stats = capture->stats();
  report::CheckReport report;
  report.summary = report_of(totals);
  report::CheckedFile file;
  file.file = request.interface;
  file.link = "ethernet";
  file.format = "live";
  file.packets = number;
  file.dropped = stats.dropped() + inbox.dropped();
  std::vector<Finding> findings = datagrams.take_findings();
  findings.insert(findings.end(), totals.findings.begin(), totals.findings.end());
  report.verdict = count_of(report.summary, "failed") > 0         ? Verdict::failed
                   : count_of(report.summary, "inconclusive") > 0 ? Verdict::inconclusive
                                                                  : Verdict::passed;
  report.verdict = worse(report.verdict, datagrams.verdict());
  screen.out << file_text(file, screen.style);
  for (const Finding& finding : findings) {
    if (fails(finding, request.strict)) report.verdict = Verdict::failed;
    screen.out << report::finding_text(finding, screen.style);
  }
  screen.out << summary_text(report.summary, false, screen.style)
             << verdict_line(report, datagrams.exchanges(), screen.style) << std::flush;
  if (!stats.failure.empty()) {
    throw SystemError("watch", request.interface, EIO, stats.failure);
  }
  return {report.verdict, false};
}

}  // namespace wireproof::check
