// wireproof rules: what is judged, and where it is written.
#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "base/text.h"
#include "cli/command.h"
#include "cli/rule_catalog.h"
#include "reports/json_writer.h"
#include "reports/style.h"

namespace wireproof::cli {
namespace {

struct RulesRequest {
  std::vector<std::string> words;
  std::string colour = "auto";
  std::string json;
};

std::string lowered(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
  });
  return lower;
}

// Every word is somewhere in the rule.
bool matches(const Rule& rule, const std::vector<std::string>& words) {
  const std::string text =
      lowered(fmt::format("{} {} {} {}", rule.id, name(rule.severity), rule.source, rule.title));
  return std::all_of(words.begin(), words.end(), [&](const std::string& word) {
    return text.find(lowered(word)) != std::string::npos;
  });
}

std::string as_json(const std::vector<Rule>& rules) {
  std::string text;
  report::JsonWriter json(text);
  json.begin_object();
  json.key("rules");
  json.begin_array();
  for (const Rule& rule : rules) {
    json.item();
    json.begin_object(true);
    const auto member = [&](std::string_view key, std::string_view value) {
      json.key(key);
      json.string(value);
    };
    member("id", rule.id);
    member("severity", name(rule.severity));
    member("source", rule.source);
    member("title", rule.title);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return text + '\n';
}

void print_text(const std::vector<Rule>& rules, const report::Style& style, std::ostream& out) {
  using report::Tone;
  for (const Rule& rule : rules) {
    const Tone tone = rule.severity == Severity::must     ? Tone::bad
                      : rule.severity == Severity::should ? Tone::warn
                                                          : Tone::dim;
    out << style.paint(tone, report::padded(name(rule.severity), 6)) << "  "
        << style.paint(Tone::strong, rule.id) << '\n'
        << style.entry(8, "", 0, rule.title) << style.entry(8, "", 0, rule.source, Tone::dim);
  }
  out << style.paint(Tone::dim, report::counted(rules.size(), "rule")) << '\n';
}

std::string nearest_part(const std::string& word, const std::vector<Rule>& rules) {
  std::vector<std::string> ids;
  for (const Rule& rule : rules) ids.emplace_back(rule.id);
  return nearest(word, ids);
}

int rules_command(const RulesRequest& request, Console& console) {
  const std::vector<Rule> all = all_rules();
  std::vector<Rule> wanted;
  std::copy_if(all.begin(), all.end(), std::back_inserter(wanted),
               [&](const Rule& rule) { return matches(rule, request.words); });
  if (wanted.empty()) {
    const std::string near = nearest_part(request.words[0], all);
    throw UsageError("no rule matches " + quoted(fmt::format("{}", fmt::join(request.words, " "))),
                     near.empty() ? "see `wireproof rules`" : "did you mean " + near + "?");
  }
  if (!request.json.empty()) {
    write_json(as_json(wanted), request.json, console);
  } else {
    const report::TextOptions options = text_options(console, request.colour);
    print_text(wanted, report::Style(options), console.out);
  }
  return exit_status::passed;
}

}  // namespace

void add_rules_command(CLI::App& program, Console& console, Chosen& chosen) {
  auto request = std::make_shared<RulesRequest>();
  CLI::App* command = program.add_subcommand("rules", "list the rules that are judged");
  command->add_option("WORD", request->words, "only rules with each of these words")
      ->option_text("");
  add_json_option(*command, request->json);
  add_colour_option(*command, request->colour);
  command->footer(examples("wireproof rules close", "wireproof rules 'RFC 5961' must"));
  command->callback([=, &console, &chosen] {
    chosen = [=, &console] { return rules_command(*request, console); };
  });
}

}  // namespace wireproof::cli
