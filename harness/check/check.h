// `wireproof check` and `wireproof watch` without their command lines: captures read, judged, and
// told in every form that was asked for. Thread rule: one thread calls; workers are its own.
// Lifetime: the streams outlive the call.
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "capture/filter.h"
#include "check/where.h"
#include "reports/check_report.h"
#include "reports/style.h"
#include "tcp/judge.h"

namespace wireproof::check {

struct Request {
  std::vector<std::string> files;  // as they are named: folders too
  tcp::Expectation expected;
  std::optional<Where> where;
  std::string filter;
  bool strict = false, quiet = false, decapsulate = false, follow = false;
  bool connections = false;      // a line each, however many there are
  std::uint64_t connection = 0;  // the ladder of this one
  unsigned threads = 0;
  // Where each form goes: a file, "-" for the output, or empty for nowhere.
  std::string json, json_lines, csv, annotate, split;

  bool output_is_data() const { return json == "-" || json_lines == "-" || csv == "-"; }
};

struct Screen {
  std::ostream& out;
  std::ostream& err;
  report::Style style;
  // How far reading is, told often: draw it or not.
  std::function<void(std::uint64_t position, std::uint64_t size, std::uint64_t packets)> progress;
  std::function<void()> clear_progress;
  // How far watching is, likewise.
  struct Watched {
    std::uint64_t packets = 0, connections = 0, failed = 0, dropped = 0;
  };
  std::function<void(const Watched&)> watched = {};
};

// Live: of a connection that has ended what makes it more than passed.
void tell_findings(const report::ConnectionReport& one, bool strict, const Screen& screen);

struct Outcome {
  Verdict verdict = Verdict::passed;
  bool damaged = false;
};

// What was asked for cannot be done: no such file, no capture, no such connection.
class Refusal : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// `stop_fd`: readable when following is to end; -1: never. Throws Refusal and SystemError.
Outcome check(const Request& request, int stop_fd, const Screen& screen);

struct WatchRequest {
  std::string interface;
  tcp::Expectation expected;
  std::optional<Where> where;
  std::string filter;
  bool strict = false, quiet = false, decapsulate = false;
  std::uint64_t ring_bytes = 64u << 20;
};
// Until `stop_fd` is readable. Throws SystemError where the interface cannot be captured on.
Outcome watch(const WatchRequest& request, int stop_fd, const Screen& screen);

// The last line of either: the verdict and what it is of.
std::string verdict_line(const report::CheckReport& report, std::uint64_t exchanges,
                         const report::Style& style);

}  // namespace wireproof::check
