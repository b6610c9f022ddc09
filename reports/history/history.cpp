#include "reports/history/history.h"

#include <fmt/format.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/error.h"
#include "base/text.h"
#include "reports/compare/bootstrap.h"
#include "reports/history/statement.h"

namespace wireproof::history {
namespace {

using Json = nlohmann::json;
using compare::CaseDigest;
using compare::RunDigest;

constexpr std::int64_t application_id = 0x77707266;  // "wprf": file(1) and we know our own by it
constexpr std::int64_t version = 1;
constexpr int patience_ms = 30'000;  // for another writer

constexpr const char* tables = R"(
CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  started_at TEXT NOT NULL, label TEXT NOT NULL, commit_id TEXT NOT NULL, branch TEXT NOT NULL,
  version TEXT NOT NULL, command_line TEXT NOT NULL, machine TEXT NOT NULL,
  isolation TEXT NOT NULL, ci TEXT NOT NULL, ci_run TEXT NOT NULL, shard TEXT NOT NULL,
  interrupted INTEGER NOT NULL, duration_ms REAL NOT NULL, shown TEXT NOT NULL,
  UNIQUE (started_at, machine, shard));
CREATE TABLE cases (
  run INTEGER NOT NULL REFERENCES runs (id), place INTEGER NOT NULL, id TEXT NOT NULL,
  worst INTEGER NOT NULL, endings TEXT NOT NULL, broken TEXT NOT NULL, PRIMARY KEY (run, place))
  WITHOUT ROWID;
CREATE TABLE figures (
  run INTEGER NOT NULL REFERENCES runs (id), case_id TEXT NOT NULL, figure TEXT NOT NULL,
  median REAL NOT NULL, repetitions INTEGER NOT NULL, measured TEXT NOT NULL,
  PRIMARY KEY (case_id, figure, run)) WITHOUT ROWID;
CREATE INDEX figures_of_run ON figures (run);
PRAGMA application_id = 2003858022;
PRAGMA user_version = 1;
)";

constexpr const char* run_columns =
    "id, started_at, label, commit_id, branch, version, command_line, machine, isolation, ci, "
    "ci_run, shard, interrupted, duration_ms, shown";

RunDigest read_columns(Statement& row, std::int64_t& id) {
  RunDigest run;
  id = row.integer();
  for (std::string* text :
       {&run.started_at, &run.label, &run.commit, &run.branch, &run.version, &run.command_line,
        &run.machine, &run.isolation, &run.ci, &run.ci_run, &run.shard}) {
    *text = row.text();
  }
  run.interrupted = row.integer() != 0;
  run.duration_ms = row.real();
  run.shown = row.text();
  return run;
}

// Text of scenario files may hold what JSON's strings may not.
std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string endings_text(const CaseDigest& one) {
  Json json = Json::object();
  for (const auto& [ending, times] : one.endings) json[std::string(name(ending))] = times;
  return dumped(json);
}

std::string broken_text(const CaseDigest& one) {
  Json json = Json::object();
  for (const auto& [rule, severity] : one.broken) json[rule] = std::string(name(severity));
  return dumped(json);
}

void read_case(CaseDigest& one, const std::string& endings, const std::string& broken) {
  const Json all_endings = Json::parse(endings), all_broken = Json::parse(broken);
  for (const auto& [key, times] : all_endings.items()) {
    if (const auto ending = compare::ending_from_name(key)) {
      one.endings[*ending] = times.get<std::uint64_t>();
    }
  }
  for (const auto& [rule, severity] : all_broken.items()) {
    one.broken[rule] = severity == "must" ? Severity::must : Severity::should;
  }
}

void execute(sqlite3* database, const std::string& file, const char* sql) {
  if (::sqlite3_exec(database, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw_failure(database, "use history", file);
  }
}

std::int64_t pragma(sqlite3* database, const std::string& file, const char* sql) {
  Statement statement(database, file, sql);
  return statement.step() ? statement.integer() : 0;
}

// All of it or nothing, whatever ends the process.
class Transaction {
 public:
  Transaction(sqlite3* database, const std::string& file) : database_(database), file_(file) {
    execute(database_, file_, "BEGIN IMMEDIATE");
  }
  ~Transaction() {
    if (!done_) ::sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  Transaction(const Transaction&) = delete;
  void commit() {
    execute(database_, file_, "COMMIT");
    done_ = true;
  }

 private:
  sqlite3* database_;
  const std::string& file_;
  bool done_ = false;
};

void add_case(sqlite3* database, const std::string& file, std::int64_t run, std::int64_t place,
              const CaseDigest& one) {
  Statement(database, file,
            "INSERT INTO cases (run, place, id, worst, endings, broken) VALUES (?, ?, ?, ?, ?, ?)")
      .bind(run)
      .bind(place)
      .bind(one.id)
      .bind(static_cast<std::int64_t>(one.worst()))
      .bind(endings_text(one))
      .bind(broken_text(one))
      .run();
  for (const auto& [figure, values] : one.values) {
    Statement(database, file,
              "INSERT INTO figures (run, case_id, figure, median, repetitions, measured) "
              "VALUES (?, ?, ?, ?, ?, ?)")
        .bind(run)
        .bind(one.id)
        .bind(figure)
        .bind(compare::median_of(values))
        .bind(static_cast<std::int64_t>(values.size()))
        .bind(dumped(Json(values)))
        .run();
  }
}

tl::unexpected<report::ReadError> refuse(std::string message, std::string hint) {
  return tl::unexpected(report::ReadError{std::move(message), std::move(hint)});
}

// Removes the file that was made for a history, unless it came to be one. SQLite has made it,
// empty, before it knows whether there is room for a table.
class UnlessKept {
 public:
  UnlessKept(std::filesystem::path file, bool made) : file_(std::move(file)), made_(made) {}
  ~UnlessKept() {
    std::error_code failure;
    if (made_ && std::filesystem::is_empty(file_, failure) && !failure) {
      std::filesystem::remove(file_, failure);
    }
  }
  UnlessKept(const UnlessKept&) = delete;

 private:
  std::filesystem::path file_;
  bool made_;
};

}  // namespace

void History::Close::operator()(sqlite3* database) const { ::sqlite3_close(database); }

tl::expected<History, report::ReadError> History::open(const std::filesystem::path& path,
                                                       bool create) {
  const std::string file = path.string();
  std::error_code failure;
  if (!create && !std::filesystem::exists(path, failure)) {
    return refuse("there is no history " + printable(file),
                  "`wireproof run --history FILE` begins one");
  }
  if (create && path.has_parent_path()) {
    std::filesystem::create_directories(path.parent_path(), failure);
  }
  const UnlessKept made(path, create && !std::filesystem::exists(path, failure));
  sqlite3* opened = nullptr;
  const int code = ::sqlite3_open_v2(
      file.c_str(), &opened, SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0), nullptr);
  std::unique_ptr<sqlite3, Close> database(opened);
  if (code != SQLITE_OK) throw_failure(opened, "open history", file);
  ::sqlite3_busy_timeout(opened, patience_ms);
  const int readable = ::sqlite3_exec(opened, "PRAGMA schema_version", nullptr, nullptr, nullptr);
  if (readable == SQLITE_NOTADB || readable == SQLITE_CORRUPT) {
    return refuse(printable(file) + " is not a history, or it is damaged",
                  "reports make a new one: wireproof history --history NEW --add REPORT ...");
  }
  if (readable != SQLITE_OK) throw_failure(opened, "open history", file);
  const bool is_new = pragma(opened, file, "SELECT count(*) FROM sqlite_master") == 0;
  if (is_new && create) {
    Transaction transaction(opened, file);
    // Another process may have made the tables between the look and the lock.
    if (pragma(opened, file, "SELECT count(*) FROM sqlite_master") == 0) {
      execute(opened, file, tables);
    }
    transaction.commit();
  } else if (pragma(opened, file, "PRAGMA application_id") != application_id) {
    return refuse(printable(file) + " is a database, but no history of wireproof",
                  "name another file");
  }
  const std::int64_t found = pragma(opened, file, "PRAGMA user_version");
  if (found > version) {
    return refuse(fmt::format("{} has schema version {}, newer than the {} known here",
                              printable(file), found, version),
                  "read it with the wireproof that wrote it, or a newer one");
  }
  return History(file, std::move(database));
}

std::optional<std::int64_t> History::add(const RunDigest& run) {
  Transaction transaction(database_.get(), file_);
  Statement insert(database_.get(), file_,
                   "INSERT OR IGNORE INTO runs (started_at, label, commit_id, branch, version, "
                   "command_line, machine, isolation, ci, ci_run, shard, interrupted, duration_ms, "
                   "shown) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const std::string* text :
       {&run.started_at, &run.label, &run.commit, &run.branch, &run.version, &run.command_line,
        &run.machine, &run.isolation, &run.ci, &run.ci_run, &run.shard}) {
    insert.bind(*text);
  }
  insert.bind(std::int64_t{run.interrupted}).bind(run.duration_ms).bind(run.shown).run();
  if (::sqlite3_changes(database_.get()) == 0) return std::nullopt;
  const std::int64_t id = ::sqlite3_last_insert_rowid(database_.get());
  for (std::size_t i = 0; i < run.cases.size(); ++i) {
    add_case(database_.get(), file_, id, static_cast<std::int64_t>(i), run.cases[i]);
  }
  transaction.commit();
  return id;
}

std::vector<RunEntry> History::runs() const {
  std::vector<RunEntry> entries;
  Statement rows(database_.get(), file_,
                 fmt::format("SELECT {} FROM runs ORDER BY started_at, id", run_columns).c_str());
  while (rows.step()) {
    RunEntry& entry = entries.emplace_back();
    entry.run = read_columns(rows, entry.id);
  }
  for (RunEntry& entry : entries) {
    Statement counts(database_.get(), file_,
                     "SELECT worst, count(*) FROM cases WHERE run = ? GROUP BY worst");
    counts.bind(entry.id);
    while (counts.step()) {
      const auto worst = static_cast<compare::Ending>(counts.integer());
      entry.endings[worst] = static_cast<std::uint64_t>(counts.integer());
    }
  }
  return entries;
}

std::optional<std::int64_t> History::find(std::string_view name) const {
  const std::string number(name.starts_with('#') ? name.substr(1) : name);
  const bool is_number = !number.empty() && number.size() < 18 &&
                         number.find_first_not_of("0123456789") == std::string::npos;
  if (is_number) {
    Statement row(database_.get(), file_, "SELECT id FROM runs WHERE id = ?");
    row.bind(static_cast<std::int64_t>(std::stoll(number)));
    if (row.step()) return row.integer();
  }
  if (name.starts_with('#') || name.empty()) return std::nullopt;
  for (const char* where :
       {"label = ?1", "branch = ?1", "length(?1) >= 4 AND substr(commit_id, 1, length(?1)) = ?1"}) {
    Statement row(
        database_.get(), file_,
        fmt::format("SELECT id FROM runs WHERE {} ORDER BY started_at DESC, id DESC LIMIT 1", where)
            .c_str());
    row.bind(name);
    if (row.step()) return row.integer();
  }
  return std::nullopt;
}

std::vector<std::string> History::names() const {
  std::vector<std::string> all;
  Statement rows(database_.get(), file_,
                 "SELECT label FROM runs WHERE label <> '' UNION "
                 "SELECT branch FROM runs WHERE branch <> ''");
  while (rows.step()) all.push_back(rows.text());
  return all;
}

RunDigest History::read(std::int64_t id) const try {
  Statement row(database_.get(), file_,
                fmt::format("SELECT {} FROM runs WHERE id = ?", run_columns).c_str());
  row.bind(id);
  if (!row.step()) throw SystemError("read run " + std::to_string(id) + " of", file_, ENOENT);
  RunDigest run = read_columns(row, id);
  run.shown = fmt::format("#{}", id);
  std::map<std::string, std::size_t> places;
  Statement cases(database_.get(), file_,
                  "SELECT id, endings, broken FROM cases WHERE run = ? ORDER BY place");
  cases.bind(id);
  while (cases.step()) {
    CaseDigest& one = run.cases.emplace_back();
    one.id = cases.text();
    const std::string endings = cases.text();
    read_case(one, endings, cases.text());
    places[one.id] = run.cases.size() - 1;
  }
  Statement figures(database_.get(), file_,
                    "SELECT case_id, figure, measured FROM figures WHERE run = ?");
  figures.bind(id);
  while (figures.step()) {
    const auto place = places.find(figures.text());
    const std::string figure = figures.text();
    if (place == places.end()) continue;
    run.cases[place->second].values[figure] =
        Json::parse(figures.text()).get<std::vector<double>>();
  }
  return run;
} catch (const Json::exception&) {
  throw SystemError("read", file_, EBADMSG, "the history is damaged: make it anew from reports");
}

std::vector<std::string> History::case_ids() const {
  std::vector<std::string> ids;
  Statement rows(database_.get(), file_, "SELECT DISTINCT id FROM cases ORDER BY id");
  while (rows.step()) ids.push_back(rows.text());
  return ids;
}

std::vector<CoursePoint> History::course(std::string_view case_id, std::string_view figure) const {
  std::vector<CoursePoint> points;
  Statement rows(database_.get(), file_,
                 "SELECT runs.id, median, repetitions FROM figures JOIN runs ON runs.id = run "
                 "WHERE case_id = ? AND figure = ? ORDER BY started_at, runs.id");
  rows.bind(case_id).bind(figure);
  while (rows.step()) {
    CoursePoint& point = points.emplace_back();
    point.run = rows.integer();
    point.median = rows.real();
    point.repetitions = static_cast<std::size_t>(rows.integer());
  }
  return points;
}

}  // namespace wireproof::history
