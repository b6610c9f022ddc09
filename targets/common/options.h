#ifndef WIREPROOF_TARGETS_COMMON_OPTIONS_H_
#define WIREPROOF_TARGETS_COMMON_OPTIONS_H_

#include <charconv>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"

namespace targets {

template <typename Number>
std::string number_text(Number number, int base) {
  char digits[std::numeric_limits<Number>::digits + 1];
  return {digits, std::to_chars(digits, std::end(digits), number, base).ptr};
}

template <typename Number>
Number parse_number(std::string_view what, std::string_view text, Number least, Number most,
                    int base = 10) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, base);
  if (error != std::errc{} || rest != end || number < least || number > most) {
    throw UsageError(std::string(what) + " is a whole number from " + number_text(least, base) +
                     " to " + number_text(most, base) + ", not '" + std::string(text) + "'");
  }
  return number;
}

// The command line: what a program takes, filled into its variables by parse(). Both
// "--name value" and "--name=value" are understood; what comes last wins.
class OptionTable {
 public:
  using Setter = std::function<void(const std::string& value)>;

  explicit OptionTable(std::string summary) : summary_(std::move(summary)) {}

  void positional(std::string name, Setter set) {
    positionals_.push_back({std::move(name), "", "", std::move(set)});
  }
  void flag(std::string name, bool& target, std::string help, bool value = true) {
    options_.push_back({std::move(name), "", std::move(help),
                        [&target, value](const std::string&) { target = value; }});
  }
  void value(std::string name, std::string placeholder, std::string help, Setter set) {
    options_.push_back({std::move(name), std::move(placeholder), std::move(help), std::move(set)});
  }
  // Target is a Number or an optional of one.
  template <typename Number, typename Target>
  void number(std::string name, Target& target, std::string help, Number least = 0,
              Number most = std::numeric_limits<Number>::max(), std::string placeholder = "N") {
    value(name, std::move(placeholder), std::move(help),
          [name, &target, least, most](const std::string& text) {
            target = parse_number<Number>(name, text, least, most);
          });
  }
  // One of a few words.
  template <typename Choice>
  void choice(std::string name, Choice& target, std::vector<std::pair<std::string, Choice>> choices,
              std::string help);

  // Throws UsageError, or HelpShown after --help.
  void parse(int argc, char** argv) const;

 private:
  struct Option {
    std::string name, placeholder, help;
    Setter set;
  };

  void show_help() const;

  std::string summary_;
  std::vector<Option> positionals_;
  std::vector<Option> options_;
};

template <typename Choice>
void OptionTable::choice(std::string name, Choice& target,
                         std::vector<std::pair<std::string, Choice>> choices, std::string help) {
  std::string words;
  for (const auto& [word, chosen] : choices) words += (words.empty() ? "" : "|") + word;
  value(name, words, std::move(help), [=, &target](const std::string& text) {
    for (const auto& [word, chosen] : choices) {
      if (word == text) {
        target = chosen;
        return;
      }
    }
    throw UsageError(name + " is one of " + words + ", not '" + text + "'");
  });
}

}  // namespace targets

#endif  // WIREPROOF_TARGETS_COMMON_OPTIONS_H_
