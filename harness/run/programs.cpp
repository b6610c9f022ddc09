#include "run/programs.h"

#include <fmt/format.h>

#include <csignal>

#include "base/text.h"
#include "run/rules.h"

namespace wireproof::run {
namespace {

constexpr std::chrono::milliseconds orderly_end{1500};

Blame blame(Side who) { return who == Side::client ? Blame::client : Blame::server; }

// The end of a program's output, in whole lines where it can be, for a message.
std::string last_words(const process::Output& output) {
  constexpr std::size_t most = 300;
  std::string_view text = output.text;
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  if (text.size() > most) {
    text.remove_prefix(text.size() - most);
    const std::size_t line = text.find('\n');
    if (line != std::string_view::npos) text.remove_prefix(line + 1);
  }
  return quoted(text, most);
}

std::string_view without_final_newline(std::string_view text) {
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return text;
}

}  // namespace

Programs::Programs(const scenario::Case& one, const lab::Lab& lab, Placeholders values)
    : lab_(lab) {
  for (const Side who : {Side::client, Side::server}) {
    const auto& program = who == Side::client ? one.client : one.server;
    if (!program) continue;
    role(who).program = &*program;
    for (const std::string& word : program->command) {
      role(who).command.push_back(filled(word, values));
    }
  }
}

bool Programs::has(Side who) const { return role(who).program != nullptr; }
bool Programs::started(Side who) const { return role(who).process.has_value(); }

bool Programs::running(Side who) {
  Role& one = role(who);
  return one.process && !one.process->exit_status();
}

void Programs::add(const Rule& rule, Side who, std::string expected, std::string observed) {
  Finding finding = make_finding(rule, blame(who), {}, std::move(expected), std::move(observed));
  finding.where = fmt::format("{} {}", name(who), role(who).program->name);
  findings_.push_back(std::move(finding));
}

void Programs::start(Side who) {
  Role& one = role(who);
  process::LaunchSpec spec = process::launch_in(lab_, who, std::string(name(who)), one.command);
  for (const auto& [key, value] : one.program->environment) {
    spec.environment.emplace_back(key, value);
  }
  one.process = process::Process::start(spec);
}

bool Programs::await_ready(witness::SocketTable& table, const process::Readiness& wanted,
                           Deadline deadline) {
  Role& one = role(Side::server);
  const bool own_only = lab_.identity().isolation == lab::Isolation::none;
  const auto result = process::await_ready(*one.process, table, wanted, deadline, own_only);
  if (result == process::ReadyResult::ready) return true;
  const std::string limit =
      fmt::format("listening within {} ms", one.program->ready_within.count());
  if (result == process::ReadyResult::exited) {
    one.exit = one.process->wait(deadline);
    add(rule::program_ready, Side::server, limit, describe(Side::server));
  } else {
    const std::string instead = process::listed_instead(table);
    add(rule::program_ready, Side::server, limit,
        (instead.empty() ? "it runs and listens nowhere"
                         : "it runs, and the kernel lists " + instead) +
            "; " + describe(Side::server));
  }
  return false;
}

bool Programs::await_exit(Side who, Deadline deadline) {
  Role& one = role(who);
  if (!one.process) return false;
  one.exit = one.process->wait(deadline);
  return one.exit.has_value();
}

void Programs::signal(Side who, int number) {
  Role& one = role(who);
  if (!one.process) return;
  if (number != 0 && !one.process->exit_status()) one.signals.insert(number);
  one.process->signal(number);
}

std::string Programs::describe(Side who) {
  Role& one = role(who);
  if (!one.process) return "was not started";
  const auto status = one.process->exit_status();
  if (status) one.process->end(Deadline::after(orderly_end));  // for all of its output
  std::string text = status ? "ended: " + process::to_string(*status) : "still runs";
  const auto errors = one.process->standard_error();
  const auto output = one.process->standard_output();
  if (errors.total_bytes > 0) {
    text += "; its standard error ends " + last_words(errors);
  } else if (output.total_bytes > 0) {
    text += "; its standard output ends " + last_words(output);
  } else {
    text += "; it printed nothing";
  }
  return text;
}

void Programs::end_all() {
  for (const Side who : {Side::client, Side::server}) {
    Role& one = role(who);
    if (!one.process) continue;
    const bool ended_itself = one.process->exit_status().has_value();
    if (!ended_itself) one.signals.insert(SIGTERM);
    // Of a program that has ended this ends what it left behind, and completes its output.
    const bool in_time = one.process->end(Deadline::after(orderly_end));
    if (!ended_itself && (who == Side::client || !in_time)) one.overran = true;
    if (!in_time) one.signals.insert(SIGKILL);
    one.exit = one.process->exit_status();
  }
}

std::vector<pid_t> Programs::tree(Side who) const {
  return started(who) ? role(who).process->tree() : std::vector<pid_t>();
}

bool Programs::crashed(Side who) const {
  const Role& one = role(who);
  return one.exit && one.exit->signal != 0 && !one.signals.contains(one.exit->signal);
}

void Programs::judge_exit(Side who) {
  Role& one = role(who);
  if (!one.exit) return;
  if (crashed(who)) {
    add(rule::program_crash, who, "no signal", describe(who));
    return;
  }
  if (one.program->may_be_killed && !one.signals.empty()) return;
  if (one.overran) {
    add(rule::program_ends, who,
        who == Side::client ? "ends by itself before the case's time limit"
                            : fmt::format("ends within {} ms of SIGTERM", orderly_end.count()),
        who == Side::client ? "still ran, and was ended" : "had to be ended by SIGKILL");
    return;
  }
  // A server without a handler is ended by SIGTERM, and some exit with 128 + its number as shells
  // do: that is in order unless a status is wanted.
  const bool by_sigterm = one.exit->signal == SIGTERM || one.exit->code == 128 + SIGTERM;
  if (!one.signals.empty() && by_sigterm && !one.program->expect_exit) return;
  const int wanted = one.program->expect_exit.value_or(0);
  if (one.exit->code != wanted) {
    add(rule::program_exit, who, fmt::format("exit status {}", wanted), describe(who));
  }
}

void Programs::judge_output(Side who) {
  Role& one = role(who);
  const std::string text = one.process->standard_output().text;
  if (const auto& wanted = one.program->expect_output;
      wanted && without_final_newline(text) != without_final_newline(*wanted)) {
    add(rule::program_output, who, "standard output " + wireproof::quoted(*wanted),
        wireproof::quoted(text));
  }
  if (const auto& wanted = one.program->expect_output_contains;
      wanted && text.find(*wanted) == std::string::npos) {
    add(rule::program_output, who, "standard output with " + wireproof::quoted(*wanted),
        wireproof::quoted(text));
  }
}

void Programs::judge() {
  for (const Side who : {Side::client, Side::server}) {
    if (!started(who)) continue;
    // A server that was not ready has its finding: how it ended then is part of that.
    const bool known = !findings_.empty() && findings_.front().rule == rule::program_ready.id &&
                       who == Side::server;
    if (!known) judge_exit(who);
    judge_output(who);
  }
}

std::vector<report::TargetReport> Programs::reports() const {
  std::vector<report::TargetReport> all;
  for (const Side who : {Side::server, Side::client}) {
    const Role& one = role(who);
    if (one.program == nullptr) continue;
    report::TargetReport target;
    target.role = who;
    target.name = one.program->name;
    target.command = one.command;
    if (one.process) {
      const auto output = one.process->standard_output();
      const auto errors = one.process->standard_error();
      target.output = output.text;
      target.error_output = errors.text;
      target.output_bytes = output.total_bytes;
      target.error_bytes = errors.total_bytes;
      target.cpu_ms = one.process->cpu_seconds() * 1e3;
    }
    if (one.exit) {
      target.exit =
          process::to_string(*one.exit) + (one.signals.empty() ? "" : " (ended by wireproof)");
      if (one.exit->signal == 0) target.exit_code = one.exit->code;
    } else {
      target.exit = "was not started";
    }
    all.push_back(std::move(target));
  }
  return all;
}

double Programs::cpu_seconds() const {
  double sum = 0;
  for (const Role& one : roles_) {
    if (one.process) sum += one.process->cpu_seconds();
  }
  return sum;
}

}  // namespace wireproof::run
