// wireproof compare: two runs beside each other, and whether the new one is worse.
#include <fmt/format.h>

#include <filesystem>
#include <ostream>

#include "base/atomic_file.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/runs.h"
#include "reports/compare/compare.h"
#include "reports/compare/writers.h"

namespace wireproof::cli {
namespace {

struct CompareRequest {
  std::string base, next, history, json, markdown, colour = "auto";
  std::vector<std::string> limits;
  bool verbose = false;
};

int compare_command(const CompareRequest& request, Console& console) {
  compare::Options options;
  for (const std::string& text : request.limits) {
    auto limit = compare::read_limit(text);
    if (!limit) throw UsageError("--fail-on " + limit.error().message, limit.error().hint);
    options.limits.push_back(std::move(*limit));
  }
  if (request.json == "-" && request.markdown == "-") {
    throw UsageError("--json and --markdown both go to standard output",
                     "give one of them a file's name");
  }
  const compare::Comparison comparison =
      compare::compare(read_run(request.base, request.history, console),
                       read_run(request.next, request.history, console), options);
  if (!request.json.empty()) write_json(compare::to_json(comparison), request.json, console);
  if (request.markdown == "-") {
    console.out << compare::to_markdown(comparison);
  } else if (!request.markdown.empty()) {
    write_file_atomically(request.markdown, compare::to_markdown(comparison));
  }
  if (request.json != "-" && request.markdown != "-") {
    report::TextOptions text = text_options(console, request.colour);
    text.verbose = request.verbose;
    console.out << compare::to_text(comparison, text);
  }
  if (comparison.regression()) return exit_status::failed;
  // A gate that could judge nothing must not look open.
  if (!comparison.blind.empty()) throw UsageError("--fail-on " + comparison.blind);
  return exit_status::passed;
}

// The figures that limits may name, in lines of a help's width.
std::string figures_in_lines() {
  constexpr std::size_t most_columns = 78;
  std::string text, line = "Figures:";
  for (const std::string& name : compare::figure_names()) {
    if (line.size() + 2 + name.size() > most_columns) {
      text += line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + name;
  }
  return text + line + ".\n";
}

}  // namespace

void add_compare_command(CLI::App& program, Console& console, Chosen& chosen) {
  auto request = std::make_shared<CompareRequest>();
  CLI::App* command = program.add_subcommand("compare", "what changed between two runs");
  command
      ->add_option("BASE", request->base, "a run's folder, a folder of runs, or one of a history")
      ->option_text("")
      ->required();
  command->add_option("NEW", request->next, "the same")->option_text("")->required();
  command
      ->add_option("--fail-on", request->limits,
                   "as 'duration +10%', '+2ms', gone, should; repeatable")
      ->option_text("LIMIT")
      ->take_all();
  add_history_option(*command, request->history);
  add_json_option(*command, request->json);
  command->add_option("--markdown", request->markdown, "as Markdown; - is stdout")
      ->option_text("FILE");
  command->add_flag("--verbose", request->verbose, "every figure of every case");
  add_colour_option(*command, request->colour);
  command->footer(
      "Verdicts that got worse and must-rules newly broken are a regression always;\n"
      "a figure is past a limit only where its change is also proven: both runs need\n"
      "--repeat (20 is good).\n" +
      figures_in_lines() +
      "Exit status: 0 no regression; 1 regression; 2 wrong usage, or limits that\n"
      "nothing could be held to.\n\n" +
      examples("wireproof compare base-results wireproof-results",
               "wireproof compare main '#12' --history runs.db --fail-on 'duration +10%'"));
  command->callback([=, &console, &chosen] {
    chosen = [=, &console] { return compare_command(*request, console); };
  });
}

}  // namespace wireproof::cli
