// One SQL statement of a history: bound from the left, read from the left. Internal to the history.
// Thread rule: its database's. Lifetime: within its database's.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace wireproof::history {

// Throws SystemError: what was being done to `file`, and SQLite's words.
[[noreturn]] void throw_failure(sqlite3* database, const char* action, const std::string& file);

class Statement {
 public:
  Statement(sqlite3* database, const std::string& file, const char* sql);
  ~Statement() { ::sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(std::string_view text);
  Statement& bind(std::int64_t number);
  Statement& bind(double number);
  bool step();  // whether there is a row
  void run();   // to its end, and ready to be bound again

  std::string text();
  std::int64_t integer();
  double real();

 private:
  void check(int code) const;

  sqlite3* database_;
  const std::string& file_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0, read_ = 0;
};

}  // namespace wireproof::history
