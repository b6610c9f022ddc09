// wireproof list: the cases that a path holds.
#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "cli/command.h"
#include "cli/layout.h"
#include "cli/selection.h"
#include "reports/json_writer.h"
#include "reports/style.h"
#include "reports/utf8.h"

namespace wireproof::cli {
namespace {

struct ListRequest {
  SelectionRequest selection;
  std::string colour = "auto";
  std::string json;
};

std::string as_json(const Selection& selection) {
  std::string text;
  report::JsonWriter json(text);
  const auto member = [&](std::string_view key, std::string_view value) {
    json.key(key);
    json.string(value);
  };
  json.begin_object();
  json.key("cases");
  json.begin_array();
  for (const scenario::Case& one : selection.cases) {
    json.item();
    json.begin_object(true);
    member("id", one.id);
    member("title", one.title);
    member("transport", scenario::name(one.transport));
    member("family", scenario::name(one.family));
    member("topology", lab::name(one.topology));
    json.key("tags");
    json.begin_array();
    for (const std::string& tag : one.tags) {
      json.item();
      json.string(tag);
    }
    json.end_array();
    json.key("parameters");
    json.begin_object();
    for (const auto& [key, value] : one.parameters) {
      json.hostile_key(key);
      json.string(value);
    }
    json.end_object();
    json.key("expected_failures");
    json.begin_array();
    for (const auto& failure : one.expected_failures) {
      json.item();
      json.string(failure.rule);
    }
    json.end_array();
    member("scenario_file", one.position.file);
    json.key("scenario_line");
    json.number(one.position.line);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return text + '\n';
}

void print_columns(const Selection& selection, const report::Style& style, std::ostream& out) {
  std::size_t id_columns = 0;
  for (const scenario::Case& one : selection.cases) {
    id_columns = std::max(id_columns, report::display_width(style.safe(one.id)));
  }
  // Ids are never cut: they are there to be copied.
  const std::size_t left = style.width() > id_columns + 2 ? style.width() - id_columns - 2 : 0;
  for (const scenario::Case& one : selection.cases) {
    std::string tags;
    for (const std::string& tag : one.tags) tags += (tags.empty() ? "[" : " ") + style.safe(tag);
    if (!tags.empty()) tags += "]";
    std::string line = style.paint(
        report::Tone::strong, report::padded(style.safe(one.id, 1000), left > 20 ? id_columns : 0));
    if (left > 20) {
      const std::string title = style.shorten(style.safe(one.title), left);
      line += "  " + title;
      if (report::display_width(title) + 2 + report::display_width(tags) <= left) {
        line += "  " + style.paint(report::Tone::dim, tags);
      }
    }
    out << line << '\n';
  }
  out << style.paint(report::Tone::dim, report::counted(selection.cases.size(), "case")) << '\n';
}

}  // namespace

void add_list_command(CLI::App& program, Console& console, Chosen& chosen) {
  auto request = std::make_shared<ListRequest>();
  CLI::App* command = program.add_subcommand("list", "list the cases of scenarios");
  command->add_option("PATH", request->selection.paths, "files or folders (default: the shipped)")
      ->option_text("");
  command
      ->add_option("--filter", request->selection.filter,
                   "cases by id, tag, parameter; ! leaves out")
      ->option_text("WORDS");
  add_json_option(*command, request->json);
  add_colour_option(*command, request->colour);
  command->footer(
      examples("wireproof list --filter 'udp ipv6'", "wireproof list my-scenario.json"));
  command->callback([=, &console, &chosen] {
    chosen = [=, &console] {
      const Selection selection = select_cases(request->selection, find_layout(this_program()));
      if (!request->json.empty()) {
        write_json(as_json(selection), request->json, console);
      } else {
        const report::TextOptions options = text_options(console, request->colour);
        print_columns(selection, report::Style(options), console.out);
      }
      return exit_status::passed;
    };
  });
}

}  // namespace wireproof::cli
