// wireproof doctor: what this machine can run, and what to do about the rest.
#include <algorithm>
#include <ostream>

#include "cli/command.h"
#include "cli/machine_checks.h"
#include "reports/json_writer.h"
#include "reports/style.h"

namespace wireproof::cli {
namespace {

struct DoctorRequest {
  std::string colour = "auto";
  std::string json;
};

std::string_view name(Grade grade) {
  switch (grade) {
    case Grade::ok:
      return "ok";
    case Grade::warn:
      return "warn";
    case Grade::fail:
      return "fail";
  }
  return "?";
}

std::string as_json(const std::vector<MachineCheck>& checks) {
  std::string text;
  report::JsonWriter json(text);
  json.begin_object();
  json.key("checks");
  json.begin_array();
  for (const MachineCheck& check : checks) {
    json.item();
    json.begin_object(true);
    json.key("grade");
    json.string(name(check.grade));
    json.key("what");
    json.string(check.what);
    json.key("found");
    json.string(check.found);
    if (!check.remedy.empty()) {
      json.key("remedy");
      json.string(check.remedy);
    }
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return text + '\n';
}

void print_text(const std::vector<MachineCheck>& checks, const report::Style& style,
                std::ostream& out) {
  using report::Tone;
  constexpr std::size_t grade_columns = 6, what_columns = 16, margin = grade_columns + what_columns;
  for (const MachineCheck& check : checks) {
    const Tone tone = check.grade == Grade::ok     ? Tone::good
                      : check.grade == Grade::warn ? Tone::warn
                                                   : Tone::bad;
    std::string start = style.paint(tone, report::padded(name(check.grade), grade_columns)) +
                        report::padded(check.what, what_columns);
    for (const std::string& line : style.wrap(style.safe(check.found), style.width() - margin)) {
      out << start << line << '\n';
      start = std::string(margin, ' ');
    }
    if (!check.remedy.empty()) {
      out << style.entry(margin, "", 0, style.safe(check.remedy), Tone::dim);
    }
  }
}

int doctor_command(const DoctorRequest& request, Console& console) {
  std::vector<MachineCheck> checks = isolation_checks(lab::probe_isolation());
  for (auto more : {system_checks(), installation_checks(find_layout(this_program()))}) {
    std::move(more.begin(), more.end(), std::back_inserter(checks));
  }
  const bool hopeless = std::any_of(checks.begin(), checks.end(), [](const MachineCheck& check) {
    return check.grade == Grade::fail;
  });
  if (!request.json.empty()) {
    write_json(as_json(checks), request.json, console);
  } else {
    const report::TextOptions options = text_options(console, request.colour);
    print_text(checks, report::Style(options), console.out);
    console.out << (hopeless ? "\nNothing can run here: see above.\n"
                             : "\nThis machine can run cases.\n");
  }
  return hopeless ? exit_status::cannot_run : exit_status::passed;
}

}  // namespace

void add_doctor_command(CLI::App& program, Console& console, Chosen& chosen) {
  auto request = std::make_shared<DoctorRequest>();
  CLI::App* command = program.add_subcommand("doctor", "what this machine can run, and what to do");
  add_json_option(*command, request->json);
  add_colour_option(*command, request->colour);
  command->footer("Exit status: 3 where nothing can run.\n\n" +
                  examples("wireproof doctor", "wireproof doctor --json -"));
  command->callback([=, &console, &chosen] {
    chosen = [=, &console] { return doctor_command(*request, console); };
  });
}

}  // namespace wireproof::cli
