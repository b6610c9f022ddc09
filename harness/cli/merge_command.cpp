// wireproof merge: reports of shards joined to the report that one run would have written.
#include <fmt/format.h>

#include <filesystem>
#include <ostream>

#include "base/text.h"
#include "cli/command.h"
#include "cli/report_outputs.h"
#include "cli/runs.h"
#include "reports/context.h"
#include "reports/merge.h"
#include "reports/report.h"
#include "reports/style.h"
#include "reports/text.h"

namespace wireproof::cli {
namespace {

namespace fs = std::filesystem;

struct MergeRequest {
  std::vector<std::string> reports;
  std::string out = "wireproof-results", history, colour = "auto";
  ReportOutputs outputs;
  bool partial = false, strict = false;
};

// The folder that a report's case folders stand in.
fs::path folder_of(const std::string& report) {
  std::error_code failure;
  if (fs::is_directory(report, failure)) return report;
  const fs::path parent = fs::path(report).parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

// The results folder is emptied before it is filled: none of the parts may be it.
void refuse_own_parts(const MergeRequest& request) {
  std::error_code failure;
  for (const std::string& report : request.reports) {
    if (!fs::equivalent(folder_of(report), request.out, failure)) continue;
    throw UsageError(printable(report) + " is in the folder that the merged report goes to",
                     "name another folder with --out");
  }
}

int merge_command(const MergeRequest& request, Console& console) {
  check_outputs(request.outputs);
  std::vector<report::NamedReport> parts;
  for (const std::string& path : request.reports) {
    auto run = report::read_report(path);
    if (!run) throw UsageError(run.error().message, run.error().hint);
    parts.push_back({path, std::move(*run)});
  }
  std::vector<std::pair<report::RunReport, fs::path>> folders;
  for (const report::NamedReport& part : parts) {
    report::RunReport only_folders;
    for (const report::CaseReport& one : part.run.cases) {
      only_folders.cases.emplace_back().folder = one.folder;
    }
    folders.emplace_back(std::move(only_folders), folder_of(part.name));
  }
  auto merged = report::merge(std::move(parts), request.partial);
  if (!merged) throw UsageError(merged.error().message, merged.error().hint);
  merged->context.command_line = report::shell_quoted({console.argv, console.argv + console.argc});

  refuse_own_parts(request);
  const auto prepared = report::prepare_folder(request.out);
  if (!prepared) throw UsageError(prepared.error().message, prepared.error().hint);
  std::size_t missing = 0;
  for (const auto& [run, folder] : folders) {
    missing += report::copy_case_folders(run, folder, request.out);
  }
  report::write_report(request.out, *merged);
  const bool written = write_outputs(request.outputs, *merged, request.out, console);
  if (const std::string file = history_file(request.history, console); !file.empty()) {
    add_to_history(file, *merged, request.out);
  }
  if (missing > 0) {
    console.err << "wireproof: the folders of " << report::counted(missing, "case")
                << " are not beside their report: captures and outputs are missing\n";
  }
  if (!request.outputs.to_standard_output()) {
    report::TextOptions options = text_options(console, request.colour);
    options.results = request.out;
    console.out << report::summary_text(*merged, options);
  }
  return written ? report::exit_status(*merged, request.strict) : exit_status::cannot_run;
}

}  // namespace

void add_merge_command(CLI::App& program, Console& console, Chosen& chosen) {
  auto request = std::make_shared<MergeRequest>();
  CLI::App* command = program.add_subcommand("merge", "join the reports of shards");
  command->add_option("REPORT", request->reports, "report.json files or their folders")
      ->option_text("...")
      ->required();
  command->add_option("--out", request->out, "results folder (wireproof-results)")
      ->option_text("DIR");
  command->add_flag("--partial", request->partial, "also where shards are missing");
  command->add_flag("--strict", request->strict, "should-rules fail too");
  add_output_options(*command, request->outputs);
  add_history_option(*command, request->history);
  add_colour_option(*command, request->colour);
  command->footer(
      "Shards are made by `wireproof run --shard 1/2 --out shard-1` and the like.\n"
      "Exit status: as the whole run's would be.\n\n" +
      examples("wireproof merge shard-1 shard-2",
               "wireproof merge shard-1 shard-2 --out wireproof-results"));
  command->callback([=, &console, &chosen] {
    chosen = [=, &console] { return merge_command(*request, console); };
  });
}

}  // namespace wireproof::cli
