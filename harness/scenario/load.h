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

// Names that the loader cannot know, since they belong to modules after it.
struct Vocabulary {
  std::vector<std::string> rules;  // ids of all rules; empty: only an id's form is checked
};

// `id_prefix` is the file's path below the scenarios' root, without ".json":
// "tcp/close/client-first".
tl::expected<std::vector<Case>, std::vector<Error>> load_text(std::string_view text,
                                                              const std::string& file,
                                                              const std::string& id_prefix,
                                                              const Vocabulary& vocabulary = {});
// A file, or all *.json files below a folder (sorted; "schema" folders and hidden ones left out).
// Ids are relative to the folder given; of a file they are its name. What cannot be read is an
// error too.
tl::expected<std::vector<Case>, std::vector<Error>> load(const std::filesystem::path& path,
                                                         const Vocabulary& vocabulary = {});

// `--filter`: words; each matches parts of an id (between its / - , @), a tag, or a parameter
// ("family=ipv6"); '*' is a wildcard. Words with a space between must all match, of words with a
// comma between one is enough; '!' before a word leaves out what it matches, wherever it stands.
bool matches(const Case& one, std::string_view filter);

}  // namespace wireproof::scenario
