#include "cli/console.h"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <clocale>
#include <cstdlib>
#include <string_view>

namespace wireproof::cli {
namespace {

constexpr unsigned fewest_columns = 40, most_columns = 200, columns_without_terminal = 100;

bool is_set(const Console& console, const char* name) {
  const auto value = console.environment(name);
  return value && !value->empty();
}

bool says_utf8() {
  // The codeset of the user's locale, asked without changing the process's for good: numbers are to
  // be printed with a point everywhere.
  const std::string before = std::setlocale(LC_CTYPE, nullptr);
  std::setlocale(LC_CTYPE, "");
  const std::string codeset = ::nl_langinfo(CODESET);
  std::setlocale(LC_CTYPE, before.c_str());
  return codeset == "UTF-8" || codeset == "utf8";
}

winsize system_window() {
  winsize size{};
  for (const int fd : {STDERR_FILENO, STDOUT_FILENO}) {
    if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) break;
  }
  return size;
}

unsigned system_columns() {
  if (const char* given = std::getenv("COLUMNS"); given != nullptr) {
    const std::string_view text(given);
    unsigned columns = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), columns);
    if (failure == std::errc{} && end == text.data() + text.size() && columns > 0) return columns;
  }
  return system_window().ws_col;
}

}  // namespace

Console system_console(std::ostream& out, std::ostream& err) {
  Console console{.out = out, .err = err};
  console.out_is_terminal = ::isatty(STDOUT_FILENO) == 1;
  console.err_is_terminal = ::isatty(STDERR_FILENO) == 1;
  console.columns = system_columns;
  console.rows = [] { return unsigned{system_window().ws_row}; };
  console.environment = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  // A file or pipe is read later, elsewhere, and gets UTF-8; a terminal what it says it can show.
  console.utf8 = !console.out_is_terminal || says_utf8();
  return console;
}

bool wants_colour(const Console& console, const std::string& choice, bool is_terminal) {
  if (choice != "auto") return choice == "always";
  return is_terminal && !is_set(console, "NO_COLOR") && !is_set(console, "CI") &&
         console.environment("TERM").value_or("") != "dumb";
}

bool wants_live_progress(const Console& console) {
  return console.err_is_terminal && !is_set(console, "CI") &&
         console.environment("TERM").value_or("") != "dumb";
}

unsigned text_columns(const Console& console) {
  const unsigned columns = console.columns();
  return columns == 0 ? columns_without_terminal
                      : std::clamp(columns, fewest_columns, most_columns);
}

report::TextOptions text_options(const Console& console, const std::string& colour_choice) {
  report::TextOptions options;
  options.colour = wants_colour(console, colour_choice, console.out_is_terminal);
  options.utf8 = console.utf8;
  options.width = text_columns(console);
  return options;
}

}  // namespace wireproof::cli
