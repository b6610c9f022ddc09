// What is wrong with text that is not JSON, in a person's words: nlohmann's parser says where it
// stopped, and this says why. Thread rule: pure functions.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "scenario/load.h"
#include "scenario/source.h"

namespace wireproof::scenario {

// What the parser knew when it stopped.
struct SyntaxContext {
  struct Open {
    std::size_t offset;
    bool object;
  };
  std::size_t error_end = 0;       // just past the last byte of the token it refused
  std::size_t last_token_end = 0;  // just past the last key, value or bracket it took
  bool after_key = false;          // the last token was a key
  bool container_empty = true;
  std::vector<Open> open;  // outermost first
};

// `parser_words`: nlohmann's exception text.
Error explain_syntax_error(const Source& source, const SyntaxContext& context,
                           std::string_view parser_words);

// Text that is refused before parsing: empty, too large, UTF-16, or with NUL bytes (which the
// parser would take for the end).
std::optional<Error> explain_unreadable_text(const Source& source);

}  // namespace wireproof::scenario
