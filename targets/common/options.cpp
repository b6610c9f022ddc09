#include "common/options.h"

#include <algorithm>
#include <cerrno>

#include "common/output.h"

namespace targets {

void OptionTable::parse(int argc, char** argv) const {
  std::size_t given = 0;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--help") {
      show_help();
      throw HelpShown();
    }
    if (!argument.starts_with("--")) {
      if (given == positionals_.size()) throw UsageError("unexpected argument '" + argument + "'");
      positionals_[given++].set(argument);
      continue;
    }
    const std::size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    const auto option = std::ranges::find(options_, name, &Option::name);
    if (option == options_.end()) throw UsageError("unknown option '" + name + "'");
    const bool wants_value = !option->placeholder.empty();
    if (!wants_value) {
      if (equals != std::string::npos) throw UsageError(name + " takes no value");
      option->set("");
    } else if (equals != std::string::npos) {
      option->set(argument.substr(equals + 1));
    } else if (++i < argc) {
      option->set(argv[i]);
    } else {
      throw UsageError(name + " lacks its " + option->placeholder);
    }
  }
  if (given < positionals_.size()) throw UsageError("missing " + positionals_[given].name);
}

void OptionTable::show_help() const {
  std::string usage = std::string("usage: ") + program_invocation_short_name;
  for (const Option& positional : positionals_) usage += " " + positional.name;
  print_line(usage + " [OPTION ...]");
  print_line(summary_);
  print_line("");
  for (const Option& option : options_) {
    std::string left = "  " + option.name;
    if (!option.placeholder.empty()) left += " " + option.placeholder;
    constexpr std::size_t column = 30;
    left.resize(std::max(column, left.size() + 2), ' ');
    print_line(left + option.help);
  }
  print_line("  --help                      show this and end");
}

}  // namespace targets
