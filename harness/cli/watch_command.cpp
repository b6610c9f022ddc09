// wireproof watch: live traffic of an interface, judged as connections end.
#include <ostream>

#include "base/error.h"
#include "base/signals.h"
#include "check/check.h"
#include "cli/check_words.h"
#include "cli/command.h"
#include "cli/reading_progress.h"

namespace wireproof::cli {
namespace {

struct WatchWords {
  check::WatchRequest request;
  SelectionWords selection;
  std::string colour = "auto";
};

int watch_command(WatchWords& words, Console& console) {
  words.request.expected = expectation_of(words.selection.expect);
  words.request.where = where_of(words.selection.where);
  const Signals interrupts({SIGINT, SIGTERM});
  ReadingProgress progress(console);
  const check::Screen screen{
      console.out,
      console.err,
      report::Style(text_options(console, words.colour)),
      {},
      [&] { progress.clear(); },
      [&](const check::Screen::Watched& so_far) { progress.watched(so_far); }};
  return status_of([&] { return check::watch(words.request, interrupts.fd(), screen); });
}

}  // namespace

void add_watch_command(CLI::App& program, Console& console, Chosen& chosen) {
  auto words = std::make_shared<WatchWords>();
  check::WatchRequest& request = words->request;
  CLI::App* command = program.add_subcommand("watch", "judge live traffic of an interface");
  command
      ->add_option("INTERFACE", request.interface, "one of this machine's, as ip link lists them")
      ->option_text("")
      ->required();
  add_selection_options(*command, words->selection, request.filter, request.decapsulate);
  command->add_flag("--strict", request.strict, "should-rules fail too");
  command->add_flag("--quiet", request.quiet, "the summary at the end only");
  add_colour_option(*command, words->colour);
  command->footer(
      "Connections are told as they end; Ctrl-C ends with the summary. Needs the\n"
      "capability CAP_NET_RAW. Exit status: 1 something failed; 3 it cannot capture.\n\n" +
      examples("wireproof watch lo --filter 'port 8080'",
               "wireproof watch eth0 --where 'verdict=failed'"));
  command->callback([=, &console, &chosen] {
    chosen = [=, &console] { return watch_command(*words, console); };
  });
}

}  // namespace wireproof::cli
