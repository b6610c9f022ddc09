#include "scenario/command.h"

#include <fmt/format.h>

#include "scenario/names.h"

namespace wireproof::scenario {
namespace {

bool is_shipped_bad(const std::optional<Program>& program) {
  if (!program || program->command.empty()) return false;
  const std::string& path = program->command[0];
  const ShippedTarget* target = find_shipped_target(path.substr(path.rfind('/') + 1));
  return target && target->bad;
}

}  // namespace

tl::expected<std::vector<std::string>, std::string> split_command(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == '\'') {
      if (c == quote) {
        quote = 0;
      } else {
        word.push_back(c);
      }
      continue;
    }
    if (c == '\\') {
      if (i + 1 == text.size()) return tl::unexpected(std::string("a backslash at the end"));
      const char next = text[++i];
      // Within double quotes a backslash is itself but before these (POSIX shell 2.2.3).
      if (quote == '"' && next != '"' && next != '\\' && next != '$' && next != '`') {
        word.push_back('\\');
      }
      word.push_back(next);
      in_word = true;
    } else if (quote == '"') {
      if (c == quote) {
        quote = 0;
      } else {
        word.push_back(c);
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else if (c == '\0') {
      return tl::unexpected(std::string("a NUL character"));
    } else {
      word.push_back(c);
      in_word = true;
    }
  }
  if (quote != 0) return tl::unexpected(fmt::format("a {} that is not closed", quote));
  if (in_word) words.push_back(std::move(word));
  if (words.empty()) return tl::unexpected(std::string("an empty command"));
  if (words[0].empty()) return tl::unexpected(std::string("an empty program name"));
  return words;
}

tl::expected<void, std::string> replace_program(Case& one, Side side,
                                                std::vector<std::string> command) {
  auto& program = side == Side::server ? one.server : one.client;
  if (!program) {
    return tl::unexpected(
        one.topology == lab::Topology::remote && side == Side::server
            ? std::string("the server runs elsewhere in this scenario")
            : fmt::format("the script plays the {} in this scenario", name(side)));
  }
  if (command.empty()) return tl::unexpected(std::string("an empty command"));
  Program replaced;
  replaced.name = command[0].substr(command[0].rfind('/') + 1);
  replaced.command = std::move(command);
  replaced.ready_within = program->ready_within;
  replaced.position = program->position;
  replaced.may_be_killed = side == Side::server;
  program = std::move(replaced);
  // A list of expected failures speaks of a program; of the one that is left, it stays.
  if (!is_shipped_bad(side == Side::server ? one.client : one.server))
    one.expected_failures.clear();
  return {};
}

}  // namespace wireproof::scenario
