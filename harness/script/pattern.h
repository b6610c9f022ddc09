// A regular expression (ECMAScript) searched in bytes that a peer sent, with bounded time and
// stack: libstdc++'s usual matcher recurses once a byte and takes exponential time on some
// expressions; its polynomial one does neither, but knows no back-references, which are refused.
// Thread rule: const functions from any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <regex>
#include <string>
#include <string_view>

namespace wireproof::script {

class Pattern {
 public:
  // Throws std::invalid_argument with the reason when `text` is no such expression.
  explicit Pattern(const std::string& text);

  // No more than this many bytes are searched.
  static constexpr std::size_t limit = 4096;

  // Where the first match ends; nothing when there is none.
  std::optional<std::size_t> find(std::string_view bytes) const;

 private:
  std::regex compiled_;
};

}  // namespace wireproof::script
