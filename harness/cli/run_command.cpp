// wireproof run: everything is checked before anything is launched; then the run, its report in
// every form that was asked for, and the summary.
#include <fmt/format.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <cerrno>
#include <ostream>
#include <random>
#include <utility>

#include "base/error.h"
#include "base/signals.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/isolation_level.h"
#include "cli/layout.h"
#include "cli/progress.h"
#include "cli/run_outputs.h"
#include "cli/selection.h"
#include "cli/shard.h"
#include "lab/lab.h"
#include "reports/context.h"
#include "reports/style.h"
#include "reports/text.h"
#include "run/runner.h"
#include "witness/kernel_events.h"

namespace wireproof::cli {
namespace {

constexpr std::size_t failed_cases_in_full = 3;

struct RunRequest {
  SelectionRequest selection;
  std::string isolation = "auto", colour = "auto";
  RunOutputs outputs;
  unsigned jobs = 0, repeat = 1;
  std::uint64_t seed = 0;
  bool until_fail = false, dry_run = false, strict = false, quiet = false, verbose = false;
  std::string shard;
};

// The command that runs a case of this run again, up to its --filter.
std::string again_prefix(const RunRequest& request, const Selection& selection) {
  std::vector<std::string> words = {"wireproof", "run"};
  if (request.isolation != "auto") words.insert(words.end(), {"--isolation", request.isolation});
  if (!request.selection.server.empty())
    words.insert(words.end(), {"--server", request.selection.server});
  if (!request.selection.client.empty())
    words.insert(words.end(), {"--client", request.selection.client});
  if (request.strict) words.emplace_back("--strict");
  words.insert(words.end(), selection.paths.begin(), selection.paths.end());
  return report::shell_quoted(words);
}

void print_summary(const RunRequest& request, const report::RunReport& run, bool has_report,
                   Console& console) {
  // With the report on standard output, nothing else may stand there.
  const bool to_error = request.outputs.forms.to_standard_output();
  std::ostream& stream = to_error ? console.err : console.out;
  report::TextOptions options = text_options(console, request.colour);
  options.colour = wants_colour(console, request.colour,
                                to_error ? console.err_is_terminal : console.out_is_terminal);
  options.results = request.outputs.out;
  if (!request.quiet) {
    std::size_t shown = 0;
    for (const report::CaseReport& one : run.cases) {
      if (one.status != report::Status::failed || one.expected_failure) continue;
      if (shown++ == failed_cases_in_full) break;
      stream << '\n' << report::case_text(one, options);
    }
    stream << '\n';
  }
  if (!has_report) options.results.clear();  // it names no file that could not be written
  stream << report::summary_text(run, options) << std::flush;
}

// The kernel's tracepoints, while this process may still ask for them.
void listen_to_the_kernel(const Selection& selection, lab::Isolation level, unsigned jobs,
                          run::CaseSettings& settings) {
  constexpr unsigned most_slots = 64;
  const bool any = std::ranges::any_of(selection.cases, run::hears_kernel_events);
  if (!any) return;
  if (level == lab::Isolation::none) {
    settings.no_kernel_events = "tracepoints: the network namespace is shared with others";
    return;
  }
  auto events = witness::KernelEvents::open(std::min(jobs, most_slots));
  if (events) {
    settings.kernel_events = std::move(*events);
  } else {
    settings.no_kernel_events = "tracepoints: " + events.error();
  }
}

report::RunReport run_cases(const RunRequest& request, const Selection& selection,
                            const run::Shard& shard, const Layout& layout, Console& console,
                            const report::Context& context, run::CaseSettings settings) {
  run::RunOptions options;
  options.settings = std::move(settings);
  options.settings.results_folder = std::filesystem::absolute(request.outputs.out);
  options.settings.targets_folder = layout.targets;
  options.settings.run_again_prefix = again_prefix(request, selection);
  options.settings.strict = request.strict;
  options.jobs = context.jobs;
  options.repeat = request.repeat;
  options.until_fail = request.until_fail;
  options.shard = shard;

  ProgressScreen progress(
      console,
      {wants_live_progress(console), wants_colour(console, request.colour, console.err_is_terminal),
       request.quiet, request.verbose},
      run::planned_runs(selection.cases.size(), options));
  run::Progress hooks;
  hooks.started = [&](const scenario::Case& one) { progress.started(one.id); };
  hooks.retried = [&](const scenario::Case& one) { progress.ended(one.id); };
  hooks.tick = [&] { progress.tick(); };
  hooks.finished = [&](const report::CaseReport& one, std::size_t done, std::size_t total) {
    progress.finished(one, done, total);
  };
  report::RunReport report = run::run(selection.cases, options, hooks);
  report.context = context;
  report.notes.insert(report.notes.begin(), selection.notes.begin(), selection.notes.end());
  return report;
}

int list_only(const Selection& selection, const run::Shard& shard, Console& console) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < selection.cases.size(); ++i) {
    if (!shard.has(i)) continue;
    console.out << printable(selection.cases[i].id, 1000) << '\n';
    ++count;
  }
  console.err << report::counted(count, "case") << " would run; nothing was launched\n";
  return exit_status::passed;
}

int run_command(const RunRequest& request, Console& console, int argc, const char* const* argv) {
  check_outputs(request.outputs.forms);
  const Layout layout = find_layout(this_program());
  const Selection selection = select_cases(request.selection, layout);
  const run::Shard shard = read_shard(request.shard, selection.cases.size());
  if (request.dry_run) return list_only(selection, shard, console);
  prepare_outputs(request.outputs, console);
  refuse_missing_targets(selection, layout);
  const lab::Isolation level = isolation_level(request.isolation);

  report::Context context = report::read_context(argc, argv);
  context.isolation = lab::name(level);
  context.isolation_why = request.isolation == "auto" ? "the first level that works here"
                                                      : "asked for with --isolation";
  context.seed = request.seed != 0 ? request.seed : std::random_device{}();
  context.jobs = request.jobs != 0 ? request.jobs : run::default_jobs();
  context.libraries["libpcap"] = ::pcap_lib_version();
  name_run(context, request.outputs, console);
  context.shard = request.shard;

  run::CaseSettings settings;
  listen_to_the_kernel(selection, level, context.jobs, settings);
  settings.identity = lab::enter_isolation(level);
  // Until the report's last byte: the runner reads them (signalfd), and what comes after it waits
  // until all is written.
  const HeldSignals held({SIGINT, SIGTERM});
  const report::RunReport report =
      run_cases(request, selection, shard, layout, console, context, std::move(settings));
  const Written written = write_run(request.outputs, report, console);
  print_summary(request, report, written.report, console);
  return written.all ? report::exit_status(report, request.strict) : exit_status::cannot_run;
}

void add_what_options(CLI::App& command, RunRequest& request) {
  command
      .add_option("PATH", request.selection.paths,
                  "scenario files or folders (default: the shipped)")
      ->option_text("");
  const auto wanted = [](const std::string& text) {
    return text.empty() ? std::string("a command is wanted") : std::string();
  };
  command.add_option("--server", request.selection.server, "your server in the scenarios' place")
      ->check(wanted)
      ->option_text("CMD");
  command.add_option("--client", request.selection.client, "your client in the scenarios' place")
      ->check(wanted)
      ->option_text("CMD");
  command
      .add_option("--filter", request.selection.filter, "cases by id, tag, parameter; ! leaves out")
      ->option_text("WORDS");
  command.add_option("--repeat", request.repeat, "run every case so many times")
      ->option_text("N")
      ->check(CLI::Range(1u, 1'000'000u));
  command.add_flag("--until-fail", request.until_fail, "repeat until a case fails");
  command.add_option("--shard", request.shard, "this share of the cases: 2/5; see merge")
      ->option_text("I/N");
  command.add_flag("--dry-run", request.dry_run, "list what would run, launch nothing");
}

void add_how_options(CLI::App& command, RunRequest& request) {
  command.add_option("--jobs", request.jobs, "cases at once (default: as the machine takes)")
      ->option_text("N")
      ->check(CLI::Range(1u, 4'096u));
  command.add_option("--isolation", request.isolation, "auto, user, root or none")
      ->option_text("LEVEL")
      ->check(CLI::IsMember({"auto", "user", "root", "none"}));
  command.add_option("--seed", request.seed, "of random choices, as a report names it")
      ->option_text("N");
  command.add_flag("--strict", request.strict, "should-rules fail too");
  add_run_output_options(command, request.outputs);
  command.add_flag("--quiet", request.quiet, "the summary only");
  command.add_flag("--verbose", request.verbose, "a line for every case");
  add_colour_option(command, request.colour);
}

}  // namespace

int run_file(const std::string& file, Console& console) {
  RunRequest request;
  request.selection.paths = {file};
  return run_command(request, console, console.argc, console.argv);
}

void add_run_command(CLI::App& program, Console& console, Chosen& chosen) {
  auto request = std::make_shared<RunRequest>();
  CLI::App* command = program.add_subcommand("run", "run scenarios");
  add_what_options(*command, *request);
  add_how_options(*command, *request);
  command->footer(examples("wireproof run scenarios/tcp --filter 'close !ipv6'",
                           "wireproof run --server 'python3 srv.py {port}' my-scenario.json"));
  command->callback([=, &console, &chosen] {
    chosen = [=, &console] { return run_command(*request, console, console.argc, console.argv); };
  });
}

}  // namespace wireproof::cli
