#include "run/placeholders.h"

namespace wireproof::run {
namespace {

void fill(std::string& text, const Placeholders& values) { text = filled(std::move(text), values); }

void fill(scenario::Target& target, const Placeholders& values) {
  if (target.address) fill(*target.address, values);
  if (target.path) fill(*target.path, values);
}

struct Filler {
  const Placeholders& values;
  void operator()(scenario::step::Connect& step) const { fill(step.to, values); }
  void operator()(scenario::step::Bind& step) const { fill(step.at, values); }
  void operator()(scenario::step::Listen& step) const { fill(step.at, values); }
  void operator()(scenario::step::Send& step) const { fill(step.to_address, values); }
  void operator()(scenario::step::Chmod& step) const { fill(step.path, values); }
  void operator()(scenario::step::PathExists& step) const { fill(step.path, values); }
  void operator()(scenario::RepeatStep& step) const { fill_steps(step.steps, values); }
  template <typename Other>
  void operator()(Other&) const {}
};

}  // namespace

std::string filled(std::string text, const Placeholders& values) {
  for (const auto& [name, value] : values) {
    const std::string pattern = "{" + name + "}";
    for (std::size_t at = text.find(pattern); at != std::string::npos;
         at = text.find(pattern, at + value.size())) {
      text.replace(at, pattern.size(), value);
    }
  }
  return text;
}

void fill_steps(std::vector<scenario::Step>& steps, const Placeholders& values) {
  for (auto& step : steps) std::visit(Filler{values}, step.action);
}

}  // namespace wireproof::run
