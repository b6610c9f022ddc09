// What `wireproof check` finds in capture files, and its JSON form (schema:
// reports/schema/check.schema.json). Plain values and a pure function: no thread rule.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reports/model.h"

namespace wireproof::report {

struct CheckedFile {
  std::string file;
  std::string link;  // link type
  std::uint64_t packets = 0;
  std::string damage;  // empty, or why reading stopped early
};

struct CheckedConnection {
  std::string file;
  ConnectionReport report;
};

struct CheckedExchange {
  std::string file;
  udp::Exchange exchange;
};

struct CheckReport {
  std::vector<CheckedFile> files;
  std::vector<CheckedConnection> connections;  // in the order of the files, then of first packets
  std::vector<CheckedExchange> exchanges;
  std::vector<Finding> findings;      // of datagrams
  Verdict verdict = Verdict::passed;  // of all together
};

std::string to_json(const CheckReport& report);

}  // namespace wireproof::report
