#include "cli/comparison.h"

#include <ostream>
#include <utility>

#include "base/atomic_file.h"
#include "cli/command.h"
#include "reports/compare/writers.h"

namespace wireproof::cli {
namespace {

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

void add_comparison_options(CLI::App& command, ComparisonOutputs& outputs) {
  command
      .add_option("--fail-on", outputs.limits,
                  "as 'duration +10%', '+2ms', gone, should; repeatable")
      ->option_text("LIMIT")
      ->take_all();
  add_json_option(command, outputs.json);
  command.add_option("--markdown", outputs.markdown, "as Markdown; - is stdout")
      ->option_text("FILE");
  command.add_flag("--verbose", outputs.verbose, "every figure of every case");
  add_colour_option(command, outputs.colour);
}

std::string comparison_footer() {
  return figures_in_lines() +
         "Exit status: 0 no regression; 1 regression; 2 wrong usage, or limits that\n"
         "nothing could be held to.\n\n";
}

compare::Options read_comparison(const ComparisonOutputs& outputs) {
  compare::Options options;
  for (const std::string& text : outputs.limits) {
    auto limit = compare::read_limit(text);
    if (!limit) throw UsageError("--fail-on " + limit.error().message, limit.error().hint);
    options.limits.push_back(std::move(*limit));
  }
  if (outputs.json == "-" && outputs.markdown == "-") {
    throw UsageError("--json and --markdown both go to standard output",
                     "give one of them a file's name");
  }
  return options;
}

int tell_comparison(compare::RunDigest base, compare::RunDigest next,
                    const compare::Options& options, const ComparisonOutputs& outputs,
                    Console& console) {
  const compare::Comparison comparison =
      compare::compare(std::move(base), std::move(next), options);
  if (!outputs.json.empty()) write_json(compare::to_json(comparison), outputs.json, console);
  if (outputs.markdown == "-") {
    console.out << compare::to_markdown(comparison);
  } else if (!outputs.markdown.empty()) {
    write_file_atomically(outputs.markdown, compare::to_markdown(comparison));
  }
  if (outputs.json != "-" && outputs.markdown != "-") {
    report::TextOptions text = text_options(console, outputs.colour);
    text.verbose = outputs.verbose;
    console.out << compare::to_text(comparison, text);
  }
  if (comparison.regression()) return exit_status::failed;
  if (!comparison.blind.empty()) throw UsageError("--fail-on " + comparison.blind);
  return exit_status::passed;
}

}  // namespace wireproof::cli
