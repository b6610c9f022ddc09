#include "reports/history/statement.h"

#include <cerrno>

#include "base/error.h"

namespace wireproof::history {

void throw_failure(sqlite3* database, const char* action, const std::string& file) {
  const int code = ::sqlite3_errcode(database);
  const int system = ::sqlite3_system_errno(database);
  const int number = code == SQLITE_FULL                              ? ENOSPC
                     : code == SQLITE_BUSY || code == SQLITE_LOCKED   ? EBUSY
                     : code == SQLITE_READONLY || code == SQLITE_PERM ? EACCES
                     : system != 0                                    ? system
                                                                      : EIO;
  throw SystemError(action, file, number, std::string("SQLite: ") + ::sqlite3_errmsg(database));
}

Statement::Statement(sqlite3* database, const std::string& file, const char* sql)
    : database_(database), file_(file) {
  check(::sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr));
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) throw_failure(database_, "use history", file_);
}

Statement& Statement::bind(std::string_view text) {
  check(::sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()),
                            SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::bind(std::int64_t number) {
  check(::sqlite3_bind_int64(statement_, ++bound_, number));
  return *this;
}

Statement& Statement::bind(double number) {
  check(::sqlite3_bind_double(statement_, ++bound_, number));
  return *this;
}

bool Statement::step() {
  read_ = 0;
  const int code = ::sqlite3_step(statement_);
  if (code != SQLITE_ROW && code != SQLITE_DONE) throw_failure(database_, "use history", file_);
  return code == SQLITE_ROW;
}

void Statement::run() {
  while (step()) {
  }
  check(::sqlite3_reset(statement_));
  bound_ = 0;
}

std::string Statement::text() {
  const auto* bytes = ::sqlite3_column_text(statement_, read_);
  const auto size = static_cast<std::size_t>(::sqlite3_column_bytes(statement_, read_));
  ++read_;
  return bytes == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(bytes), size);
}

std::int64_t Statement::integer() { return ::sqlite3_column_int64(statement_, read_++); }

double Statement::real() { return ::sqlite3_column_double(statement_, read_++); }

}  // namespace wireproof::history
