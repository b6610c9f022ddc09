#include "reports/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <system_error>

#include "base/error.h"
#include "base/text.h"

namespace wireproof::report {
namespace {

namespace fs = std::filesystem;

tl::unexpected<ReadError> refuse(std::string message, std::string hint) {
  return tl::unexpected(ReadError{std::move(message), std::move(hint)});
}

struct Share {
  unsigned index = 0, count = 0;
};

std::optional<Share> share_of(const std::string& text) {
  Share share;
  const bool read = std::sscanf(text.c_str(), "%5u/%5u", &share.index, &share.count) == 2 &&
                    share.index > 0 && share.index <= share.count;
  return read ? std::optional(share) : std::nullopt;
}

// What may not differ between parts of one run, and how it is called.
struct Same {
  const char* what;
  std::string Context::*field;
};
constexpr Same must_be_same[] = {{"version of wireproof", &Context::version},
                                 {"commit", &Context::commit},
                                 {"label", &Context::label},
                                 {"isolation", &Context::isolation}};

std::optional<ReadError> check_contexts(const std::vector<NamedReport>& reports) {
  const NamedReport& first = reports.front();
  for (const NamedReport& other : reports) {
    for (const Same& same : must_be_same) {
      const std::string& a = first.run.context.*same.field;
      const std::string& b = other.run.context.*same.field;
      if (a == b) continue;
      return ReadError{
          fmt::format("{} and {} are not of one run: the {} is {} and {}", printable(first.name),
                      printable(other.name), same.what, quoted(a), quoted(b)),
          "`wireproof compare` puts different runs beside each other"};
    }
  }
  return std::nullopt;
}

std::optional<ReadError> check_shards(const std::vector<NamedReport>& reports, bool partial) {
  std::map<unsigned, const NamedReport*> seen;
  unsigned count = 0;
  for (const NamedReport& each : reports) {
    const std::string& text = each.run.context.shard;
    const auto share = share_of(text);
    if (!text.empty() && !share) {
      return ReadError{fmt::format("{}: {} is no shard", printable(each.name), quoted(text)),
                       "was the file edited by hand?"};
    }
    const unsigned own = share ? share->count : 0;
    if (&each == &reports.front()) count = own;
    if (own != count) {
      return ReadError{
          fmt::format("{} is {} and {} is {}", printable(reports.front().name),
                      count == 0 ? "no shard" : "shard " + reports.front().run.context.shard,
                      printable(each.name), own == 0 ? "no shard" : "shard " + text),
          "merge the shards of one run"};
    }
    if (!share) continue;
    const auto [other, is_new] = seen.emplace(share->index, &each);
    if (!is_new) {
      return ReadError{fmt::format("{} and {} are both shard {}", printable(other->second->name),
                                   printable(each.name), text),
                       "give each shard once"};
    }
  }
  if (partial) return std::nullopt;
  std::vector<std::string> missing;
  for (unsigned i = 1; i <= count; ++i) {
    if (!seen.contains(i)) missing.push_back(fmt::format("{}/{}", i, count));
  }
  if (missing.empty()) return std::nullopt;
  return ReadError{fmt::format("shard{} {} {} missing", missing.size() == 1 ? "" : "s",
                               fmt::join(missing, ", "), missing.size() == 1 ? "is" : "are"),
                   "--partial merges what there is"};
}

// By place; a run that was not sharded has its cases in order already, after those before it.
void put_in_order(RunReport& merged, bool sharded) {
  if (!sharded) {
    for (std::size_t i = 0; i < merged.cases.size(); ++i) merged.cases[i].order = i + 1;
    return;
  }
  std::stable_sort(merged.cases.begin(), merged.cases.end(),
                   [](const CaseReport& a, const CaseReport& b) { return a.order < b.order; });
}

template <class Value>
void add_unique(std::vector<Value>& list, const Value& value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

void merge_contexts(RunReport& merged, const std::vector<NamedReport>& reports) {
  merged.context = reports.front().run.context;
  Context& all = merged.context;
  std::vector<std::string> machines, seeds, parts;
  for (const NamedReport& each : reports) {
    const Context& one = each.run.context;
    add_unique(machines, fmt::format("{} ({}, {})", one.host_name, one.cpu_model, one.kernel));
    add_unique(seeds, std::to_string(one.seed));
    parts.push_back(one.shard.empty() ? printable(each.name) : one.shard);
    all.started_at = std::min(all.started_at, one.started_at);
    for (std::size_t i = 0; i < all.load_average.size(); ++i) {
      all.load_average[i] = std::max(all.load_average[i], one.load_average[i]);
    }
    merged.duration_ms = std::max(merged.duration_ms, each.run.duration_ms);
    merged.interrupted = merged.interrupted || each.run.interrupted;
    for (const std::string& note : each.run.notes) add_unique(merged.notes, note);
  }
  all.shard.clear();
  if (machines.size() > 1) {
    merged.notes.push_back("parts ran on different machines: " +
                           fmt::format("{}", fmt::join(machines, "; ")));
  }
  if (seeds.size() > 1) {
    merged.notes.push_back("parts had different seeds: " +
                           fmt::format("{}", fmt::join(seeds, ", ")));
  }
}

void note_what_is_missing(RunReport& merged, const std::vector<NamedReport>& reports) {
  const auto share = share_of(reports.front().run.context.shard);
  if (!share || reports.size() == share->count) return;
  merged.notes.push_back(
      fmt::format("only {} of {} shards were merged", reports.size(), share->count));
}

}  // namespace

tl::expected<RunReport, ReadError> merge(std::vector<NamedReport> reports, bool partial) {
  if (reports.empty()) return refuse("no report to merge", "name two or more");
  if (const auto error = check_contexts(reports)) return tl::unexpected(*error);
  if (const auto error = check_shards(reports, partial)) return tl::unexpected(*error);
  RunReport merged;
  merge_contexts(merged, reports);
  note_what_is_missing(merged, reports);
  const bool sharded = !reports.front().run.context.shard.empty();
  // A case's repetitions have the same id, and folders of their own.
  std::map<std::pair<std::string, std::string>, std::string> seen;
  for (NamedReport& each : reports) {
    for (CaseReport& one : each.run.cases) {
      const auto [other, is_new] = seen.emplace(std::pair(one.id, one.folder), each.name);
      if (!is_new) {
        return refuse(fmt::format("{} is in {} and in {}", printable(one.id),
                                  printable(other->second), printable(each.name)),
                      "a case may be in one report only: was a report given twice?");
      }
      merged.cases.push_back(std::move(one));
    }
  }
  put_in_order(merged, sharded);
  return merged;
}

std::size_t copy_case_folders(const RunReport& run, const fs::path& from, const fs::path& to) {
  std::size_t missing = 0;
  for (const CaseReport& one : run.cases) {
    const fs::path folder = one.folder;
    // A report may be anybody's: a folder of it stays below the results.
    const bool inside = !folder.empty() && folder.is_relative() &&
                        std::find(folder.begin(), folder.end(), "..") == folder.end();
    std::error_code failure;
    if (!inside || !fs::is_directory(from / folder, failure)) {
      ++missing;
      continue;
    }
    fs::create_directories(to / folder, failure);
    if (!failure) {
      fs::copy(from / folder, to / folder,
               fs::copy_options::recursive | fs::copy_options::overwrite_existing |
                   fs::copy_options::skip_symlinks,
               failure);
    }
    if (failure) throw SystemError("copy to", (to / folder).string(), failure.value());
  }
  return missing;
}

}  // namespace wireproof::report
