#include "cli/check_words.h"

#include "cli/command.h"
#include "cli/expectation.h"

namespace wireproof::cli {

void add_selection_options(CLI::App& command, SelectionWords& words, std::string& filter,
                           bool& decapsulate) {
  command.add_option("--filter", filter, "only packets that match, as for tcpdump")
      ->option_text("BPF");
  command.add_option("--where", words.where, "only connections of which this is true")
      ->option_text("WORDS");
  command.add_option("--expect", words.expect, "what each connection must be")
      ->option_text("WORDS");
  command.add_flag("--decapsulate", decapsulate, "judge what GRE, IP-in-IP, VXLAN carry");
}

tcp::Expectation expectation_of(const std::string& words) {
  if (words.empty()) return {};
  const auto parsed = parse_expectation(words);
  if (!parsed) throw UsageError("--expect: " + parsed.error());
  return *parsed;
}

std::optional<check::Where> where_of(const std::string& words) {
  if (words.empty()) return std::nullopt;
  auto parsed = check::Where::parse(words);
  if (!parsed) throw UsageError("--where: " + parsed.error());
  return *std::move(parsed);
}

int status_of(const std::function<check::Outcome()>& run) {
  check::Outcome outcome;
  try {
    outcome = run();
  } catch (const check::Refusal& refusal) {
    throw UsageError(refusal.what());
  }
  if (outcome.verdict == Verdict::failed) return exit_status::failed;
  return outcome.damaged ? exit_status::usage : exit_status::passed;
}

}  // namespace wireproof::cli
