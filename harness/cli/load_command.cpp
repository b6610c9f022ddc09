// wireproof load: one workload against one server, with live progress, an honest text, the report
// in every form that was asked for, and limits that decide the exit status.
#include <fmt/format.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <ostream>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/isolation_level.h"
#include "cli/layout.h"
#include "cli/load_options.h"
#include "cli/load_series.h"
#include "cli/run_outputs.h"
#include "load/generator.h"
#include "reports/context.h"
#include "reports/text.h"
#include "reports/time_text.h"
#include "run/runner.h"
#include "scenario/limit.h"

namespace wireproof::cli {
namespace {

struct OutputRequest {
  std::string isolation = "auto", colour = "auto";
  RunOutputs outputs;
  bool quiet = false;
};

// One line a second: redrawn in place on a terminal, one below the other for a log.
class LoadProgress {
 public:
  LoadProgress(Console& console, bool live) : console_(console), live_(live) {}
  ~LoadProgress() { clear(); }

  void tell(const load::Tick& tick) {
    std::string line = fmt::format(" {:3.0f} s", tick.at_s);
    if (tick.whole_s < 3600) line += fmt::format(" of {:.0f}", tick.whole_s);
    line += fmt::format("  {:.0f}/s", tick.rate_per_s);
    if (tick.answered > 0) {
      line += fmt::format("  p50 {}  p99 {}  max {}", text(tick.p50_ns), text(tick.p99_ns),
                          text(tick.most_ns));
    }
    if (tick.bytes_per_s > 1e6) line += fmt::format("  {:.0f} MB/s", tick.bytes_per_s / 1e6);
    line += fmt::format("  {} failed", tick.failed);
    line.resize(std::min<std::size_t>(line.size(), text_columns(console_) - 1));
    console_.err << "\r\x1b[K" << line << std::flush;
    drawn_ = true;
  }
  void clear() {
    if (std::exchange(drawn_, false)) console_.err << "\r\x1b[K" << std::flush;
  }
  bool live() const { return live_; }

 private:
  static std::string text(std::uint64_t ns) {
    return report::duration_text(static_cast<double>(ns) / 1e6);
  }
  Console& console_;
  bool live_, drawn_ = false;
};

void print(const OutputRequest& output, const report::RunReport& run, bool has_report,
           Console& console) {
  const bool to_error = output.outputs.forms.to_standard_output();
  std::ostream& stream = to_error ? console.err : console.out;
  report::TextOptions options = text_options(console, output.colour);
  options.colour = wants_colour(console, output.colour,
                                to_error ? console.err_is_terminal : console.out_is_terminal);
  options.results = output.outputs.out;
  if (run.cases.size() > 1) stream << sweep_table(run);
  for (const std::string& note : run.notes) stream << "  " << printable(note, 1000) << '\n';
  for (const report::CaseReport& one : run.cases) {
    const bool plain = one.status == report::Status::passed || one.expected_failure;
    if (run.cases.size() > 1 && plain) continue;
    stream << (output.quiet ? report::case_line(one, options) + "\n"
                            : report::case_text(one, options));
  }
  if (!output.quiet && has_report) stream << '\n' << report::where_text(run, options);
  stream << std::flush;
}

int load_command(const LoadRequest& request, const OutputRequest& output, Console& console) {
  if (!request.sweep.empty() && !request.find_max.empty()) {
    throw UsageError("--sweep and --find-max contradict each other");
  }
  if (request.by != "rate" && request.by != "connections") {
    throw UsageError(fmt::format("--by {}: what is raised is the rate or connections",
                                 wireproof::quoted(request.by)));
  }
  const scenario::Case one = load_case_of(request);
  const std::vector<scenario::Case> cases =
      request.sweep.empty() ? std::vector{one} : sweep_cases(request);
  if (const auto limits = scenario::parse_limits(request.find_max);
      !request.find_max.empty() && !limits) {
    throw UsageError("--find-max: " + limits.error().message, limits.error().hint);
  }
  for (const scenario::Case& each : cases) {
    try {
      load::require_descriptors(*each.load);
    } catch (const SystemError& error) {
      throw UsageError(fmt::format("-c {}: {}", each.load->connections, error.what()));
    }
  }
  check_outputs(output.outputs.forms);
  prepare_outputs(output.outputs, console);
  const bool in_lab = one.topology != lab::Topology::remote;
  const lab::Isolation level = in_lab ? isolation_level(output.isolation) : lab::Isolation::none;

  report::Context context = report::read_context(console.argc, console.argv);
  context.isolation = lab::name(level);
  context.isolation_why = !in_lab                      ? "the server runs elsewhere"
                          : output.isolation == "auto" ? "the first level that works here"
                                                       : "asked for with --isolation";
  context.seed = request.seed;
  context.jobs = 1;
  context.libraries["libpcap"] = ::pcap_lib_version();
  name_run(context, output.outputs, console);

  run::RunOptions options;
  if (in_lab) options.settings.identity = lab::enter_isolation(level);
  options.settings.results_folder = std::filesystem::absolute(output.outputs.out);
  options.settings.targets_folder = find_layout(this_program()).targets;
  options.settings.run_again_prefix = context.command_line;
  options.settings.strict = request.strict;
  options.jobs = 1;
  LoadProgress progress(console, wants_live_progress(console) && !output.quiet);
  if (progress.live()) {
    // Drawn by the case's own process: the terminal is the same.
    options.settings.load_progress = [&](const load::Tick& tick) { progress.tell(tick); };
  }
  run::Progress hooks;
  hooks.finished = [&](const report::CaseReport&, std::size_t, std::size_t) {
    if (progress.live()) console.err << "\r\x1b[K" << std::flush;
  };
  const auto run_all = [&](const std::vector<scenario::Case>& some) {
    return run::run(some, options, hooks);
  };
  report::RunReport run =
      request.find_max.empty() ? run_all(cases) : find_highest(request, run_all);
  run.context = context;
  const Written written = write_run(output.outputs, run, console);
  print(output, run, written.report, console);
  return written.all ? report::exit_status(run, request.strict) : exit_status::cannot_run;
}

}  // namespace

void add_load_command(CLI::App& program, Console& console, Chosen& chosen) {
  auto request = std::make_shared<LoadRequest>();
  auto output = std::make_shared<OutputRequest>();
  CLI::App* command = program.add_subcommand("load", "measure a server under load");
  add_load_options(*command, *request);
  command->add_option("--isolation", output->isolation, "auto, user, root or none (with --server)")
      ->option_text("LEVEL")
      ->check(CLI::IsMember({"auto", "user", "root", "none"}));
  add_run_output_options(*command, output->outputs);
  command->get_option("--mermaid")->group("");
  command->add_flag("--quiet", output->quiet, "one line")->group("");
  add_colour_option(*command, output->colour);
  command->footer(examples("wireproof load tcp://127.0.0.1:5555 --rate 20k -c 64 -d 10s",
                           "wireproof load tcp://127.0.0.1 --server 'srv {port}' -l 'p99<2ms'"));
  command->callback([=, &console, &chosen] {
    chosen = [=, &console] { return load_command(*request, *output, console); };
  });
}

}  // namespace wireproof::cli
