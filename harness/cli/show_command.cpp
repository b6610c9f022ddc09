// wireproof show: a report in the terminal, or one of its cases with its ladder.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "base/text.h"
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

// The case of that id; else the only one whose id holds the word.
const report::CaseReport& find_case(const report::RunReport& run, const std::string& word) {
  std::vector<const report::CaseReport*> holding;
  std::vector<std::string> ids;
  for (const report::CaseReport& one : run.cases) {
    if (one.id == word) return one;
    if (one.id.find(word) != std::string::npos) holding.push_back(&one);
    ids.push_back(one.id);
  }
  if (holding.size() == 1) return *holding[0];
  constexpr std::size_t most = 5;
  std::string hint;
  for (std::size_t i = 0; i < std::min(holding.size(), most); ++i) {
    hint += (i == 0 ? "did you mean one of these?\n    " : "\n    ") + printable(holding[i]->id);
  }
  if (holding.size() > most) hint += fmt::format("\n    and {} others", holding.size() - most);
  if (holding.empty()) {
    const std::string near = nearest(word, ids);
    hint = near.empty() ? "`wireproof show REPORT --verbose` lists its cases"
                        : "did you mean " + printable(near) + "?";
  }
  throw UsageError(fmt::format("{} case {} in this report",
                               holding.empty() ? "no" : "more than one", quoted(word)),
                   hint);
}

int show_command(ShowRequest request, Console& console) {
  take_case_for_report(request);
  const auto run = report::read_report(request.report);
  if (!run) throw UsageError(run.error().message, run.error().hint);
  report::TextOptions options = text_options(console, request.colour);
  options.verbose = request.verbose;
  const std::filesystem::path path = request.report;
  std::error_code failure;
  options.results =
      std::filesystem::is_directory(path, failure) ? path.string() : path.parent_path().string();
  if (options.results.empty()) options.results = ".";
  while (options.results.size() > 1 && options.results.back() == '/') options.results.pop_back();
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
    const auto has = [&](const auto& list, auto index) {
      return std::any_of(list.begin(), list.end(),
                         [&](const auto& each) { return index(each) == request.connection; });
    };
    if (!has(one.connections, [](const auto& each) { return each.connection.index; }) &&
        !has(one.exchanges, [](const auto& each) { return each.index; })) {
      throw UsageError(
          fmt::format("the case has no connection {}", request.connection),
          fmt::format("the report holds {} of its connections", one.connections.size()));
    }
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
