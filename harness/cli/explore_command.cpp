// wireproof explore: one scenario's connection under every small fault.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <set>
#include <stdexcept>

#include "base/atomic_file.h"
#include "base/signals.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/isolation_level.h"
#include "cli/layout.h"
#include "cli/progress.h"
#include "cli/rule_catalog.h"
#include "cli/selection.h"
#include "explore/explore.h"
#include "reports/report.h"

namespace wireproof::cli {
namespace {

namespace fs = std::filesystem;

struct ExploreRequest {
  std::string scenario, filter, server, client, kinds = "drop,double,swap";
  std::string isolation = "auto", out = "wireproof-explore", json, colour = "auto";
  unsigned faults = 2, packets = 0, jobs = 0;
  bool quiet = false;
};

std::vector<explore::Kind> kinds_of(const std::string& text) {
  std::vector<explore::Kind> kinds;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string word = text.substr(at, end - at);
    bool known = false;
    for (const explore::Kind kind : explore::all_kinds) {
      if (explore::name(kind) != word) continue;
      known = true;
      if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) kinds.push_back(kind);
    }
    if (!known)
      throw UsageError(fmt::format("--kinds: unknown fault {}", quoted(word)),
                       "there are drop, double and swap");
    at = end + 1;
  }
  return kinds;
}

std::string text_of(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Cases that differ in their topology alone are one on a wire.
std::vector<scenario::Case> different(std::vector<scenario::Case> cases, const std::string& source,
                                      const explore::Programs& programs) {
  std::set<std::string> seen;
  std::vector<scenario::Case> left;
  for (scenario::Case& one : cases) {
    const auto text = explore::document(source, one, {}, programs);
    if (!text)
      throw UsageError(fmt::format("cannot explore {}: {}", printable(one.id), text.error()));
    if (seen.insert(*text).second) left.push_back(std::move(one));
  }
  return left;
}

int explore_command(const ExploreRequest& request, Console& console) {
  const Layout layout = find_layout(this_program());
  if (std::error_code failure; fs::is_directory(request.scenario, failure))
    throw UsageError(fmt::format("{} is a folder", quoted(request.scenario)),
                     "name one scenario file");
  SelectionRequest wanted;
  wanted.paths = {request.scenario};
  wanted.filter = request.filter;
  Selection selection = select_cases(wanted, layout);
  const std::string source = text_of(request.scenario);

  explore::Options options;
  options.budget = request.faults;
  options.packets = request.packets;
  options.kinds = kinds_of(request.kinds);
  if (!request.server.empty()) options.programs.server = command_of(Side::server, request.server);
  if (!request.client.empty()) options.programs.client = command_of(Side::client, request.client);
  for (const Rule& rule : all_rules()) options.vocabulary.rules.emplace_back(rule.id);
  selection.cases = different(std::move(selection.cases), source, options.programs);
  refuse_missing_targets(selection, layout);

  const auto ready = report::prepare_folder(request.out);
  if (!ready) throw UsageError(ready.error().message, ready.error().hint);
  std::error_code ignored;
  fs::remove_all(fs::path(request.out) / "scenarios", ignored);

  const lab::Isolation level = isolation_level(request.isolation);
  if (level == lab::Isolation::none)
    throw UsageError("a wire needs network namespaces, and the isolation level is none",
                     "`wireproof doctor` says what user or root want");
  options.run.settings.identity = lab::enter_isolation(level);
  options.run.settings.results_folder = fs::absolute(request.out);
  options.run.settings.targets_folder = layout.targets;
  options.run.settings.run_again_prefix = "wireproof run";
  options.run.jobs = request.jobs;

  // Until the report's last byte: the runner reads them (signalfd), and what comes after it waits
  // until all is written.
  const HeldSignals held({SIGINT, SIGTERM});
  std::vector<explore::Report> reports;
  int status = exit_status::passed;
  for (const scenario::Case& one : selection.cases) {
    const bool live = wants_live_progress(console) && !request.quiet;
    ProgressScreen line(
        console,
        {live, wants_colour(console, request.colour, console.err_is_terminal), !live, false}, 0);
    run::Progress progress;
    progress.started = [&](const scenario::Case& started) { line.started(started.id); };
    progress.retried = [&](const scenario::Case& again) { line.ended(again.id); };
    progress.tick = [&] { line.tick(); };
    progress.finished = [&](const report::CaseReport& report, std::size_t done, std::size_t total) {
      line.finished(report, done, total);
    };
    try {
      reports.push_back(explore::explore(source, one, options, progress));
    } catch (const std::invalid_argument& error) {
      throw UsageError(fmt::format("cannot explore {}: {}", printable(one.id), error.what()));
    }
    line.clear();
    const explore::Report& report = reports.back();
    if (request.json != "-") {
      console.out << explore::to_text(report, request.out, console.utf8) << '\n' << std::flush;
    }
    status = std::max(status, explore::exit_status(report));
    if (report.interrupted) break;
  }
  const std::string json = explore::to_json(reports);
  write_file_atomically(fs::path(request.out) / "explore.json", json);
  if (!request.json.empty()) write_json(json, request.json, console);
  return status;
}

}  // namespace

void add_explore_command(CLI::App& program, Console& console, Chosen& chosen) {
  auto request = std::make_shared<ExploreRequest>();
  CLI::App* command = program.add_subcommand("explore", "a connection under every small fault");
  command->add_option("SCENARIO", request->scenario, "a scenario file, run on a wire")
      ->required()
      ->option_text("");
  const auto wanted = [](const std::string& text) {
    return text.empty() ? std::string("a command is wanted") : std::string();
  };
  command->add_option("--faults", request->faults, "so many at once, at the most (2)")
      ->option_text("K")
      ->check(CLI::Range(0u, 4u));
  command->add_option("--packets", request->packets, "that they befall (default: all, and 4 more)")
      ->option_text("N")
      ->check(CLI::Range(1u, 1'000u));
  command->add_option("--kinds", request->kinds, "of drop,double,swap (all)")->option_text("LIST");
  command->add_option("--filter", request->filter, "cases of the file; ! leaves out")
      ->option_text("WORDS");
  command->add_option("--server", request->server, "your server in the scenario's place")
      ->check(wanted)
      ->option_text("CMD");
  command->add_option("--client", request->client, "your client in the scenario's place")
      ->check(wanted)
      ->option_text("CMD");
  command->add_option("--jobs", request->jobs, "runs at once")
      ->option_text("N")
      ->check(CLI::Range(1u, 4'096u));
  command->add_option("--isolation", request->isolation, "auto, user or root")
      ->option_text("LEVEL")
      ->check(CLI::IsMember({"auto", "user", "root"}));
  command->add_option("--out", request->out, "results folder (wireproof-explore)")
      ->option_text("DIR");
  command->add_flag("--quiet", request->quiet, "no progress");
  add_json_option(*command, request->json);
  add_colour_option(*command, request->colour);
  command->footer(
      examples("wireproof explore scenarios/tcp/exchange.json --filter ipv4",
               "wireproof explore my.json --server './srv {address} {port}' --faults 1"));
  command->callback([=, &console, &chosen] {
    chosen = [=, &console] { return explore_command(*request, console); };
  });
}

}  // namespace wireproof::cli
