// The program's commands and options as plain words, read off its parser: what its manual page and
// shell completions are made of, so that neither can say what the program does not.
// Thread rule: pure functions. Lifetime: plain values.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace wireproof::cli {

struct OptionWords {
  std::vector<std::string> names;  // "-h", "--help"; of a positional its one name
  bool positional = false, required = false, repeatable = false;
  std::string value;                 // "FILE", "N"; empty: a flag
  std::vector<std::string> choices;  // where only these values are taken
  std::string description;
  bool takes_file() const;
  bool takes_folder() const;
};

struct CommandWords {
  std::string name, description, footer;
  std::vector<OptionWords> options;
  std::vector<CommandWords> commands;
};

// Without commands that --help does not show.
CommandWords words_of(CLI::App& command);

// What follows the command's name: "[OPTION ...] [PATH ...]", "BASE NEW".
std::string usage_words(const CommandWords& command);

// "bash", "zsh" or "fish".
std::string completion(const CommandWords& program, const std::string& shell);
// The manual page, in man(7)'s roff.
std::string manual(const CommandWords& program, const std::string& version);

}  // namespace wireproof::cli
