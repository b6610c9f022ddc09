// wireproof compare: two runs beside each other, and whether the new one is worse.
#include "cli/command.h"
#include "cli/comparison.h"
#include "cli/runs.h"

namespace wireproof::cli {
namespace {

struct CompareRequest {
  std::string base, next, history;
  ComparisonOutputs outputs;
};

int compare_command(const CompareRequest& request, Console& console) {
  const compare::Options options = read_comparison(request.outputs);
  return tell_comparison(read_run(request.base, request.history, console),
                         read_run(request.next, request.history, console), options, request.outputs,
                         console);
}

}  // namespace

void add_compare_command(CLI::App& program, Console& console, Chosen& chosen) {
  auto request = std::make_shared<CompareRequest>();
  CLI::App* command = program.add_subcommand("compare", "what changed between two runs");
  command
      ->add_option("BASE", request->base, "a run's folder, a folder of runs, or one of a history")
      ->option_text("")
      ->required();
  command->add_option("NEW", request->next, "the same")->option_text("")->required();
  add_history_option(*command, request->history);
  add_comparison_options(*command, request->outputs);
  command->footer(
      "Verdicts that got worse and must-rules newly broken are a regression always;\n"
      "a figure is past a limit only where its change is also proven: both runs need\n"
      "--repeat (20 is good). `wireproof versus` makes the runs itself, in turn, which\n"
      "proves more.\n" +
      comparison_footer() +
      examples("wireproof compare base-results wireproof-results",
               "wireproof compare main '#12' --history runs.db --fail-on 'duration +10%'"));
  command->callback([=, &console, &chosen] {
    chosen = [=, &console] { return compare_command(*request, console); };
  });
}

}  // namespace wireproof::cli
