#include "cli/report_outputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <ostream>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "reports/html.h"
#include "reports/json.h"
#include "reports/junit.h"
#include "reports/markdown.h"
#include "reports/mermaid.h"
#include "reports/openmetrics.h"
#include "reports/text.h"

namespace wireproof::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t forms = 7;

std::array<const std::string*, forms> all(const ReportOutputs& outputs) {
  return {&outputs.json,        &outputs.html,    &outputs.junit, &outputs.markdown,
          &outputs.openmetrics, &outputs.mermaid, &outputs.text};
}

// The results folder as seen from the folder of `file`.
std::string seen_from(const std::string& file, const fs::path& results) {
  if (file == "-") return fs::absolute(results).string();
  const fs::path folder = fs::absolute(file).lexically_normal().parent_path();
  const fs::path path = fs::absolute(results).lexically_normal().lexically_relative(folder);
  return path.empty() ? fs::absolute(results).string() : path.string();
}

// Plain text of all that did not pass and of loads, under the summary that a terminal shows.
std::string plain_text(const report::RunReport& run, const fs::path& results) {
  report::TextOptions options;
  options.width = 100;
  options.results = results.string();
  std::string text = report::summary_text(run, options);
  for (const report::CaseReport& one : run.cases) {
    const bool plain =
        one.status == report::Status::passed || one.status == report::Status::skipped;
    if (plain && !one.load) continue;
    text += "\n" + report::case_text(one, options);
  }
  return text;
}

std::string mermaid_of(const report::RunReport& run) {
  const auto choice = report::choose_for_mermaid(run);
  if (choice) return report::to_mermaid(*choice->one, choice->connection);
  return "sequenceDiagram\n  participant C as client\n  participant S as server\n"
         "  Note over C,S: this report holds no packets\n";
}

}  // namespace

bool ReportOutputs::any() const {
  const auto options = all(*this);
  return std::any_of(options.begin(), options.end(),
                     [](const auto* file) { return !file->empty(); });
}

std::vector<std::string> ReportOutputs::files() const {
  std::vector<std::string> named;
  for (const std::string* file : all(*this)) {
    if (!file->empty() && *file != "-") named.push_back(*file);
  }
  return named;
}

bool ReportOutputs::to_standard_output() const {
  const auto options = all(*this);
  return std::any_of(options.begin(), options.end(), [](const auto* file) { return *file == "-"; });
}

void add_output_options(CLI::App& command, ReportOutputs& outputs) {
  const auto form = [&](const char* name, std::string& file, const char* what) {
    return command.add_option(name, file, what)->option_text("FILE");
  };
  form("--json", outputs.json, "the report as JSON, also here; - is stdout, as for all");
  form("--html", outputs.html, "as one page that needs nothing else")
      ->check([](const std::string&) {
        return report::has_viewer() ? std::string()
                                    : std::string(
                                          "this wireproof was built without Node.js, and "
                                          "so without the HTML report");
      });
  form("--junit", outputs.junit, "as JUnit XML, for CI systems");
  form("--markdown", outputs.markdown, "as Markdown, for a job's summary");
  form("--openmetrics", outputs.openmetrics, "as OpenMetrics text, for Prometheus");
  form("--mermaid", outputs.mermaid, "a connection as a Mermaid sequence diagram");
  form("--text", outputs.text, "as plain text");
}

void check_outputs(const ReportOutputs& outputs) {
  std::vector<std::string> named;
  for (const std::string* file : all(outputs)) {
    if (!file->empty()) named.push_back(fs::path(*file).lexically_normal().string());
  }
  std::sort(named.begin(), named.end());
  const auto twice = std::adjacent_find(named.begin(), named.end());
  if (twice == named.end()) return;
  throw UsageError("two forms of the report are to go to " +
                       (*twice == "-" ? "standard output" : wireproof::quoted(*twice)),
                   "give each a file of its own");
}

void try_outputs(const ReportOutputs& outputs) {
  for (const std::string& file : outputs.files()) try_to_write(file);
}

bool write_outputs(const ReportOutputs& outputs, const report::RunReport& run,
                   const fs::path& results, Console& console) {
  bool all_written = true;
  const auto write = [&](const std::string& file, const std::function<std::string()>& content) {
    if (file.empty()) return;
    if (file == "-") {
      console.out << content() << std::flush;
      return;
    }
    try {
      write_file_atomically(file, content());
    } catch (const SystemError& error) {
      console.err << "wireproof: " << printable(error.what(), 2000) << '\n';
      all_written = false;
    }
  };
  write(outputs.json, [&] { return report::to_json(run); });
  write(outputs.html,
        [&] { return report::to_html(run, seen_from(outputs.html, results), outputs.beside); });
  write(outputs.junit, [&] { return report::to_junit(run, results.string()); });
  write(outputs.markdown, [&] { return report::to_markdown(run); });
  write(outputs.openmetrics, [&] { return report::to_openmetrics(run); });
  write(outputs.mermaid, [&] { return mermaid_of(run); });
  write(outputs.text, [&] { return plain_text(run, results); });
  return all_written;
}

}  // namespace wireproof::cli
