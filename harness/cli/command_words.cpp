#include "cli/command_words.h"

#include <utility>

namespace wireproof::cli {
namespace {

// CLI11 keeps the members of a choice in the validator's description: "{auto,always,never}".
std::vector<std::string> choices_of(CLI::Option& option) {
  std::vector<std::string> choices;
  for (int i = 0;; ++i) {
    std::string text;
    try {
      text = option.get_validator(i)->get_description();
    } catch (const CLI::OptionNotFound&) {
      return choices;
    }
    if (!text.starts_with('{') || !text.ends_with('}')) continue;
    std::string word;
    for (const char c : text.substr(1, text.size() - 2) + ",") {
      if (c == ',') {
        choices.push_back(std::exchange(word, {}));
      } else {
        word += c;
      }
    }
  }
}

OptionWords option_words(CLI::Option& option) {
  OptionWords words;
  words.positional = !option.nonpositional();
  if (words.positional) {
    words.names = {option.get_name(true)};
  } else {
    for (const std::string& name : option.get_snames()) words.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) words.names.push_back("--" + name);
  }
  if (option.get_type_size() != 0) {
    words.value = words.positional ? words.names[0] : option.get_option_text();
    if (words.value.empty()) words.value = "VALUE";
  }
  words.required = option.get_required();
  words.repeatable = option.get_items_expected_max() > 1;
  words.choices = choices_of(option);
  words.description = option.get_description();
  return words;
}

}  // namespace

bool OptionWords::takes_file() const {
  for (const char* word : {"FILE", "PATH", "REPORT", "BASE", "NEW", "CMD"}) {
    if (value.starts_with(word)) return true;
  }
  return false;
}

bool OptionWords::takes_folder() const { return value.starts_with("DIR"); }

CommandWords words_of(CLI::App& command) {
  CommandWords words;
  words.name = command.get_name();
  words.description = command.get_description();
  words.footer = command.get_footer();
  for (CLI::Option* option : command.get_options()) words.options.push_back(option_words(*option));
  for (CLI::App* inner : command.get_subcommands({})) {
    if (!inner->get_group().empty()) words.commands.push_back(words_of(*inner));
  }
  return words;
}

std::string usage_words(const CommandWords& command) {
  std::string positionals;
  bool options = false;
  for (const OptionWords& option : command.options) {
    if (!option.positional) {
      options = true;
      continue;
    }
    const std::string word = option.names[0] + (option.repeatable ? " ..." : "");
    positionals += option.required ? " " + word : " [" + word + "]";
  }
  if (options) return "[OPTION ...]" + positionals;
  return positionals.empty() ? positionals : positionals.substr(1);
}

}  // namespace wireproof::cli
