#include "scenario/tree.h"

#include <fmt/format.h>

#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "scenario/syntax.h"

namespace wireproof::scenario {
namespace {

// Walks the text and tells how far: nlohmann/json 3.11 gives values no positions, but each SAX
// event comes as soon as its token was read.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, const char** reached) : at_(at), reached_(reached) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const CountingIterator& a, const CountingIterator& b) {
    return a.at_ == b.at_;
  }

 private:
  const char* at_;
  const char** reached_;
};

// The lexer has read one byte past a number when it is told, so its end is found in the text. The
// number is known to be one (RFC 8259 6).
std::size_t end_of_number(std::string_view text, std::size_t at) {
  const auto digits = [&] {
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
  };
  const auto take = [&](std::string_view any) {
    const bool there = at < text.size() && any.find(text[at]) != std::string_view::npos;
    at += there;
    return there;
  };
  take("-");
  if (!take("0")) digits();
  if (take(".")) digits();
  if (take("eE")) {
    take("+-");
    digits();
  }
  return at;
}

// Builds the tree. Every token's first byte is found by skipping what may stand between tokens from
// the end of the one before.
class Builder {
 public:
  explicit Builder(const Source& source) : source_(source), reached_(source.text().data()) {}

  const char** reached() { return &reached_; }
  std::size_t end_of_document() const { return token_end_; }

  bool null() { return literal(nullptr, 4); }
  bool boolean(bool value) { return literal(value, value ? 4 : 5); }
  bool number_integer(std::int64_t value) { return number(value); }
  bool number_unsigned(std::uint64_t value) {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return number(static_cast<double>(value));
    }
    return number(static_cast<std::int64_t>(value));
  }
  bool number_float(double value, const std::string&) { return number(value); }
  bool string(std::string& value) {
    Node node{std::move(value), token_start()};
    token_end_ = consumed();
    return add(std::move(node));
  }
  bool binary(std::vector<std::uint8_t>&) { return false; }  // never in JSON text

  bool start_object(std::size_t) { return open(Node::Object{}); }
  bool end_object() { return close(); }
  bool start_array(std::size_t) { return open(Node::List{}); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    const std::size_t offset = token_start();
    token_end_ = consumed();
    auto& members = std::get<Node::Object>(open_.back().value);
    for (const Member& member : members) {
      if (member.key != name) continue;
      errors.push_back(
          source_.error(offset, fmt::format("key {} is given twice", wireproof::quoted(name)),
                        fmt::format("it is there already at line {}: remove one of them",
                                    source_.position(member.key_offset).line)));
    }
    members.push_back({std::move(name), offset, {}});
    after_key_ = true;
    return true;
  }

  template <typename Exception>
  bool parse_error(std::size_t position, const std::string&, const Exception& exception) {
    SyntaxContext context;
    context.error_end = position;
    context.last_token_end = token_end_;
    context.after_key = after_key_;
    for (const Node& node : open_) context.open.push_back({node.offset, node.object() != nullptr});
    if (!open_.empty()) {
      const Node& container = open_.back();
      context.container_empty =
          container.list() ? container.list()->empty() : container.object()->empty();
    }
    errors.push_back(explain_syntax_error(source_, context, exception.what()));
    return false;
  }

  Node root;
  std::vector<Error> errors;

 private:
  std::size_t consumed() const {
    return static_cast<std::size_t>(reached_ - source_.text().data());
  }
  std::size_t token_start() const {
    std::size_t at = skip_blank(source_.text(), token_end_);
    while (at < source_.text().size() && (source_.text()[at] == ',' || source_.text()[at] == ':')) {
      at = skip_blank(source_.text(), at + 1);
    }
    return at;
  }

  template <typename Value>
  bool literal(Value value, std::size_t length) {
    Node node{value, token_start()};
    token_end_ = node.offset + length;
    return add(std::move(node));
  }
  template <typename Number>
  bool number(Number value) {
    Node node{value, token_start()};
    token_end_ = end_of_number(source_.text(), node.offset);
    return add(std::move(node));
  }

  template <typename Container>
  bool open(Container container) {
    const std::size_t offset = token_start();
    if (open_.size() == deepest_nesting) {
      errors.push_back(source_.error(offset,
                                     fmt::format("nested deeper than {} levels", deepest_nesting),
                                     "no scenario needs that: is a bracket left open further up?"));
      return false;
    }
    token_end_ = offset + 1;
    after_key_ = false;
    open_.push_back({std::move(container), offset});
    return true;
  }
  bool close() {
    token_end_ = token_start() + 1;
    Node done = std::move(open_.back());
    open_.pop_back();
    return add(std::move(done));
  }
  bool add(Node node) {
    after_key_ = false;
    if (open_.empty()) {
      root = std::move(node);
    } else if (auto* members = std::get_if<Node::Object>(&open_.back().value)) {
      members->back().value = std::move(node);
    } else {
      std::get<Node::List>(open_.back().value).push_back(std::move(node));
    }
    return true;
  }

  const Source& source_;
  const char* reached_;
  std::size_t token_end_ = 0;
  bool after_key_ = false;
  std::vector<Node> open_;
};

}  // namespace

const Node* Node::find(std::string_view key) const {
  if (const Object* members = object()) {
    for (const Member& member : *members) {
      if (member.key == key) return &member.value;
    }
  }
  return nullptr;
}

std::optional<std::string> scalar_text(const Node& node) {
  if (const std::string* text = node.string()) return *text;
  if (const bool* flag = std::get_if<bool>(&node.value)) return *flag ? "true" : "false";
  if (const auto* integer = std::get_if<std::int64_t>(&node.value))
    return fmt::format("{}", *integer);
  if (const auto* real = std::get_if<double>(&node.value)) return fmt::format("{}", *real);
  return std::nullopt;
}

std::string_view kind_name(const Node& node) {
  constexpr std::string_view names[] = {"null",     "true or false", "a number", "a fraction",
                                        "a string", "a list",        "an object"};
  return names[node.value.index()];
}

tl::expected<Node, std::vector<Error>> parse_tree(const Source& source) {
  const std::string_view text = source.text();
  if (auto refused = explain_unreadable_text(source)) {
    return tl::unexpected(std::vector{std::move(*refused)});
  }
  Builder builder(source);
  const bool whole = nlohmann::json::sax_parse(
      CountingIterator(text.data(), builder.reached()),
      CountingIterator(text.data() + text.size(), builder.reached()), &builder,
      nlohmann::json::input_format_t::json, /*strict=*/true, /*ignore_comments=*/true);
  if (!whole || !builder.errors.empty()) return tl::unexpected(std::move(builder.errors));
  return std::move(builder.root);
}

}  // namespace wireproof::scenario
