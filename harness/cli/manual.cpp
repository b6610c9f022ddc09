// The manual page: the options as the parser knows them, and around them what it does not know.
#include <fmt/format.h>

#include <algorithm>

#include "cli/command_words.h"

namespace wireproof::cli {
namespace {

constexpr const char* description = R"(.PP
.B wireproof run
launches the programs under test, drives them as scenario files say, captures their packets, and judges
every connection from its first SYN to its last ACK by the packets and by what the kernel lists.
Without a
.I PATH
it runs the scenarios that ship with it.
.PP
A scenario is a JSON file with comments;
.B wireproof init
writes a first one for a server.
)";

constexpr const char* ending = R"(.SH EXIT STATUS
.TP
.B 0
all passed, or no regression
.TP
.B 1
something failed, or a regression
.TP
.B 2
wrong usage or a bad scenario file
.TP
.B 3
this machine cannot run it
.TP
.B 130
interrupted, with a complete report of what ran
.SH ENVIRONMENT
.TP
.B NO_COLOR
no colour in a terminal
.TP
.B CI
neither colour nor progress
.TP
.B WIREPROOF_HISTORY
the history that runs are added to and commands read, where
.B \-\-history
names none
.PP
The variables by which GitHub Actions, GitLab CI, Jenkins, Buildkite, CircleCI, Azure Pipelines, Travis CI
and Woodpecker name the commit, the branch and the job are recorded in a run's report.
.SH FILES
.TP
.I wireproof-results/report.json
what a run tried, on what machine, and what came of it
.TP
.I /usr/share/wireproof/scenarios/
the scenarios that ship, each a worked example
.TP
.I /usr/libexec/wireproof/targets/
the reference servers and clients, and the known-bad ones
.SH SEE ALSO
.BR pcap (3pcap),
.BR tcp (7),
.BR udp (7),
.BR unix (7),
.BR network_namespaces (7)
)";

// Text as roff takes it: nothing in it is a request, a hyphen is one to copy.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) out += "\\&";
      out += c;
    }
  }
  return out;
}

std::string option_entry(const OptionWords& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.names) {
    names.push_back((option.positional ? "\\fI" : "\\fB") + roff(name) + "\\fR");
  }
  std::string head = fmt::format("{}", fmt::join(names, ", "));
  if (!option.value.empty() && !option.positional) head += " \\fI" + roff(option.value) + "\\fR";
  std::string text = roff(option.description);
  return fmt::format(".TP\n{}\n{}\n", head, text.empty() ? "\\&" : text);
}

// A footer of a command's help: lines that are indented stay as they are.
std::string footer(const std::string& text) {
  std::string out;
  bool literal = false;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    const bool indented = line.starts_with(' ');
    if (indented != literal) out += indented ? ".PP\n.nf\n" : ".fi\n";
    literal = indented;
    if (line.empty()) {
      out += ".PP\n";
    } else {
      out += roff(line) + "\n";
    }
  }
  return literal ? out + ".fi\n" : out;
}

std::string usage(const CommandWords& command) {
  std::string line = fmt::format(".B wireproof {}\n", command.name);
  const std::string words = usage_words(command);
  return words.empty() ? line : line + ".I \"" + roff(words) + "\"\n";
}

}  // namespace

std::string manual(const CommandWords& program, const std::string& version) {
  std::string out = fmt::format(
      ".\\\" made by `wireproof manual`\n.TH WIREPROOF 1 \"\" \"wireproof {}\" \"User "
      "Commands\"\n.SH "
      "NAME\nwireproof \\- prove that TCP, UDP and UNIX\\-socket programs keep to the "
      "standards\n.SH SYNOPSIS\n",
      version);
  for (std::size_t i = 0; i < program.commands.size(); ++i) {
    out += (i == 0 ? "" : ".br\n") + usage(program.commands[i]);
  }
  out += ".SH DESCRIPTION\n" + roff(program.description) + description + ".SH OPTIONS\n";
  for (const OptionWords& option : program.options) out += option_entry(option);
  out += ".SH COMMANDS\n";
  for (const CommandWords& command : program.commands) {
    out +=
        fmt::format(".SS {}\n{}.\n", roff("wireproof " + command.name), roff(command.description));
    for (const OptionWords& option : command.options) out += option_entry(option);
    if (!command.footer.empty()) out += ".PP\n" + footer(command.footer);
  }
  return out + ending;
}

}  // namespace wireproof::cli
