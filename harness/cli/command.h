// What the commands share: exit statuses, how a command joins the program, and errors that end one.
// Each add_*_command names its options on the program's parser; when the command line chose it,
// `run` is called after parsing and returns the exit status. Thread rule: the main thread.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <stdexcept>
#include <string>

#include "cli/console.h"
#include "lab/lab.h"

namespace wireproof::cli {

namespace exit_status {
inline constexpr int passed = 0, failed = 1, usage = 2, cannot_run = 3, interrupted = 130;
}

// Wrong usage, or a bad scenario file, found after parsing: exit status 2.
class UsageError : public std::runtime_error {
 public:
  explicit UsageError(const std::string& message, std::string hint = {})
      : std::runtime_error(message), hint_(std::move(hint)) {}
  const std::string& hint() const { return hint_; }

 private:
  std::string hint_;
};

using Chosen = std::function<int()>;

void add_run_command(CLI::App& program, Console& console, Chosen& chosen);
void add_list_command(CLI::App& program, Console& console, Chosen& chosen);
void add_show_command(CLI::App& program, Console& console, Chosen& chosen);
void add_report_command(CLI::App& program, Console& console, Chosen& chosen);
void add_rules_command(CLI::App& program, Console& console, Chosen& chosen);
void add_explore_command(CLI::App& program, Console& console, Chosen& chosen);
void add_step_command(CLI::App& program, Console& console, Chosen& chosen);
void add_check_command(CLI::App& program, Console& console, Chosen& chosen);
void add_watch_command(CLI::App& program, Console& console, Chosen& chosen);
void add_doctor_command(CLI::App& program, Console& console, Chosen& chosen);
void add_load_command(CLI::App& program, Console& console, Chosen& chosen);
void add_completion_command(CLI::App& program, Console& console, Chosen& chosen);
void add_manual_command(CLI::App& program, Console& console, Chosen& chosen);
void add_compare_command(CLI::App& program, Console& console, Chosen& chosen);
void add_versus_command(CLI::App& program, Console& console, Chosen& chosen);
void add_history_command(CLI::App& program, Console& console, Chosen& chosen);
void add_merge_command(CLI::App& program, Console& console, Chosen& chosen);
void add_init_command(CLI::App& program, Console& console, Chosen& chosen);

// What `wireproof run FILE` does.
int run_file(const std::string& file, Console& console);

// --color, for commands that print reports.
void add_colour_option(CLI::App& command, std::string& choice);
// --json FILE, for commands that tell as JSON what they print; "-" is standard output. Empty: not.
void add_json_option(CLI::App& command, std::string& file);
void write_json(const std::string& text, const std::string& file, Console& console);
// The two examples that end a command's help.
std::string examples(const std::string& first, const std::string& second);

}  // namespace wireproof::cli
