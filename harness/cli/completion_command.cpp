// wireproof completion: what a shell needs to complete its commands; wireproof manual (not shown in
// --help: the package makes the page of it).
#include <ostream>

#include "cli/command.h"
#include "cli/command_words.h"
#include "reports/context.h"

namespace wireproof::cli {

void add_completion_command(CLI::App& program, Console& console, Chosen& chosen) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = program.add_subcommand("completion", "print a shell's completions");
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->option_text("")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer(
      examples("source <(wireproof completion bash)",
               "wireproof completion fish > ~/.config/fish/completions/wireproof.fish"));
  command->callback([=, &program, &console, &chosen] {
    chosen = [=, &program, &console] {
      console.out << completion(words_of(program), *shell);
      return exit_status::passed;
    };
  });
}

void add_manual_command(CLI::App& program, Console& console, Chosen& chosen) {
  CLI::App* command = program.add_subcommand("manual", "print the manual page, as roff");
  command->callback([&] {
    chosen = [&] {
      console.out << manual(words_of(program), report::program_version());
      return exit_status::passed;
    };
  });
}

}  // namespace wireproof::cli
