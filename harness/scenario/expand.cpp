#include "scenario/expand.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace wireproof::scenario {
namespace {

constexpr std::string_view opening = "${";

}  // namespace

std::size_t Expander::place_of(const Node& node, std::string_view reference) const {
  const std::size_t found = errors_.source().text().find(reference, node.offset);
  return found != std::string_view::npos && found - node.offset <= 2 * node.string()->size() + 1
             ? found
             : node.offset;
}

const Node* Expander::lookup(std::string_view name, std::size_t offset) {
  const std::size_t dot = name.find('.');
  const std::string_view head = name.substr(0, dot);
  const Variable* variable = matrix_.find(head);
  if (!variable) {
    const auto names = matrix_.names();
    errors_.add(offset, fmt::format("unknown variable {}", wireproof::quoted(head)),
                names.empty() ? "there is no matrix; a literal \"${\" is written \"$${\""
                              : name_hint(head, names));
    return nullptr;
  }
  usage_.emplace(head);
  const Choice& choice =
      combination_[static_cast<std::size_t>(variable - matrix_.variables.data())];
  if (dot == std::string_view::npos) {
    return choice.value->object() ? choice.value->find("name") : choice.value;
  }
  const std::string_view member = name.substr(dot + 1);
  usage_.emplace(name);
  const Node* found = choice.value->find(member);
  if (!found) {
    std::vector<std::string_view> names;
    if (const Node::Object* members = choice.value->object()) {
      for (const Member& one : *members) names.push_back(one.key);
    }
    errors_.add(
        offset,
        fmt::format("value {} of \"{}\" has no {}", wireproof::quoted(choice.label), head,
                    wireproof::quoted(member)),
        names.empty() ? "only values that are objects have members" : name_hint(member, names));
  }
  return found;
}

Node Expander::expand_string(const Node& node) {
  const std::string& text = *node.string();
  const Node poison{nullptr, node.offset, true};
  std::string out;
  std::size_t at = 0;
  while (true) {
    const std::size_t begin = text.find(opening, at);
    out.append(text, at, begin == std::string::npos ? begin : begin - at);
    if (begin == std::string::npos) break;
    if (begin > at && text[begin - 1] == '$') {  // "$${" is "${"
      out.pop_back();
      out += opening;
      at = begin + opening.size();
      continue;
    }
    const std::size_t end = text.find('}', begin);
    const std::string_view reference =
        std::string_view(text).substr(begin, end == std::string::npos ? end : end - begin);
    const std::size_t place = place_of(node, reference);
    if (end == std::string::npos) {
      errors_.add(place, "\"${\" without '}'", "close the name; a literal \"${\" is \"$${\"");
      return poison;
    }
    if (in_value_) {
      usage_.emplace(reference.substr(opening.size(), reference.find('.') - opening.size()));
      errors_.add(place, "a matrix value uses a variable",
                  "values are taken as they are: put the values together in one object");
      return poison;
    }
    const Node* found = lookup(reference.substr(opening.size()), place);
    if (!found) return poison;
    in_value_ = true;
    Node value = expand(*found);
    in_value_ = false;
    value.substituted = true;
    if (begin == 0 && end + 1 == text.size()) return value;  // the value itself, of its own type
    if (value.poisoned) return poison;
    const auto inserted = scalar_text(value);
    if (!inserted) {
      errors_.add(
          place,
          fmt::format("{} inside text is {}", reference.substr(opening.size()), kind_name(value)),
          "a list or an object takes a string's whole place: \"${name}\"");
      return poison;
    }
    out += *inserted;
    at = end + 1;
  }
  return Node{std::move(out), node.offset};
}

Node::List Expander::expand_list(const Node::List& list) {
  Node::List out;
  for (const Node& entry : list) {
    if (const Node* when = in_value_ ? nullptr : entry.find("when")) {
      if (matrix_.variables.empty()) {
        errors_.add(when->offset, "\"when\" without a matrix",
                    "it names the matrix's variables: add \"matrix\", or remove it");
      } else {
        const bool wanted = holds({when, "\"when\""}, matrix_, combination_, errors_);
        if (const Node::Object* members = when->object()) {
          for (const Member& member : *members) usage_.emplace(member.key);
        }
        if (!wanted) continue;
      }
    }
    Node value = expand(entry);
    // A list put in for one entry of a list: its entries take that one's place.
    if (auto* inner = std::get_if<Node::List>(&value.value); inner && entry.string()) {
      std::ranges::move(*inner, std::back_inserter(out));
      continue;
    }
    if (auto* members = std::get_if<Node::Object>(&value.value); members && entry.object()) {
      std::erase_if(*members, [](const Member& member) { return member.key == "when"; });
    }
    out.push_back(std::move(value));
  }
  return out;
}

Node Expander::expand(const Node& node, bool top) {
  if (node.string())
    return node.string()->find(opening) == std::string::npos ? node : expand_string(node);
  if (const Node::List* list = node.list()) return {expand_list(*list), node.offset};
  if (const Node::Object* members = node.object()) {
    Node::Object out;
    out.reserve(members->size());
    for (const Member& member : *members) {
      if (top && (member.key == "matrix" || member.key == "$schema")) continue;
      const bool condition = member.key == "when";  // was judged with its list
      out.push_back(
          {member.key, member.key_offset, condition ? member.value : expand(member.value)});
    }
    return {std::move(out), node.offset};
  }
  return node;
}

void check_usage(const Matrix& matrix, const Usage& usage, Errors& errors) {
  for (const Variable& variable : matrix.variables) {
    bool used = usage.contains(variable.name);
    for (const Choice& choice : variable.choices) {
      if (!choice.value->object()) continue;
      for (const Member& member : *choice.value->object()) {
        const std::string path = variable.name + "." + member.key;
        if (usage.contains(path)) continue;
        if (member.key == "name" || !used) continue;
        errors.add(member.key_offset, fmt::format("nothing uses ${{{}}}", path),
                   "use it, or remove it");
      }
    }
    if (!used) {
      errors.add(variable.offset, fmt::format("nothing uses the variable \"{}\"", variable.name),
                 fmt::format("use ${{{}}} somewhere, or remove it", variable.name));
    }
  }
}

}  // namespace wireproof::scenario
