#include "cli/program.h"

#include <fmt/format.h>

#include <cerrno>
#include <exception>
#include <ostream>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "reports/context.h"

namespace wireproof::cli {
namespace {

constexpr const char* program_story =
    "wireproof launches TCP, UDP and UNIX-socket programs, drives them, captures\n"
    "their packets, and proves from these that each connection opened and closed as\n"
    "the standards say.\n";

constexpr const char* exit_statuses =
    "Exit status: 0 all passed; 1 something failed; 2 wrong usage or a bad scenario\n"
    "file; 3 this machine cannot run it; 130 interrupted.\n\n";

// CLI11's own form, but short lines and no "REQUIRED" or type noise.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() {
    column_width(26);
    label("OPTIONS", "OPTION ...");
    label("SUBCOMMAND", "COMMAND");
  }
  std::string make_option_opts(const CLI::Option* option) const override {
    return option->get_type_size() == 0 ? "" : " " + option->get_option_text();
  }
  // Of a positional: "[PATH ...]" may be left out and repeated.
  std::string make_option_usage(const CLI::Option* option) const override {
    const std::string word =
        make_option_name(option, true) + (option->get_items_expected_max() > 1 ? " ..." : "");
    return option->get_required() ? word : "[" + word + "]";
  }
};

std::vector<std::string> command_names(const CLI::App& program) {
  std::vector<std::string> names;
  for (const CLI::App* command : program.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

// What is wrong with the command line, and what would be right where a name is near.
int usage_error(const CLI::App& program, const CLI::ParseError& error, int argc,
                const char* const* argv, Console& console) {
  const auto chosen = program.get_subcommands();
  const bool unknown = chosen.empty() && argc > 1 && argv[1][0] != '-';
  console.err << "wireproof: "
              << (unknown ? "unknown command " + quoted(argv[1]) : printable(error.what(), 1000))
              << '\n';
  if (unknown) {
    const std::string near = nearest(argv[1], command_names(program));
    if (!near.empty()) console.err << "  did you mean `wireproof " << near << "`?\n";
  }
  console.err << "  see `wireproof " << (chosen.empty() ? "" : chosen[0]->get_name() + " ")
              << "--help`\n";
  return exit_status::usage;
}

int run_chosen(const Chosen& chosen, Console& console) {
  try {
    const int status = chosen();
    console.out.flush();
    if (!console.out) {
      console.err << "wireproof: cannot write to standard output\n";
      return exit_status::cannot_run;
    }
    return status;
  } catch (const UsageError& error) {
    console.err << "wireproof: " << error.what() << '\n';
    if (!error.hint().empty()) console.err << "  " << error.hint() << '\n';
    return exit_status::usage;
  } catch (const SystemError& error) {
    console.err << "wireproof: " << printable(error.what(), 2000) << '\n';
    return exit_status::cannot_run;
  } catch (const std::exception& error) {
    console.err << "wireproof: unexpected: " << printable(error.what(), 2000)
                << " (a defect of wireproof)\n";
    return exit_status::cannot_run;
  }
}

}  // namespace

void add_colour_option(CLI::App& command, std::string& choice) {
  command.add_option("--color", choice, "auto, always or never (NO_COLOR is respected)")
      ->option_text("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}));
}

void add_json_option(CLI::App& command, std::string& file) {
  command.add_option("--json", file, "as JSON; - is standard output")->option_text("FILE");
}

void write_json(const std::string& text, const std::string& file, Console& console) {
  if (file == "-") {
    console.out << text << std::flush;
  } else {
    write_file_atomically(file, text);
  }
}

std::string examples(const std::string& first, const std::string& second) {
  return "Examples:\n  " + first + "\n  " + second;
}

int main_command(int argc, const char* const* argv, Console& console) {
  console.argc = argc;
  console.argv = argv;
  CLI::App program(program_story, "wireproof");
  program.formatter(std::make_shared<HelpFormatter>());
  program.set_help_flag("-h,--help", "print this help and exit");
  program.set_version_flag("--version", "wireproof " + report::program_version(),
                           "print the version and exit");
  program.require_subcommand(1);
  program.footer(exit_statuses +
                 examples("wireproof run",
                          "wireproof run --server './my-server {address} {port}' scenarios/tcp"));
  Chosen chosen;
  add_run_command(program, console, chosen);
  add_step_command(program, console, chosen);
  add_explore_command(program, console, chosen);
  add_check_command(program, console, chosen);
  add_watch_command(program, console, chosen);
  add_show_command(program, console, chosen);
  add_report_command(program, console, chosen);
  add_compare_command(program, console, chosen);
  add_versus_command(program, console, chosen);
  add_history_command(program, console, chosen);
  add_merge_command(program, console, chosen);
  add_list_command(program, console, chosen);
  add_rules_command(program, console, chosen);
  add_load_command(program, console, chosen);
  add_init_command(program, console, chosen);
  add_doctor_command(program, console, chosen);
  add_completion_command(program, console, chosen);
  for (CLI::App* command : program.get_subcommands({})) command->group("Commands");
  add_manual_command(program, console, chosen);
  program.get_subcommand("manual")->group("");
  try {
    program.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    const auto commands = program.get_subcommands();
    console.out << (commands.empty() ? program.help() : commands[0]->help("wireproof"));
    return exit_status::passed;
  } catch (const CLI::CallForVersion& version) {
    console.out << version.what() << '\n';
    return exit_status::passed;
  } catch (const CLI::ParseError& error) {
    if (argc <= 1) {
      console.err << program.help();
      return exit_status::usage;
    }
    return usage_error(program, error, argc, argv, console);
  }
  return run_chosen(chosen, console);
}

int main_command(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  Console console = system_console(out, err);
  return main_command(argc, argv, console);
}

}  // namespace wireproof::cli
