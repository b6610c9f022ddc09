#include "scenario/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace wireproof::scenario {

void Errors::add(std::size_t offset, std::string message, std::string hint) {
  for (const Entry& entry : entries_) {
    if (entry.offset == offset && entry.message == message) return;
  }
  entries_.push_back({offset, std::move(message), std::move(hint)});
}

std::vector<Error> Errors::sorted() const {
  std::vector<const Entry*> order;
  for (const Entry& entry : entries_) order.push_back(&entry);
  std::ranges::stable_sort(order, {}, [](const Entry* entry) { return entry->offset; });
  std::vector<Error> errors;
  for (const Entry* entry : order) {
    errors.push_back(source_.error(entry->offset, entry->message, entry->hint));
  }
  return errors;
}

std::string alternatives(std::span<const std::string_view> names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += wireproof::quoted(names[i]);
  }
  return text;
}

std::string name_hint(std::string_view word, std::span<const std::string_view> names) {
  const std::string near = nearest(word, {names.begin(), names.end()});
  if (!near.empty()) return fmt::format("did you mean {}?", wireproof::quoted(near));
  for (const std::string_view name : names) {  // "pause" for "pause_ms"
    if (name.size() > word.size() && name.starts_with(word) && name[word.size()] == '_') {
      return fmt::format("did you mean {}?", wireproof::quoted(name));
    }
  }
  return names.empty() ? "there is none" : "it is " + alternatives(names);
}

void wrong_type(const Field& field, std::string_view wanted, std::string_view hint,
                Errors& errors) {
  if (field.node->poisoned) return;
  errors.add(field.offset(),
             fmt::format("{} must be {}, not {}", field.what, wanted, kind_name(*field.node)),
             std::string(hint));
}

void unknown_name(const Field& field, std::string_view kind, std::string_view word,
                  std::span<const std::string_view> names, Errors& errors) {
  errors.add(field.offset(), fmt::format("unknown {} {}", kind, wireproof::quoted(word)),
             name_hint(word, names));
}

std::optional<std::string> read_string(const Field& field, Errors& errors) {
  if (const std::string* text = field.node->string()) return *text;
  // "text": "${n}" with a number for n is text as it looks.
  if (field.node->substituted) {
    if (auto text = scalar_text(*field.node)) return text;
  }
  wrong_type(field, "a string", "put it in double quotes", errors);
  return std::nullopt;
}

std::optional<bool> read_boolean(const Field& field, Errors& errors) {
  if (const bool* value = std::get_if<bool>(&field.node->value)) return *value;
  wrong_type(field, "true or false", "write it without quotes", errors);
  return std::nullopt;
}

std::optional<double> read_number(const Field& field, double least, double most, Errors& errors) {
  double value = 0;
  if (const auto* integer = std::get_if<std::int64_t>(&field.node->value)) {
    value = static_cast<double>(*integer);
  } else if (const auto* real = std::get_if<double>(&field.node->value)) {
    value = *real;
  } else {
    wrong_type(field, "a number", "write it without quotes", errors);
    return std::nullopt;
  }
  if (value < least || value > most) {
    errors.add(field.offset(), fmt::format("{} is out of range: {}", field.what, value),
               fmt::format("from {} to {}", least, most));
    return std::nullopt;
  }
  return value;
}

std::optional<std::int64_t> read_integer(const Field& field, std::int64_t least, std::int64_t most,
                                         Errors& errors) {
  const auto* integer = std::get_if<std::int64_t>(&field.node->value);
  if (!integer) {
    if (const auto* real = std::get_if<double>(&field.node->value);
        real && std::nearbyint(*real) == *real) {
      errors.add(field.offset(), fmt::format("{} is out of range: {}", field.what, *real),
                 fmt::format("a whole number from {} to {}, without exponent", least, most));
    } else {
      wrong_type(field, "a whole number",
                 std::holds_alternative<double>(field.node->value) ? "leave the fraction out"
                                                                   : "write it without quotes",
                 errors);
    }
    return std::nullopt;
  }
  if (*integer < least || *integer > most) {
    errors.add(field.offset(), fmt::format("{} is out of range: {}", field.what, *integer),
               fmt::format("from {} to {}", least, most));
    return std::nullopt;
  }
  return *integer;
}

std::vector<Field> read_list(const Field& field, Errors& errors) {
  std::vector<Field> fields;
  if (const Node::List* list = field.node->list()) {
    for (const Node& node : *list) fields.push_back({&node, "an entry of " + field.what});
  } else {
    wrong_type(field, "a list", "put it in brackets: [...]", errors);
  }
  return fields;
}

Object::Object(const Field& field, std::span<const std::string_view> keys, Errors& errors)
    : offset_(field.offset()), errors_(errors) {
  const Node::Object* members = field.node->object();
  if (!members) {
    wrong_type(field, "an object", "put it in braces: {\"key\": value}", errors);
    return;
  }
  node_ = field.node;
  for (const Member& member : *members) {
    if (std::ranges::find(keys, member.key) != keys.end()) continue;
    errors.add(member.key_offset,
               fmt::format("unknown key {} in {}", wireproof::quoted(member.key), field.what),
               member.key == "when" ? "only entries of lists have a \"when\""
                                    : name_hint(member.key, keys));
  }
}

Field Object::get(std::string_view key) const {
  const Node* found = node_ ? node_->find(key) : nullptr;
  return found ? Field{found, wireproof::quoted(key)} : Field{};
}

Field Object::require(std::string_view key, std::string_view hint) const {
  Field field = get(key);
  if (!field && valid()) {
    errors_.add(offset_, fmt::format("{} is missing", wireproof::quoted(key)), std::string(hint));
  }
  return field;
}

std::size_t Object::key_offset(std::string_view key) const {
  if (valid()) {
    for (const Member& member : *node_->object()) {
      if (member.key == key) return member.key_offset;
    }
  }
  return offset_;
}

std::optional<std::string> Object::string(std::string_view key) const {
  const Field field = get(key);
  return field ? read_string(field, errors_) : std::nullopt;
}

std::optional<bool> Object::boolean(std::string_view key) const {
  const Field field = get(key);
  return field ? read_boolean(field, errors_) : std::nullopt;
}

std::optional<std::int64_t> Object::integer(std::string_view key, std::int64_t least,
                                            std::int64_t most) const {
  const Field field = get(key);
  return field ? read_integer(field, least, most, errors_) : std::nullopt;
}

std::optional<std::chrono::milliseconds> Object::span(std::string_view key, std::int64_t least_ms,
                                                      std::int64_t most_ms) const {
  const auto value = integer(key, least_ms, most_ms);
  return value ? std::optional(std::chrono::milliseconds(*value)) : std::nullopt;
}

}  // namespace wireproof::scenario
