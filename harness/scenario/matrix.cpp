#include "scenario/matrix.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace wireproof::scenario {
namespace {

constexpr std::size_t longest_label = 60;

bool is_name(std::string_view text) {
  const auto inner = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && text[0] >= 'a' && text[0] <= 'z' && std::ranges::all_of(text, inner);
}

bool is_label(std::string_view text) {
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-:";
  return !text.empty() && text.size() <= longest_label &&
         text.find_first_not_of(allowed) == std::string_view::npos;
}

std::optional<Choice> read_choice_value(const Node& node, const std::string& variable,
                                        Errors& errors) {
  const Node* labelled = &node;
  if (node.object()) {
    labelled = node.find("name");
    if (!labelled || !labelled->string()) {
      errors.add(node.offset, fmt::format("a value of \"{}\" has no name", variable),
                 "give the object a \"name\": it stands in the case's id");
      return std::nullopt;
    }
    for (const Member& member : *node.object()) {
      if (is_name(member.key)) continue;
      errors.add(member.key_offset,
                 fmt::format("{} is no variable's name", wireproof::quoted(member.key)),
                 "small letters, digits and '_', a letter first");
    }
  }
  const auto label = scalar_text(*labelled);
  if (!label) {
    errors.add(node.offset, fmt::format("a value of \"{}\" is {}", variable, kind_name(node)),
               "write {\"name\": \"...\", \"value\": ...} and use ${" + variable + ".value}");
    return std::nullopt;
  }
  if (!is_label(*label)) {
    errors.add(labelled->offset,
               fmt::format("{} cannot stand in a case's id", wireproof::quoted(*label)),
               "letters, digits and . _ + - : only, at most 60; or an object with a \"name\"");
    return std::nullopt;
  }
  return Choice{*label, &node};
}

Variable read_variable(const Member& member, Errors& errors) {
  Variable variable{member.key, member.key_offset, {}};
  if (!is_name(member.key)) {
    errors.add(member.key_offset,
               fmt::format("{} is no variable's name", wireproof::quoted(member.key)),
               "small letters, digits and '_', a letter first");
  }
  const Field field{&member.value, wireproof::quoted(member.key)};
  const auto entries = read_list(field, errors);
  if (entries.empty() && member.value.list()) {
    errors.add(member.value.offset, fmt::format("\"{}\" has no values", member.key),
               "give at least one, or remove the variable");
  }
  for (const Field& entry : entries) {
    auto choice = read_choice_value(*entry.node, member.key, errors);
    if (!choice) continue;
    if (std::ranges::find(variable.choices, choice->label, &Choice::label) !=
        variable.choices.end()) {
      errors.add(entry.offset(),
                 fmt::format("\"{}\" has the value {} twice", member.key,
                             wireproof::quoted(choice->label)),
                 "two cases would have one id: rename or remove it");
      continue;
    }
    variable.choices.push_back(std::move(*choice));
  }
  return variable;
}

std::vector<Combination> cross_product(const std::vector<Variable>& variables) {
  std::vector<Combination> product{{}};
  for (const Variable& variable : variables) {
    std::vector<Combination> longer;
    for (const Combination& shorter : product) {
      for (const Choice& choice : variable.choices) {
        longer.push_back(shorter);
        longer.back().push_back(choice);
      }
    }
    product = std::move(longer);
  }
  return product;
}

bool same_labels(const Combination& a, const Combination& b) {
  return std::ranges::equal(a, b, {}, &Choice::label, &Choice::label);
}

// An entry of "include": a value for each variable.
void include(const Field& field, Matrix& matrix, Errors& errors) {
  const auto names = matrix.names();
  const Object entry(field, names, errors);
  if (!entry.valid()) return;
  Combination combination;
  for (Variable& variable : matrix.variables) {
    const Field value = entry.require(variable.name, "an entry of \"include\" names all variables");
    if (!value) return;
    auto choice = read_choice_value(*value.node, variable.name, errors);
    if (!choice) return;
    combination.push_back(*choice);
    // A plain name stands for the object of that name in the variable's list.
    const auto known = std::ranges::find(variable.choices, choice->label, &Choice::label);
    if (known == variable.choices.end()) {
      variable.choices.push_back(*choice);
    } else if (!value.node->object()) {
      combination.back() = *known;
    }
  }
  if (std::ranges::any_of(matrix.combinations, [&](const Combination& other) {
        return same_labels(combination, other);
      })) {
    errors.add(field.offset(), "this combination is there already",
               "two cases would have one id: remove it");
    return;
  }
  matrix.combinations.push_back(std::move(combination));
}

void exclude(const Field& condition, Matrix& matrix, Errors& errors) {
  const std::size_t before = matrix.combinations.size();
  const std::size_t errors_before = errors.count();
  std::erase_if(matrix.combinations, [&](const Combination& combination) {
    return holds(condition, matrix, combination, errors);
  });
  if (errors.count() == errors_before && matrix.combinations.size() == before) {
    errors.add(condition.offset(), "this excludes nothing", "remove it, or mend its values");
  }
}

}  // namespace

const Variable* Matrix::find(std::string_view name) const {
  const auto found = std::ranges::find(variables, name, &Variable::name);
  return found == variables.end() ? nullptr : &*found;
}

std::vector<std::string_view> Matrix::names() const { return names_of(variables); }

Matrix read_matrix(const Node* node, Errors& errors) {
  const std::size_t errors_before = errors.count();
  Matrix matrix;
  matrix.combinations.emplace_back();
  if (!node) return matrix;
  const Node::Object* members = node->object();
  if (!members) {
    wrong_type({node, "\"matrix\""}, "an object", "as in {\"family\": [\"ipv4\", \"ipv6\"]}",
               errors);
    return matrix;
  }
  double product = 1;
  for (const Member& member : *members) {
    if (member.key == "include" || member.key == "exclude") continue;
    matrix.variables.push_back(read_variable(member, errors));
    product *= static_cast<double>(matrix.variables.back().choices.size());
  }
  if (matrix.variables.empty()) {
    errors.add(node->offset, "the matrix has no variables",
               "as in {\"family\": [\"ipv4\", \"ipv6\"]}; or remove it");
    return matrix;
  }
  if (product > static_cast<double>(most_cases)) {
    errors.add(node->offset, fmt::format("the matrix makes {:.0f} cases", product),
               fmt::format("a file has at most {}: split it", most_cases));
    return matrix;
  }
  matrix.combinations = cross_product(matrix.variables);
  if (const Node* list = node->find("exclude")) {
    for (const Field& entry : read_list({list, "\"exclude\""}, errors))
      exclude(entry, matrix, errors);
  }
  if (const Node* list = node->find("include")) {
    for (const Field& entry : read_list({list, "\"include\""}, errors))
      include(entry, matrix, errors);
  }
  if (matrix.combinations.empty() && errors.count() == errors_before) {
    errors.add(node->offset, "the matrix leaves no case", "\"exclude\" removes them all");
  }
  return matrix;
}

bool holds(const Field& condition, const Matrix& matrix, const Combination& combination,
           Errors& errors) {
  const auto names = matrix.names();
  const Object object(condition, names, errors);
  if (!object.valid()) return false;
  if (condition.node->object()->empty()) {
    errors.add(condition.offset(), "an empty condition", "as in {\"family\": \"ipv6\"}");
  }
  bool all = true;
  for (std::size_t i = 0; i < matrix.variables.size(); ++i) {
    const Variable& variable = matrix.variables[i];
    const Field field = object.get(variable.name);
    if (!field) continue;
    const std::vector<Field> wanted =
        field.node->list() ? read_list(field, errors) : std::vector{field};
    bool any = false;
    for (const Field& entry : wanted) {
      const auto label = scalar_text(*entry.node);
      const auto labels = [&] {
        std::vector<std::string_view> all_labels;
        for (const Choice& choice : variable.choices) all_labels.push_back(choice.label);
        return all_labels;
      };
      if (!label) {
        wrong_type(entry, "a value's name", "as in {\"family\": \"ipv6\"}", errors);
      } else if (std::ranges::find(variable.choices, *label, &Choice::label) ==
                 variable.choices.end()) {
        errors.add(entry.offset(),
                   fmt::format("\"{}\" has no value {}", variable.name, wireproof::quoted(*label)),
                   name_hint(*label, labels()));
      } else if (i < combination.size() && combination[i].label == *label) {
        any = true;
      }
    }
    all = all && any;
  }
  return all;
}

}  // namespace wireproof::scenario
