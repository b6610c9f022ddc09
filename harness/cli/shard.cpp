#include "cli/shard.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "base/text.h"
#include "cli/command.h"
#include "reports/style.h"

namespace wireproof::cli {
namespace {

std::optional<unsigned> whole_number(std::string_view text) {
  unsigned number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, failure] = std::from_chars(text.data(), end, number);
  return failure == std::errc{} && at == end ? std::optional(number) : std::nullopt;
}

}  // namespace

run::Shard read_shard(const std::string& text, std::size_t cases) {
  run::Shard shard;
  if (text.empty()) return shard;
  const std::size_t slash = text.find('/');
  const std::string_view whole = text;
  const auto index = whole_number(whole.substr(0, slash));
  const auto count =
      slash == std::string::npos ? std::nullopt : whole_number(whole.substr(slash + 1));
  if (!index || !count || *index == 0 || *index > *count) {
    throw UsageError("--shard " + quoted(text) + " is not a share of the cases",
                     "the second of five is written 2/5");
  }
  if (*index > cases) {
    throw UsageError(
        fmt::format("--shard {}: there are only {}", text, report::counted(cases, "case")),
        "ask for fewer shards than cases");
  }
  shard.index = *index;
  shard.count = *count;
  return shard;
}

}  // namespace wireproof::cli
