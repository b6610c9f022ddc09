// Runs the program's commands within a test: its output, what it says of errors, its exit status.
#pragma once

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "cli/program.h"

namespace wireproof::cli {

struct Outcome {
  int status = -1;
  std::string out, err;
};

struct ProgramForTest {
  std::map<std::string, std::string> environment;
  bool terminal = false;
  unsigned columns = 80;

  Outcome operator()(std::vector<std::string> words) const {
    std::ostringstream out, err;
    Console console{.out = out, .err = err};
    console.out_is_terminal = console.err_is_terminal = terminal;
    console.columns = [this] { return columns; };
    console.environment = [this](const std::string& name) {
      const auto found = environment.find(name);
      return found == environment.end() ? std::nullopt : std::optional<std::string>(found->second);
    };
    words.insert(words.begin(), "wireproof");
    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    Outcome outcome;
    outcome.status = main_command(static_cast<int>(argv.size()), argv.data(), console);
    outcome.out = out.str();
    outcome.err = err.str();
    return outcome;
  }
};

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace wireproof::cli
