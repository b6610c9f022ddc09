#include "cli/expectation.h"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <vector>

#include "base/text.h"
#include "cli/split.h"

namespace wireproof::cli {
namespace {

// The names of an enumeration that counts from 0 to `last`.
template <class Enum>
std::vector<std::string> names_to(Enum last) {
  std::vector<std::string> names;
  for (int i = 0; i <= static_cast<int>(last); ++i)
    names.emplace_back(tcp::name(static_cast<Enum>(i)));
  return names;
}

std::string unknown(std::string_view what, std::string_view word,
                    const std::vector<std::string>& known) {
  const std::string near = nearest(word, known);
  return fmt::format("unknown {} {}: {}", what, quoted(word),
                     near.empty() ? fmt::format("one of {}", fmt::join(known, ", "))
                                  : fmt::format("did you mean {}?", near));
}

using Setter = std::function<std::string(tcp::Expectation&, std::string_view)>;

const std::map<std::string, Setter, std::less<>>& setters() {
  static const std::map<std::string, Setter, std::less<>> all = {
      {"opening",
       [](tcp::Expectation& expected, std::string_view word) -> std::string {
         const auto kind = tcp::opening_from_name(word);
         if (!kind) return unknown("opening", word, names_to(tcp::Opening::none));
         expected.opening.push_back(*kind);
         return {};
       }},
      {"closing",
       [](tcp::Expectation& expected, std::string_view word) -> std::string {
         const auto kind = tcp::closing_from_name(word);
         if (!kind) return unknown("closing", word, names_to(tcp::Closing::inconclusive));
         expected.closing.push_back(*kind);
         return {};
       }},
      {"closed_first",
       [](tcp::Expectation& expected, std::string_view word) -> std::string {
         const auto who = tcp::closed_first_from_name(word);
         if (!who) return unknown("closed_first", word, names_to(tcp::ClosedFirst::both));
         expected.closed_first = who;
         return {};
       }},
      {"half_close",
       [](tcp::Expectation& expected, std::string_view word) -> std::string {
         if (word != "true" && word != "false")
           return unknown("half_close", word, {"true", "false"});
         expected.half_close = word == "true";
         return {};
       }},
  };
  return all;
}

}  // namespace

tl::expected<tcp::Expectation, std::string> parse_expectation(std::string_view text) {
  tcp::Expectation expected;
  bool any = false;
  for (const std::string_view term : split(text, ' ')) {
    if (term.empty()) continue;
    const std::size_t equals = term.find('=');
    if (equals == std::string_view::npos) {
      return tl::unexpected(fmt::format("{} has no '=': write opening=three-way", quoted(term)));
    }
    const std::string_view key = term.substr(0, equals);
    const auto setter = setters().find(key);
    if (setter == setters().end()) {
      std::vector<std::string> known;
      for (const auto& [name, unused] : setters()) known.push_back(name);
      return tl::unexpected(unknown("key", key, known));
    }
    const auto words = split(term.substr(equals + 1), '|');
    if (words.size() > 1 && (key == "closed_first" || key == "half_close")) {
      return tl::unexpected(fmt::format("{} takes one value", key));
    }
    for (const std::string_view word : words) {
      if (std::string error = setter->second(expected, word); !error.empty()) {
        return tl::unexpected(std::move(error));
      }
    }
    any = true;
  }
  if (!any) return tl::unexpected(std::string("nothing is expected: write opening=three-way"));
  return expected;
}

}  // namespace wireproof::cli
