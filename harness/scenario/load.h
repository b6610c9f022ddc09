// Scenario files into cases: JSON with comments, `matrix` expanded, every error with its place and
// what would be right. Thread rule: pure functions (they read files).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "scenario/model.h"

namespace wireproof::scenario {

struct Error {
  Position position;
  std::string message;  // "unknown step \"conect\""
  std::string hint;     // "did you mean \"connect\"?"
  std::string line;     // the source line itself
};
// file:line:column: message, the line, a caret, the hint (ninja's form).
std::string to_string(const Error&);

// `id_prefix` is the file's path below the scenarios' root, without ".json":
// "tcp/close/client-first".
tl::expected<std::vector<Case>, std::vector<Error>> load_text(std::string_view text,
                                                              const std::string& file,
                                                              const std::string& id_prefix);
// A file, or all *.json files below a folder (sorted). Ids are relative to the folder given.
tl::expected<std::vector<Case>, std::vector<Error>> load(const std::filesystem::path& path);

// `--filter`: words separated by commas or spaces; each matches an id's part, a tag or a parameter
// ("family=ipv6"); '!' before a word leaves out; '*' is a wildcard.
bool matches(const Case& one, std::string_view filter);

}  // namespace wireproof::scenario
