// What `wireproof check` finds in capture files, and its JSON forms (schema:
// reports/schema/check.schema.json): one document, written as connections come so that a million of
// them need no memory, or one line a connection. Plain values: no thread rule; a writer belongs to
// one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "reports/model.h"

namespace wireproof::report {

struct CheckedFile {
  std::string file;
  std::string link;  // link types, joined by commas
  std::uint64_t packets = 0;
  std::string damage;               // empty, or why reading stopped early
  std::string format, compression;  // "pcap" or "pcapng"; "gzip", "zstd" or empty
  std::uint64_t dropped = 0;        // packets that the capture says it lost
  std::uint64_t not_judged = 0;     // packets of link types that cannot be decoded
};

struct CheckedConnection {
  std::string file;
  ConnectionReport report;
};

struct CheckedExchange {
  std::string file;
  udp::Exchange exchange;
};

// All connections in numbers.
struct CheckSummary {
  struct RuleLine {
    std::string rule, source;
    Severity severity = Severity::must;
    std::uint64_t connections = 0, findings = 0, inconclusive = 0;
    std::vector<std::uint64_t> examples;
  };
  struct SlowLine {
    std::uint64_t index = 0;
    std::int64_t handshake_ns = 0;
    std::string client, server;
  };
  std::uint64_t packets = 0, bytes = 0, tcp_packets = 0, udp_packets = 0, other_packets = 0;
  std::uint64_t fragments = 0, reassembled = 0, decapsulated = 0, cut = 0;
  std::uint64_t filtered_out = 0, late_segments = 0;
  std::uint64_t checksums_good = 0, checksums_bad = 0, checksums_partial = 0;
  std::uint64_t connections = 0;
  std::map<std::string, std::uint64_t> opening, closing, verdict;
  std::vector<RuleLine> rules;  // must before should before note, then the most frequent
  std::vector<SlowLine> slowest_handshakes;
};

struct CheckReport {
  std::vector<CheckedFile> files;
  std::vector<CheckedConnection> connections;  // in the order of the files, then of first packets
  std::vector<CheckedExchange> exchanges;
  std::vector<Finding> findings;  // of datagrams and fragments
  CheckSummary summary;
  Verdict verdict = Verdict::passed;  // of all together
};

// The document piece by piece: connections, then exchanges, then the rest.
class CheckWriter {
 public:
  explicit CheckWriter(std::string& out);  // may be emptied between calls
  ~CheckWriter();
  void connection(const CheckedConnection& one);
  void exchange(const CheckedExchange& one);
  void end(const CheckReport& rest);  // all but its connections and exchanges

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

std::string to_json(const CheckReport& report);
// One line each, with its newline.
std::string json_line(const CheckedConnection& one);
std::string json_line(const CheckedExchange& one);

}  // namespace wireproof::report
