// wireproof history: the runs of a history, the course of a figure, and reports put into it.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/runs.h"
#include "reports/history/course.h"
#include "reports/report.h"
#include "reports/style.h"

namespace wireproof::cli {
namespace {

struct HistoryRequest {
  std::string file, one, figure, json, html, colour = "auto";
  std::vector<std::string> reports;
  std::size_t last = 200;
  bool changes = false;
};

int add_reports(const HistoryRequest& request, const std::string& file, Console& console) {
  // All are read before the first is added.
  std::vector<compare::RunDigest> runs;
  for (const std::string& path : request.reports) {
    const auto run = report::read_report(path);
    if (!run) throw UsageError(run.error().message, run.error().hint);
    runs.push_back(compare::digest_of(*run, path));
  }
  std::error_code failure;
  const bool is_new = !std::filesystem::exists(file, failure);
  history::History history = open_history(file, true);
  std::size_t known = 0;
  try {
    for (const compare::RunDigest& run : runs) known += history.add(run) ? 0 : 1;
  } catch (const SystemError&) {
    // A full disk, say: no history of nothing is left.
    if (is_new && history.runs().empty()) std::filesystem::remove(file, failure);
    throw;
  }
  console.out << report::counted(runs.size() - known, "run") << " added to " << printable(file);
  if (known > 0) console.out << fmt::format(", {} there already", known);
  console.out << '\n';
  return exit_status::passed;
}

const compare::Figure* figure_of(const std::string& name) {
  if (name.empty()) return nullptr;
  const compare::Figure* figure = compare::find_figure(name);
  if (figure != nullptr) return figure;
  const std::string near = nearest(name, compare::figure_names());
  throw UsageError("there is no figure " + quoted(name),
                   near.empty()
                       ? fmt::format("there are {}", fmt::join(compare::figure_names(), ", "))
                       : "did you mean " + near + "?");
}

// The courses that are asked for; refused with a near name where there are none.
std::vector<history::Course> courses_of(const HistoryRequest& request,
                                        const history::History& history) {
  history::CourseRequest wanted;
  wanted.case_part = request.one;
  wanted.figure = figure_of(request.figure);
  wanted.last = request.last;
  std::vector<history::Course> courses = history::courses(history, wanted);
  if (courses.empty() && !request.one.empty()) {
    const std::string near = nearest(request.one, history.case_ids());
    throw UsageError("no figure of a case " + quoted(request.one) + " is in the history",
                     near.empty() ? "" : "did you mean " + printable(near) + "?");
  }
  // A whole id means that case and no other.
  const auto exact = [&](const history::Course& each) { return each.case_id == request.one; };
  if (std::any_of(courses.begin(), courses.end(), exact)) {
    std::erase_if(courses, [&](const history::Course& each) { return !exact(each); });
  }
  return courses;
}

int history_command(const HistoryRequest& request, Console& console) {
  const std::string file = history_file(request.file, console);
  if (file.empty()) {
    throw UsageError("which history?", "name it: --history FILE, or WIREPROOF_HISTORY");
  }
  if (!request.reports.empty()) return add_reports(request, file, console);
  const history::History history = open_history(file, false);
  const std::vector<history::RunEntry> runs = history.runs();
  const report::TextOptions options = text_options(console, request.colour);
  const bool written = !request.json.empty() || !request.html.empty();
  if (request.one.empty() && !request.changes && !written && request.figure.empty()) {
    console.out << history::runs_text(runs, request.last, options);
    return exit_status::passed;
  }
  const std::vector<history::Course> courses = courses_of(request, history);
  if (!request.html.empty()) {
    write_file_atomically(request.html, history::to_html(courses, runs));
  }
  if (!request.json.empty()) write_json(history::to_json(courses, runs), request.json, console);
  if (written) return exit_status::passed;
  if (request.changes || request.one.empty()) {
    console.out << history::changes_text(courses, runs, options);
    return exit_status::passed;
  }
  for (std::size_t i = 0; i < courses.size(); ++i) {
    console.out << (i == 0 ? "" : "\n") << history::course_text(courses[i], runs, options);
  }
  return exit_status::passed;
}

}  // namespace

void add_history_command(CLI::App& program, Console& console, Chosen& chosen) {
  auto request = std::make_shared<HistoryRequest>();
  CLI::App* command = program.add_subcommand("history", "runs over time, and figures' courses");
  command->add_option("CASE", request->one, "the course of this case's figures; a part will do")
      ->option_text("");
  command->add_option("FIGURE", request->figure, "one of them, as compare --help lists them")
      ->option_text("");
  add_history_option(*command, request->file);
  command->add_option("--add", request->reports, "put reports in, as run --history does")
      ->option_text("REPORT ...");
  command->add_flag("--changes", request->changes, "only where a figure's course changed");
  command->add_option("--last", request->last, "of so many runs (200)")
      ->option_text("N")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1000}));
  command->add_option("--html", request->html, "the trends as a page")->option_text("FILE");
  add_json_option(*command, request->json);
  add_colour_option(*command, request->colour);
  command->footer(examples("wireproof history --history runs.db",
                           "wireproof history --history runs.db tcp/exchange@ipv4 duration"));
  command->callback([=, &console, &chosen] {
    chosen = [=, &console] { return history_command(*request, console); };
  });
}

}  // namespace wireproof::cli
