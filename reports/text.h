// The report as terminal text: the summary, and one case with its ladder diagram.
// Thread rule: pure functions. All text of packets and programs is made printable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "reports/model.h"

namespace wireproof::report {

struct TextOptions {
  bool colour = false;
  bool utf8 = true;
  unsigned width = 80;
  bool verbose = false;  // passed cases too, and all of a case's steps, settings and sockets
  std::string results = "wireproof-results";  // the results folder, as paths are shown
  std::optional<std::uint64_t> connection;    // the ladder of this one; else of what did not pass
};

std::string summary_text(const RunReport& run, const TextOptions& options);
// A failed case ends with the ladder and both ends' states, the rule, its source, wanted, seen,
// packet numbers, the capture's path, and the command that runs it alone.
std::string case_text(const CaseReport& one, const TextOptions& options);
// The report's path, and the command that shows a case of it: one that did not pass, else the
// first.
std::string where_text(const RunReport& run, const TextOptions& options);
std::string case_line(const CaseReport& one, const TextOptions& options);  // one line, for progress

}  // namespace wireproof::report
