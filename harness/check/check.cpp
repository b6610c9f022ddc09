#include "check/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ostream>
#include <set>

#include "base/text.h"
#include "capture/annotate.h"
#include "capture/reader.h"
#include "check/csv.h"
#include "check/datagrams.h"
#include "check/inputs.h"
#include "check/output.h"
#include "check/pipeline.h"
#include "check/split.h"
#include "check/summary_text.h"
#include "reports/text_traffic.h"

namespace wireproof::check {
namespace {

using report::CheckedFile;
using report::ConnectionReport;

constexpr std::size_t listed = 20;               // connections shown one by one unasked
constexpr std::size_t kept_segments = 10'000;    // of a connection, where they are shown
constexpr std::size_t most_datagrams = 200'000;  // of all exchanges in a JSON document
constexpr std::size_t together = 64u << 10;      // bytes of a report written at a time

std::string file_name(const std::string& file) { return file == "-" ? "standard input" : file; }

// Everything that connections go to, one by one.
class Outlets {
 public:
  Outlets(const Request& request, const Screen& screen) : request_(request), screen_(screen) {
    if (!request.json.empty()) {
      json_.emplace(request.json, screen.out);
      writer_.emplace(text_);
    }
    if (!request.json_lines.empty()) lines_.emplace(request.json_lines, screen.out);
    if (!request.csv.empty()) {
      csv_.emplace(request.csv, screen.out);
      csv_->write(csv_header());
    }
  }

  bool one_by_one() const {
    return json_ || lines_ || csv_ || all() || request_.connection != 0 ||
           !request_.split.empty() || !request_.annotate.empty();
  }
  bool with_datagrams() const { return json_ || lines_; }
  bool with_segments() const { return json_.has_value() || request_.connection != 0; }
  bool all() const { return request_.connections || request_.follow; }
  bool text() const { return !request_.output_is_data(); }

  void begin_file(const std::string& file, bool several) {
    file_ = file;
    few_.clear();
    few_exchanges_.clear();
    datagrams_ = Datagrams();
    comments_.clear();
    split_.reset();
    std::string prefix;
    if (several) prefix = fmt::format("{:03}-", ++files_);
    if (!request_.split.empty()) split_.emplace(request_.split, prefix, request_.decapsulate);
  }

  void connection(ConnectionReport& one) {
    if (!request_.annotate.empty() || split_) comments_.add(one);
    const bool wanted_for_split = request_.where || one.judgement.verdict == Verdict::failed;
    if (split_ && wanted_for_split) split_->want(one);
    if (lines_) {
      report::CheckedConnection bare{file_, one};
      bare.report.connection.segments.clear();
      lines_->write(report::json_line(bare));
    }
    if (csv_) csv_->write(csv_line(file_, one));
    if (text() && all() && !request_.quiet && request_.connection == 0) {
      screen_.clear_progress();
      screen_.out << report::connection_line(one, screen_.style);
      if (request_.follow) tell_findings(one, request_.strict, screen_);
    }
    if (one.connection.index == request_.connection) show(one);
    const bool keep = !all() && request_.connection == 0 && few_.size() <= listed;
    if (keep && !json_) few_.push_back(std::move(one));
    if (!json_) return;
    report::CheckedConnection checked{file_, std::move(one)};
    writer_->connection(checked);
    if (text_.size() > together) drain();
    if (keep) few_.push_back(std::move(checked.report));
  }

  void exchange(JudgedExchange& one) {
    datagrams_.add(one);
    report::CheckedExchange checked{file_, std::move(one.exchange)};
    if (lines_) lines_->write(report::json_line(checked));
    if (text() && request_.connections && !request_.quiet) {
      screen_.clear_progress();
      screen_.out << report::exchange_line(checked.exchange, screen_.style);
    } else if (few_exchanges_.size() < listed) {
      few_exchanges_.push_back(checked.exchange);
    }
    if (!json_) return;
    if (kept_datagrams_ > most_datagrams) keep_first(checked.exchange, 1);
    kept_datagrams_ += checked.exchange.datagrams.size();
    kept_exchanges_.push_back(std::move(checked));
  }

  void end(const report::CheckReport& rest) {
    if (json_) {
      for (const auto& one : kept_exchanges_) writer_->exchange(one);
      writer_->end(rest);
      text_.push_back('\n');
      drain();
      json_->finish();
    }
    if (lines_) lines_->finish();
    if (csv_) csv_->finish();
  }

  // In the order of their first packets; empty where there are too many.
  std::vector<ConnectionReport>& few() { return few_; }
  const std::vector<udp::Exchange>& few_exchanges() const { return few_exchanges_; }
  Datagrams& datagrams() { return datagrams_; }
  Comments& comments() { return comments_; }
  std::optional<Split>& split() { return split_; }
  bool shown() const { return shown_; }

 private:
  void drain() {
    json_->write(text_);
    text_.clear();
  }
  void show(const ConnectionReport& one) {
    shown_ = true;
    if (!text()) return;
    screen_.clear_progress();
    screen_.out << report::connection_line(one, screen_.style) << '\n'
                << report::connection_ladder(one, screen_.style) << '\n';
    for (const Finding& finding : one.judgement.findings) {
      screen_.out << report::finding_text(finding, screen_.style);
    }
  }

  const Request& request_;
  const Screen& screen_;
  std::string file_, text_;
  std::optional<Output> json_, lines_, csv_;
  std::optional<report::CheckWriter> writer_;
  std::vector<report::CheckedExchange> kept_exchanges_;  // stand after all connections
  std::size_t kept_datagrams_ = 0;
  std::vector<ConnectionReport> few_;
  std::vector<udp::Exchange> few_exchanges_;
  Datagrams datagrams_;
  Comments comments_;
  std::optional<Split> split_;
  unsigned files_ = 0;
  bool shown_ = false;
};

std::string link_name(const capture::FileInterface& interface) {
  using packet::LinkType;
  if (!interface.supported) return capture::link_number_name(interface.link_number);
  switch (interface.link) {
    case LinkType::null:
      return "null";
    case LinkType::ethernet:
      return "ethernet";
    case LinkType::ppp:
      return "ppp";
    case LinkType::raw:
      return "raw";
    case LinkType::loop:
      return "loop";
    case LinkType::cooked_v1:
      return "cooked-v1";
    case LinkType::ipv4:
      return "ipv4";
    case LinkType::ipv6:
      return "ipv6";
    case LinkType::cooked_v2:
      return "cooked-v2";
  }
  return "";
}

CheckedFile describe_file(const std::string& file, const capture::Reader& reader) {
  CheckedFile one;
  one.file = file;
  const capture::FileNotes& notes = reader.notes();
  std::vector<std::string> links;
  for (const capture::FileInterface& interface : notes.interfaces) {
    one.dropped += interface.dropped();
    one.packets += interface.packets;
    if (!interface.supported) one.not_judged += interface.packets;
    const std::string link = link_name(interface);
    if (std::find(links.begin(), links.end(), link) == links.end()) links.push_back(link);
  }
  one.link = fmt::format("{}", fmt::join(links, ","));
  one.format = notes.format;
  one.compression = reader.compression();
  if (reader.damage()) one.damage = reader.damage()->text();
  return one;
}

Verdict verdict_of(const Summary& summary) {
  if (summary.count(Verdict::failed) > 0) return Verdict::failed;
  return summary.count(Verdict::inconclusive) > 0 ? Verdict::inconclusive : Verdict::passed;
}

// UDP's findings and those of fragments.
void judge_rest(const Totals& totals, Datagrams& datagrams, const Judging& judging,
                report::CheckReport& report) {
  std::vector<Finding> findings = datagrams.take_findings();
  findings.insert(findings.end(), totals.findings.begin(), totals.findings.end());
  for (Finding& finding : findings) {
    if (fails(finding, judging.strict)) report.verdict = Verdict::failed;
    report.findings.push_back(std::move(finding));
  }
  report.verdict = worse(report.verdict, datagrams.verdict());
}

void print_file(const CheckedFile& file, const Totals& totals, Outlets& outlets,
                std::span<const Finding> findings, const Request& request, const Screen& screen) {
  const auto& style = screen.style;
  std::vector<ConnectionReport>& few = outlets.few();
  const bool list = few.size() <= listed && !outlets.all();
  screen.out << file_text(file, style);
  if (list) {
    for (const ConnectionReport& one : few) {
      screen.out << report::connection_line(one, style);
      for (const Finding& finding : one.judgement.findings) {
        screen.out << report::finding_text(finding, style);
      }
    }
  }
  for (const udp::Exchange& exchange : outlets.few_exchanges()) {
    screen.out << report::exchange_line(exchange, style);
  }
  for (const Finding& finding : findings) screen.out << report::finding_text(finding, style);
  screen.out << summary_text(report_of(totals), list && !request.where, style);
}

// The time of a followed capture goes on where its packets pause, so that what has closed is told.
class PauseClock {
 public:
  // 0: there was no packet yet.
  std::int64_t now(std::int64_t last_packet_ns) {
    const auto now = std::chrono::steady_clock::now();
    if (last_packet_ns != last_packet_ns_) {
      last_packet_ns_ = last_packet_ns;
      since_ = now;
    }
    if (last_packet_ns_ == 0) return 0;
    return last_packet_ns_ + std::chrono::nanoseconds(now - since_).count();
  }

 private:
  std::int64_t last_packet_ns_ = 0;
  std::chrono::steady_clock::time_point since_;
};

class Run {
 public:
  Run(const Request& request, int stop_fd, const Screen& screen)
      : request_(request), stop_fd_(stop_fd), screen_(screen), outlets_(request, screen) {
    if (!request.filter.empty()) {
      auto filter = capture::Filter::compile(request.filter);
      if (!filter) throw Refusal("--filter: " + printable(filter.error(), 400));
      filter_.emplace(*std::move(filter));
    }
    judging_.expected = request.expected;
    judging_.strict = request.strict;
    judging_.where = request.where;
    judging_.reports = true;
    if (!outlets_.one_by_one()) judging_.reports_a_worker = listed + 1;
    if (outlets_.with_segments()) judging_.segments = kept_segments;
    if (outlets_.with_datagrams()) judging_.datagrams = kept_segments;
    if (request.follow) judging_.linger_ns = 2'000'000'000;
  }

  Outcome run() {
    const Inputs inputs = expand(request_.files);
    if (inputs.files.empty()) {
      throw Refusal(fmt::format("no capture file among the {} files there", inputs.passed_over));
    }
    const bool rewrites = !request_.annotate.empty() || !request_.split.empty();
    if (rewrites && std::count(inputs.files.begin(), inputs.files.end(), "-") > 0) {
      throw Refusal("--annotate and --split read a capture twice: standard input goes by once");
    }
    if (!request_.annotate.empty() && inputs.files.size() != 1) {
      throw Refusal("--annotate takes one capture");
    }
    several_ = inputs.files.size() > 1;
    for (const std::string& file : inputs.files) one_file(file);
    if (request_.connection != 0 && !outlets_.shown()) {
      throw Refusal(fmt::format("there is no connection {} (of {}{})", request_.connection,
                                all_.summary.connections,
                                request_.where ? ", or --where leaves it out" : ""));
    }
    Outcome outcome;
    report_.summary = report_of(all_);
    outcome.verdict = report_.verdict;
    outlets_.end(report_);
    if (outlets_.text()) {
      screen_.out << verdict_line(report_, exchanges_, screen_.style);
    }
    for (const CheckedFile& file : report_.files) {
      if (file.damage.empty()) continue;
      outcome.damaged = true;
      screen_.err << "wireproof: " << printable(file.damage, 1000)
                  << fmt::format("; the {} packets before it were judged\n", file.packets);
    }
    return outcome;
  }

 private:
  void one_file(const std::string& file) {
    auto reader = capture::Reader::open(
        file, {.follow = request_.follow, .stop_fd = stop_fd_, .tell_quiet = request_.follow});
    if (!reader) throw Refusal(printable(reader.error().text(), 1000));
    outlets_.begin_file(file_name(file), several_);
    PipelineOptions options;
    options.workers = request_.threads;
    options.decapsulate = request_.decapsulate;
    options.filter = filter_ ? &*filter_ : nullptr;
    options.live = request_.follow;
    options.exchange_outlet = [&](JudgedExchange& one) { outlets_.exchange(one); };
    Pipeline pipeline(judging_, options, [&](ConnectionReport& one) { outlets_.connection(one); });
    PauseClock clock;
    while (reader->read(pipeline.next_block())) {
      pipeline.submit(request_.follow ? clock.now(pipeline.packets().last_ns) : 0);
      screen_.progress(reader->position(), reader->size().value_or(0), pipeline.packets().packets);
    }
    Totals totals = pipeline.finish();
    screen_.clear_progress();
    CheckedFile checked = describe_file(file_name(file), *reader);
    const std::size_t findings_before = report_.findings.size();
    report_.verdict = worse(report_.verdict, verdict_of(totals.summary));
    judge_rest(totals, outlets_.datagrams(), judging_, report_);
    if (outlets_.text() && !request_.quiet && request_.connection == 0) {
      print_file(checked, totals, outlets_, std::span(report_.findings).subspan(findings_before),
                 request_, screen_);
    }
    write_again(file, findings_before);
    exchanges_ += outlets_.datagrams().exchanges();
    add(totals);
    report_.files.push_back(std::move(checked));
  }

  void add(const Totals& totals) {
    all_.summary.add(totals.summary);
    all_.checksums.add(totals.checksums);
    all_.cut += totals.cut;
    all_.remnants += totals.remnants;
    all_.packets.add(totals.packets);
  }

  // The capture a second time: annotated, or its connections each for itself.
  void write_again(const std::string& file, std::size_t findings_before) {
    if (request_.annotate.empty() && !outlets_.split()) return;
    Comments& comments = outlets_.comments();
    for (std::size_t i = findings_before; i < report_.findings.size(); ++i) {
      comments.add(report_.findings[i]);
    }
    if (!request_.annotate.empty()) {
      Output output(request_.annotate, screen_.out);
      comments.rewind();
      // What damage it has is told already.
      (void)capture::annotate(file,
                              {[&](std::uint64_t packet) { return comments.take(packet); },
                               [&](std::string_view bytes) { output.write(bytes); }, "wireproof"});
      output.finish();
    }
    if (auto& split = outlets_.split()) {
      const std::size_t written = split->write(file, comments);
      if (outlets_.text() && !request_.quiet) {
        screen_.out << screen_.style.entry(
            2, "written", 12,
            fmt::format("{} into {}{}", report::counted(written, "connection"),
                        screen_.style.safe(request_.split),
                        split->left_out() == 0
                            ? ""
                            : fmt::format(" ({} more are left out)", split->left_out())));
      }
    }
  }

  const Request& request_;
  const int stop_fd_;
  const Screen& screen_;
  Outlets outlets_;
  std::optional<capture::Filter> filter_;
  Judging judging_;
  Totals all_;
  std::uint64_t exchanges_ = 0;
  bool several_ = false;
  report::CheckReport report_;
};

}  // namespace

std::string verdict_line(const report::CheckReport& report, std::uint64_t exchanges,
                         const report::Style& style) {
  std::vector<std::string> items = {report::counted(report.summary.packets, "packet"),
                                    report::counted(report.summary.connections, "connection")};
  for (const auto& [verdict, count] : report.summary.verdict) {
    items.push_back(fmt::format("{} {}", count, verdict));
  }
  if (exchanges > 0) items.push_back(report::counted(exchanges, "UDP exchange"));
  const auto tone = report.verdict == Verdict::passed   ? report::Tone::good
                    : report.verdict == Verdict::failed ? report::Tone::bad
                                                        : report::Tone::warn;
  return style.entry(0, fmt::format("{}  ", name(report.verdict)), 0, items, tone);
}

Outcome check(const Request& request, int stop_fd, const Screen& screen) {
  return Run(request, stop_fd, screen).run();
}

}  // namespace wireproof::check
