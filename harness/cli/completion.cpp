// Completions for three shells. Descriptions are our own text; they are quoted all the same.
#include <fmt/format.h>

#include <stdexcept>

#include "cli/command_words.h"

namespace wireproof::cli {
namespace {

std::vector<std::string> option_names(const CommandWords& command) {
  std::vector<std::string> names;
  for (const OptionWords& option : command.options) {
    if (!option.positional) names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names;
}

bool takes_files(const CommandWords& command) {
  for (const OptionWords& option : command.options) {
    if (option.positional && option.takes_file()) return true;
  }
  return false;
}

// With every character of `marked` behind a backslash.
std::string marked(const std::string& text, std::string_view characters) {
  std::string out;
  for (const char c : text) {
    if (characters.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string single_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// What a value may be, as a bash statement that fills COMPREPLY.
std::string bash_values(const OptionWords& option) {
  if (!option.choices.empty()) {
    return fmt::format("mapfile -t COMPREPLY < <(compgen -W \"{}\" -- \"$cur\")",
                       fmt::join(option.choices, " "));
  }
  if (option.takes_folder()) return "_wireproof_files -d";
  if (option.takes_file()) return "_wireproof_files -f";
  return ":";
}

std::string bash(const CommandWords& program) {
  std::vector<std::string> commands;
  std::string values, options;
  for (const CommandWords& command : program.commands) {
    commands.push_back(command.name);
    for (const OptionWords& option : command.options) {
      if (option.positional || option.value.empty()) continue;
      for (const std::string& name : option.names) {
        values += fmt::format("    '{} {}')\n      {}\n      return ;;\n", command.name, name,
                              bash_values(option));
      }
    }
    options += fmt::format("    {}) words=\"{}\" files={} ;;\n", command.name,
                           fmt::join(option_names(command), " "), takes_files(command) ? 1 : 0);
  }
  return fmt::format(
      R"(# bash completion of wireproof, made by `wireproof completion bash`
_wireproof_files() {{
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$cur")
}}

_wireproof() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}}
  local command='' words='' files=0 i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${{COMP_WORDS[i]}} in
      {commands_or}) command=${{COMP_WORDS[i]}}; break ;;
    esac
  done
  case "$command $prev" in
{values}  esac
  case $command in
    '') words="{commands} {options_of_program}" ;;
{options}  esac
  if [[ -z $command || $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
  elif [[ $files == 1 ]]; then
    _wireproof_files -f
  fi
}}
complete -F _wireproof wireproof
)",
      fmt::arg("commands_or", fmt::format("{}", fmt::join(commands, "|"))),
      fmt::arg("values", values), fmt::arg("commands", fmt::format("{}", fmt::join(commands, " "))),
      fmt::arg("options_of_program", fmt::format("{}", fmt::join(option_names(program), " "))),
      fmt::arg("options", options));
}

// "(-h --help)"{-h,--help}"[print this help]", for _arguments.
std::string zsh_option(const OptionWords& option) {
  std::string action;
  if (!option.value.empty()) {
    action = ":" + marked(option.value, ":[]\\") + ":";
    if (!option.choices.empty()) {
      action += fmt::format("({})", fmt::join(option.choices, " "));
    } else if (option.takes_folder()) {
      action += "_files -/";
    } else if (option.takes_file()) {
      action += "_files";
    }
  }
  if (option.positional) return "    " + single_quoted("*" + action) + " \\\n";
  std::string lines;
  for (const std::string& name : option.names) {
    lines +=
        "    " +
        single_quoted(fmt::format("{}[{}]{}", name, marked(option.description, ":[]\\"), action)) +
        " \\\n";
  }
  return lines;
}

std::string zsh(const CommandWords& program) {
  std::string commands, cases;
  for (const CommandWords& command : program.commands) {
    commands +=
        "    " + single_quoted(command.name + ":" + marked(command.description, ":\\")) + "\n";
    std::string options;
    bool positional = false;
    for (const OptionWords& option : command.options) {
      // Of several positionals one pattern is enough: what they are does not differ to a shell.
      if (option.positional && (positional || !option.takes_file())) continue;
      positional = positional || option.positional;
      options += zsh_option(option);
    }
    cases += fmt::format("  {})\n    _arguments \\\n{}      && return ;;\n", command.name, options);
  }
  return fmt::format(R"(#compdef wireproof
# zsh completion of wireproof, made by `wireproof completion zsh`
_wireproof() {{
  local -a commands
  commands=(
{}  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
{}  esac
}}
_wireproof "$@"
)",
                     commands, cases);
}

std::string fish_option(const std::string& condition, const OptionWords& option) {
  std::string line = "complete -c wireproof -n " + single_quoted(condition);
  for (const std::string& name : option.names) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (!option.choices.empty()) {
    line +=
        fmt::format(" -x -a {}", single_quoted(fmt::format("{}", fmt::join(option.choices, " "))));
  } else if (option.takes_folder()) {
    line += " -x -a '(__fish_complete_directories)'";
  } else if (option.takes_file()) {
    line += " -r -F";
  } else if (!option.value.empty()) {
    line += " -x";
  }
  return line + " -d " + single_quoted(option.description) + "\n";
}

std::string fish(const CommandWords& program) {
  std::string out =
      "# fish completion of wireproof, made by `wireproof completion fish`\n"
      "complete -c wireproof -n __fish_use_subcommand -f\n";
  for (const CommandWords& command : program.commands) {
    const std::string condition = "__fish_seen_subcommand_from " + command.name;
    out += fmt::format("complete -c wireproof -n __fish_use_subcommand -a {} -d {}\n", command.name,
                       single_quoted(command.description));
    if (!takes_files(command)) {
      out += "complete -c wireproof -n " + single_quoted(condition) + " -f\n";
    }
    for (const OptionWords& option : command.options) {
      if (!option.positional) out += fish_option(condition, option);
    }
  }
  for (const OptionWords& option : program.options) {
    out += fish_option("__fish_use_subcommand", option);
  }
  return out;
}

}  // namespace

std::string completion(const CommandWords& program, const std::string& shell) {
  if (shell == "bash") return bash(program);
  if (shell == "zsh") return zsh(program);
  if (shell == "fish") return fish(program);
  throw std::invalid_argument("no completion for " + shell);
}

}  // namespace wireproof::cli
