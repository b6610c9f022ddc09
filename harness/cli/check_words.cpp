#include "cli/check_words.h"

#include "cli/command.h"
#include "cli/expectation.h"

namespace wireproof::cli {

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
