// Where a command speaks to: two streams, what is known of the terminal behind them, and the
// environment's wishes. Passed in, so that tests give their own. Thread rule: one thread.
// Lifetime: the streams outlive it.
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "reports/text.h"

namespace wireproof::cli {

struct Console {
  std::ostream& out;
  std::ostream& err;
  int argc = 0;  // the command line as given, for the report
  const char* const* argv = nullptr;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool utf8 = true;
  // The terminal's columns, asked anew each time: its window may change. 0: not known.
  std::function<unsigned()> columns = [] { return 0u; };
  std::function<unsigned()> rows = [] { return 0u; };
  std::function<std::optional<std::string>(const std::string&)> environment =
      [](const std::string&) { return std::nullopt; };
};

// This process's own: standard output and error, isatty(3), TIOCGWINSZ, COLUMNS, the locale.
Console system_console(std::ostream& out, std::ostream& err);

// Whether to colour: --color says always or never; `auto` colours a terminal, unless NO_COLOR or CI
// is set or TERM is dumb.
bool wants_colour(const Console& console, const std::string& choice, bool is_terminal);
// Whether live progress may be drawn on standard error.
bool wants_live_progress(const Console& console);
// At least 40, at most 200; 100 where there is no terminal to ask.
unsigned text_columns(const Console& console);
// How reports are printed on standard output.
report::TextOptions text_options(const Console& console, const std::string& colour_choice);

}  // namespace wireproof::cli
