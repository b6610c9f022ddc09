// Typed reading of a positioned tree: each getter checks type and range, and tells what is wrong
// and what would be right, at the value's own place. Reading goes on after an error, so that a
// file's errors are told together. Thread rule: one thread. Lifetime: trees and sources outlive
// readers.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenario/source.h"
#include "scenario/tree.h"

namespace wireproof::scenario {

// The errors of one file, each place and message once (cases of one matrix repeat them).
class Errors {
 public:
  explicit Errors(const Source& source) : source_(source) {}
  void add(std::size_t offset, std::string message, std::string hint = {});
  bool empty() const { return entries_.empty(); }
  std::size_t count() const { return entries_.size(); }
  std::vector<Error> sorted() const;  // by place
  const Source& source() const { return source_; }

 private:
  struct Entry {
    std::size_t offset;
    std::string message, hint;
  };
  const Source& source_;
  std::vector<Entry> entries_;
};

// "a", "b" or "c"
std::string alternatives(std::span<const std::string_view> names);
// 'did you mean "b"?' where a name is near; else which there are.
std::string name_hint(std::string_view word, std::span<const std::string_view> names);

template <typename Value>
struct Named {
  std::string_view name;
  Value value;
};
template <typename Table>
std::vector<std::string_view> names_of(const Table& table) {
  std::vector<std::string_view> names;
  for (const auto& entry : table) names.push_back(entry.name);
  return names;
}

// A value and what it is called in messages: `"within_ms"`, or `an entry of "args"`.
struct Field {
  const Node* node = nullptr;
  std::string what;
  explicit operator bool() const { return node != nullptr; }
  std::size_t offset() const { return node->offset; }
};

// Each tells what is wrong with a value of another type and gives nothing then.
std::optional<std::string> read_string(const Field& field, Errors& errors);
std::optional<bool> read_boolean(const Field& field, Errors& errors);
std::optional<std::int64_t> read_integer(const Field& field, std::int64_t least, std::int64_t most,
                                         Errors& errors);
std::optional<double> read_number(const Field& field, double least, double most, Errors& errors);
std::vector<Field> read_list(const Field& field, Errors& errors);
void wrong_type(const Field& field, std::string_view wanted, std::string_view hint, Errors& errors);

void unknown_name(const Field& field, std::string_view kind, std::string_view word,
                  std::span<const std::string_view> names, Errors& errors);

// One of a table's names; `kind` as "transport".
template <typename Value, typename Table>
std::optional<Value> read_choice(const Field& field, std::string_view kind, const Table& table,
                                 Errors& errors) {
  const auto word = read_string(field, errors);
  if (!word) return std::nullopt;
  for (const auto& entry : table) {
    if (entry.name == *word) return entry.value;
  }
  unknown_name(field, kind, *word, names_of(table), errors);
  return std::nullopt;
}

// An object whose keys are known: others are told at once.
class Object {
 public:
  Object(const Field& field, std::span<const std::string_view> keys, Errors& errors);

  bool valid() const { return node_ != nullptr; }
  bool has(std::string_view key) const { return static_cast<bool>(get(key)); }
  Field get(std::string_view key) const;  // empty when absent
  Field require(std::string_view key, std::string_view hint) const;
  std::size_t offset() const { return offset_; }
  std::size_t key_offset(std::string_view key) const;
  Errors& errors() const { return errors_; }

  std::optional<std::string> string(std::string_view key) const;
  std::optional<bool> boolean(std::string_view key) const;
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t least,
                                      std::int64_t most) const;
  std::optional<std::chrono::milliseconds> span(std::string_view key, std::int64_t least_ms,
                                                std::int64_t most_ms) const;
  template <typename Value, typename Table>
  std::optional<Value> choice(std::string_view key, std::string_view kind,
                              const Table& table) const {
    const Field field = get(key);
    return field ? read_choice<Value>(field, kind, table, errors_) : std::nullopt;
  }

 private:
  const Node* node_ = nullptr;
  std::size_t offset_ = 0;
  Errors& errors_;
};

}  // namespace wireproof::scenario
