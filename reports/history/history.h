// A history: a SQLite file of what runs found and measured, one digest a run. It is an index and no
// more: reports can fill it again. Thread rule: one thread at a time; several processes may share
// the file (a writer waits for another). Lifetime: the file is open as long as this lives.
//
//   runs     one row a run: when, what was tested, on what machine
//   cases    how a case ended in a run, and the rules it broke (JSON)
//   figures  what it measured: the median, and each repetition's value (JSON)
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "reports/compare/digest.h"
#include "reports/json.h"

struct sqlite3;

namespace wireproof::history {

struct RunEntry {
  std::int64_t id = 0;
  compare::RunDigest run;                            // without its cases
  std::map<compare::Ending, std::uint64_t> endings;  // of its cases, by their worst repetition
};

// One figure of one case over the runs, the oldest first.
struct CoursePoint {
  std::int64_t run = 0;
  double median = 0;
  std::size_t repetitions = 0;
};

class History {
 public:
  // Refused with a word: a file that is no history, one of a newer wireproof, one that is missing
  // (unless it is to be created). Throws SystemError where the system refuses.
  static tl::expected<History, report::ReadError> open(const std::filesystem::path& file,
                                                       bool create);

  // The number it has now. Nothing where this very run is in the history already.
  std::optional<std::int64_t> add(const compare::RunDigest& run);

  std::vector<RunEntry> runs() const;  // the oldest first
  // "#12" or "12", a label, a branch or the start of a commit: the latest run of that name.
  std::optional<std::int64_t> find(std::string_view name) const;
  std::vector<std::string> names() const;  // labels and branches, to suggest one from
  compare::RunDigest read(std::int64_t id) const;

  std::vector<std::string> case_ids() const;  // of all runs, sorted
  std::vector<CoursePoint> course(std::string_view case_id, std::string_view figure) const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit History(std::string file, std::unique_ptr<sqlite3, Close> database)
      : file_(std::move(file)), database_(std::move(database)) {}

  std::string file_;
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace wireproof::history
