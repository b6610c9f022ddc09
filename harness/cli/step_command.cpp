// wireproof step: two programs across a wire that holds every packet; keys on a terminal, commands
// from a pipe.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "base/signals.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/isolation_level.h"
#include "cli/layout.h"
#include "cli/selection.h"
#include "scenario/command.h"
#include "step/keys.h"
#include "step/lines.h"
#include "step/session.h"

namespace wireproof::cli {
namespace {

struct StepRequest {
  std::string server, client, family = "ipv4", isolation = "auto", colour = "auto";
  unsigned patience_ms = 10'000;
  bool copies = false;
};

scenario::Case case_of(const StepRequest& request) {
  scenario::Case one = step::reference_case(request.family == "ipv6" ? scenario::Family::ipv6
                                                                     : scenario::Family::ipv4);
  const auto replace = [&](Side side, const std::string& text) {
    if (text.empty()) return;
    if (const auto done = scenario::replace_program(one, side, command_of(side, text)); !done)
      throw UsageError(fmt::format("--{}: {}", name(side), done.error()));
  };
  replace(Side::server, request.server);
  replace(Side::client, request.client);
  return one;
}

lab::Isolation level_with_a_wire(const std::string& wanted) {
  const lab::Isolation level = isolation_level(wanted);
  if (level != lab::Isolation::none) return level;
  throw UsageError("a wire needs network namespaces, and the isolation level is none",
                   "`wireproof doctor` says what user or root want");
}

// What is left to say when the screen has gone.
void tell_end(step::Session& session, Console& console, const step::ViewOptions& view,
              bool with_ladder) {
  const std::vector<std::string> last = session.end();
  if (with_ladder) {
    for (const auto& line : step::ladder(session.story(), view)) console.out << line << '\n';
  }
  for (const std::string& line : last) console.out << printable(line, 1000) << '\n';
  console.out << std::flush;
}

int step_command(const StepRequest& request, Console& console) {
  const Layout layout = find_layout(this_program());
  Selection selection;
  selection.cases.push_back(case_of(request));
  refuse_missing_targets(selection, layout);

  run::CaseSettings settings;
  settings.targets_folder = layout.targets;
  settings.identity = lab::enter_isolation(level_with_a_wire(request.isolation));

  step::ViewOptions view;
  view.width = text_columns(console);
  view.unicode = console.utf8;
  view.colour = wants_colour(console, request.colour, console.out_is_terminal);
  const bool keys = ::isatty(STDIN_FILENO) == 1 && console.out_is_terminal &&
                    console.environment("TERM").value_or("dumb") != "dumb";

  // Before any thread: what ends a session in order, and what a terminal tells.
  Signals signals({SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP});
  step::Session session(selection.cases.front(), settings, request.copies);
  if (!session.start()) {
    for (const std::string& line : session.story().log()) {
      console.err << "wireproof: " << printable(line, 1000) << '\n';
    }
    session.end();
    return exit_status::failed;
  }
  if (keys) {
    step::KeysOptions options;
    options.input = STDIN_FILENO;
    options.columns = [&] { return text_columns(console); };
    options.unicode = view.unicode;
    options.colour = view.colour;
    const bool interrupted = step::run_keys(session, signals, console.out, options);
    view.width = text_columns(console);
    tell_end(session, console, view, true);
    return interrupted ? exit_status::interrupted : exit_status::passed;
  }
  step::LinesOptions options;
  options.input = STDIN_FILENO;
  options.patience = milliseconds(request.patience_ms);
  options.view = view;
  const step::LinesEnd end = step::run_lines(session, signals, console.out, console.err, options);
  tell_end(session, console, view, false);
  switch (end) {
    case step::LinesEnd::done:
      return exit_status::passed;
    case step::LinesEnd::missed:
      return exit_status::failed;
    case step::LinesEnd::bad_command:
      return exit_status::usage;
    case step::LinesEnd::interrupted:
      return exit_status::interrupted;
  }
  return exit_status::passed;
}

}  // namespace

void add_step_command(CLI::App& program, Console& console, Chosen& chosen) {
  auto request = std::make_shared<StepRequest>();
  CLI::App* command = program.add_subcommand("step", "walk a connection packet by packet");
  const auto wanted = [](const std::string& text) {
    return text.empty() ? std::string("a command is wanted") : std::string();
  };
  command->add_option("--server", request->server, "your server, with {address} and {port}")
      ->check(wanted)
      ->option_text("CMD");
  command->add_option("--client", request->client, "your client, with {address} and {port}")
      ->check(wanted)
      ->option_text("CMD");
  command->add_option("--family", request->family, "ipv4 (default) or ipv6")
      ->option_text("FAMILY")
      ->check(CLI::IsMember({"ipv4", "ipv6"}));
  command->add_flag("--copies", request->copies,
                    "hold what is sent again while it is held as well");
  command
      ->add_option("--patience-ms", request->patience_ms,
                   "how long a script's command may wait (10000)")
      ->option_text("N")
      ->check(CLI::Range(1u, 86'400'000u));
  command->add_option("--isolation", request->isolation, "auto, user or root")
      ->option_text("LEVEL")
      ->check(CLI::IsMember({"auto", "user", "root"}));
  add_colour_option(*command, request->colour);
  command->footer(std::string("On a terminal, keys. From a pipe or file, commands, one a line:\n") +
                  step::lines_help +
                  examples("wireproof step --server 'python3 srv.py {address} {port}'",
                           "wireproof step --family ipv6 < commands.txt"));
  command->callback([=, &console, &chosen] {
    chosen = [=, &console] { return step_command(*request, console); };
  });
}

}  // namespace wireproof::cli
