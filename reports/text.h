// The report as terminal text: the summary, and one case with its ladder diagram.
// Thread rule: pure functions. All text of packets and programs is made printable.
#pragma once

#include <string>

#include "reports/model.h"

namespace wireproof::report {

struct TextOptions {
  bool colour = false;
  bool utf8 = true;
  unsigned width = 80;
  bool verbose = false;  // passed cases too
};

std::string summary_text(const RunReport& run, const TextOptions& options);
// Ends a failed case with rule, source, wanted, seen, packet number, capture's path, command that
// runs it alone, and the ladder with both ends' states.
std::string case_text(const CaseReport& one, const TextOptions& options);
std::string case_line(const CaseReport& one, const TextOptions& options);  // one line, for progress

}  // namespace wireproof::report
