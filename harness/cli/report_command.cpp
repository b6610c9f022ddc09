// wireproof report: a report again, in other forms.
#include <filesystem>

#include "base/atomic_file.h"
#include "cli/case_choice.h"
#include "cli/command.h"
#include "cli/report_outputs.h"
#include "reports/mermaid.h"
#include "reports/report.h"

namespace wireproof::cli {
namespace {

struct ReportRequest {
  std::string report = "wireproof-results", one;
  std::vector<std::string> beside;
  std::uint64_t connection = 0;
  ReportOutputs outputs;
};

// Of the case that was asked for, in place of the one that the report's writers choose.
void write_mermaid(const ReportRequest& request, const report::RunReport& run, Console& console) {
  const report::CaseReport& one = find_case(run, request.one);
  std::uint64_t connection = request.connection;
  if (connection != 0) {
    check_connection(one, connection);
  } else if (const auto choice = report::choose_for_mermaid(one)) {
    connection = choice->connection;
  } else {
    throw UsageError("the case has no packets", "`wireproof show` has what it did");
  }
  const std::string text = report::to_mermaid(one, connection);
  if (request.outputs.mermaid == "-") {
    console.out << text << std::flush;
  } else {
    write_file_atomically(request.outputs.mermaid, text);
  }
}

int report_command(ReportRequest request, Console& console) {
  if (!request.outputs.any()) {
    throw UsageError("no form is asked for", "--html FILE, for example: see the others in --help");
  }
  if (!request.one.empty() && request.outputs.mermaid.empty()) {
    throw UsageError("--case and --connection choose what --mermaid draws", "add --mermaid FILE");
  }
  if (request.connection != 0 && request.one.empty()) {
    throw UsageError("--connection needs --case", "connections are numbered within their case");
  }
  if (!request.beside.empty() && request.outputs.html.empty()) {
    throw UsageError("--beside is for the HTML report", "add --html FILE");
  }
  check_outputs(request.outputs);
  for (const std::string& path : request.beside) {
    auto other = report::read_report(path);
    if (!other) throw UsageError(other.error().message, other.error().hint);
    request.outputs.beside.push_back({path, std::move(*other)});
  }
  const auto run = report::read_report(request.report);
  if (!run) throw UsageError(run.error().message, run.error().hint);
  if (!request.one.empty()) {
    write_mermaid(request, *run, console);
    request.outputs.mermaid.clear();
  }
  const bool written =
      write_outputs(request.outputs, *run, results_folder_of(request.report), console);
  return written ? exit_status::passed : exit_status::cannot_run;
}

}  // namespace

void add_report_command(CLI::App& program, Console& console, Chosen& chosen) {
  auto request = std::make_shared<ReportRequest>();
  CLI::App* command = program.add_subcommand("report", "a report again, in other forms");
  command->add_option("REPORT", request->report, "report.json or its folder (wireproof-results)")
      ->option_text("");
  add_output_options(*command, request->outputs);
  command
      ->add_option("--beside", request->beside,
                   "a run whose loads --html lays over these; repeatable")
      ->option_text("REPORT")
      ->take_all();
  command->add_option("--case", request->one, "the case that --mermaid draws")->option_text("CASE");
  command->add_option("--connection", request->connection, "and which connection of it")
      ->option_text("N");
  command->footer(examples("wireproof report --html report.html --junit junit.xml",
                           "wireproof report ci/report.json --markdown - >> summary.md"));
  command->callback([=, &console, &chosen] {
    chosen = [=, &console] { return report_command(*request, console); };
  });
}

}  // namespace wireproof::cli
