// wireproof show: a report in the terminal, or one of its cases with its ladder.
#include <filesystem>
#include <ostream>

#include "cli/case_choice.h"
#include "cli/command.h"
#include "reports/report.h"
#include "reports/text.h"

namespace wireproof::cli {
namespace {

struct ShowRequest {
  std::string report = "wireproof-results", one;
  std::string colour = "auto";
  std::uint64_t connection = 0;
  bool verbose = false;
  std::string json;
};

// `wireproof show CASE` means the case in the default folder.
void take_case_for_report(ShowRequest& request) {
  const std::string& word = request.report;
  if (word.starts_with('/') || word.starts_with('.') || word.ends_with(".json")) return;
  std::error_code failure;
  if (!request.one.empty() || std::filesystem::exists(request.report, failure)) return;
  const std::filesystem::path usual = ShowRequest().report;
  if (!std::filesystem::exists(usual / report::report_file, failure)) return;
  request.one = request.report;
  request.report = usual.string();
}

int show_command(ShowRequest request, Console& console) {
  take_case_for_report(request);
  const auto run = report::read_report(request.report);
  if (!run) throw UsageError(run.error().message, run.error().hint);
  report::TextOptions options = text_options(console, request.colour);
  options.verbose = request.verbose;
  options.results = results_folder_of(request.report);
  if (request.one.empty()) {
    if (request.json.empty()) {
      console.out << report::summary_text(*run, options);
    } else {
      write_json(report::to_json(*run), request.json, console);
    }
    return exit_status::passed;
  }
  const report::CaseReport& one = find_case(*run, request.one);
  if (request.connection != 0) {
    options.connection = request.connection;
    check_connection(one, request.connection);
  }
  if (request.json.empty()) {
    console.out << report::case_text(one, options);
  } else {
    write_json(report::to_json(one), request.json, console);
  }
  return exit_status::passed;
}

}  // namespace

void add_show_command(CLI::App& program, Console& console, Chosen& chosen) {
  auto request = std::make_shared<ShowRequest>();
  CLI::App* command = program.add_subcommand("show", "show a report, or one case with its ladder");
  command->add_option("REPORT", request->report, "report.json or its folder (wireproof-results)")
      ->option_text("");
  command->add_option("CASE", request->one, "a case's id, or a part that only it has")
      ->option_text("");
  command->add_option("--connection", request->connection, "the ladder of this connection")
      ->option_text("N");
  command->add_flag("--verbose", request->verbose, "every case; all steps of one");
  add_json_option(*command, request->json);
  add_colour_option(*command, request->colour);
  command->footer(
      examples("wireproof show", "wireproof show wireproof-results tcp/close/client-first@ipv4"));
  command->callback([=, &console, &chosen] {
    chosen = [=, &console] { return show_command(*request, console); };
  });
}

}  // namespace wireproof::cli
