// A JSON document as a tree whose every key and value knows where it stands in its text.
// Thread rule: plain values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

#include "scenario/load.h"
#include "scenario/source.h"

namespace wireproof::scenario {

struct Member;

struct Node {
  using List = std::vector<Node>;
  using Object = std::vector<Member>;  // in the file's order, keys unique
  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, List, Object> value;
  std::size_t offset = 0;    // of its first byte in the source
  bool poisoned = false;     // stands for a value that could not be made, which was told already
  bool substituted = false;  // came from the matrix, in the place of a string "${name}"

  bool is_null() const { return std::holds_alternative<std::nullptr_t>(value); }
  const std::string* string() const { return std::get_if<std::string>(&value); }
  const List* list() const { return std::get_if<List>(&value); }
  const Object* object() const { return std::get_if<Object>(&value); }
  const Node* find(std::string_view key) const;  // of an object; nullptr when absent
};

struct Member {
  std::string key;
  std::size_t key_offset = 0;
  Node value;
};

// Of a string, a number, true or false: as it stands inside text.
std::optional<std::string> scalar_text(const Node& node);
std::string_view kind_name(const Node& node);  // "a string", "an object"

inline constexpr std::size_t deepest_nesting = 32;

// JSON with // and /* */ comments. All duplicate keys are told; of syntax errors, the first.
tl::expected<Node, std::vector<Error>> parse_tree(const Source& source);

}  // namespace wireproof::scenario
