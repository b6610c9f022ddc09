// wireproof check: capture files, from any tool, judged by the rules that judge live cases.
#include <ostream>

#include "base/signals.h"
#include "check/check.h"
#include "cli/check_words.h"
#include "cli/command.h"
#include "cli/reading_progress.h"

namespace wireproof::cli {
namespace {

struct CheckWords {
  check::Request request;
  SelectionWords selection;
  std::string colour = "auto";
};

int check_command(CheckWords& words, Console& console) {
  check::Request& request = words.request;
  request.expected = expectation_of(words.selection.expect);
  request.where = where_of(words.selection.where);
  const int data = (request.json == "-") + (request.json_lines == "-") + (request.csv == "-") +
                   (request.annotate == "-");
  if (data > 1) throw UsageError("only one of --json, --jsonl, --csv, --annotate can go to -");
  if (request.annotate == "-") throw UsageError("--annotate writes a file: give its name");
  if (request.follow && (request.files.size() != 1 || request.files[0] == "-")) {
    throw UsageError("--follow takes one file", "standard input is followed as it is");
  }
  std::optional<Signals> interrupts;
  if (request.follow) interrupts.emplace(std::initializer_list<int>{SIGINT, SIGTERM});
  ReadingProgress progress(console);
  const check::Screen screen{console.out, console.err,
                             report::Style(text_options(console, words.colour)),
                             [&](std::uint64_t position, std::uint64_t size,
                                 std::uint64_t packets) { progress.read(position, size, packets); },
                             [&] { progress.clear(); }};
  return status_of(
      [&] { return check::check(request, interrupts ? interrupts->fd() : -1, screen); });
}

}  // namespace

void add_check_command(CLI::App& program, Console& console, Chosen& chosen) {
  auto words = std::make_shared<CheckWords>();
  check::Request& request = words->request;
  CLI::App* command = program.add_subcommand("check", "judge capture files, from any tool");
  command->add_option("FILE", request.files, "pcap or pcapng, gzip or zstd; folders; -")
      ->option_text("")
      ->required();
  command->add_flag("--connections", request.connections, "a line for each connection");
  command->add_option("--connection", request.connection, "the ladder of this one")
      ->option_text("N");
  add_selection_options(*command, words->selection, request.filter, request.decapsulate);
  command->add_flag("--follow", request.follow, "go on with a file that grows, until Ctrl-C");
  const auto output = [&](const char* name, std::string& where, const char* text) {
    command->add_option(name, where, text)->option_text("FILE");
  };
  add_json_option(*command, request.json);
  output("--jsonl", request.json_lines, "a line of JSON for each connection");
  output("--csv", request.csv, "a line of CSV for each connection");
  command->add_option("--annotate", request.annotate, "pcapng with findings as packet comments")
      ->option_text("FILE");
  command->add_option("--split", request.split, "each that failed (or --where) in its own file")
      ->option_text("FOLDER");
  command->add_option("--threads", request.threads, "default: one for each processor")
      ->option_text("N")
      ->check(CLI::Range(0, 64));
  command->add_flag("--strict", request.strict, "should-rules fail too");
  command->add_flag("--quiet", request.quiet, "the last line only");
  add_colour_option(*command, words->colour);
  command->footer(
      "Words and their values: docs/check.md. Exit status: 1 something failed; 2 wrong\n"
      "usage, or a file that cannot be read to its end.\n\n" +
      examples("wireproof check trace.pcapng --connection 1",
               "wireproof check *.pcap --expect 'opening=three-way closing=four-way'"));
  command->callback([=, &console, &chosen] {
    chosen = [=, &console] { return check_command(*words, console); };
  });
}

}  // namespace wireproof::cli
