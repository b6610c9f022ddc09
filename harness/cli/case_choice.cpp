#include "cli/case_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/text.h"
#include "cli/command.h"

namespace wireproof::cli {

const report::CaseReport& find_case(const report::RunReport& run, const std::string& word) {
  std::vector<const report::CaseReport*> holding;
  std::vector<std::string> ids;
  for (const report::CaseReport& one : run.cases) {
    if (one.id == word) return one;
    if (one.id.find(word) != std::string::npos) holding.push_back(&one);
    ids.push_back(one.id);
  }
  if (holding.size() == 1) return *holding[0];
  constexpr std::size_t most = 5;
  std::string hint;
  for (std::size_t i = 0; i < std::min(holding.size(), most); ++i) {
    hint += (i == 0 ? "did you mean one of these?\n    " : "\n    ") + printable(holding[i]->id);
  }
  if (holding.size() > most) hint += fmt::format("\n    and {} others", holding.size() - most);
  if (holding.empty()) {
    const std::string near = nearest(word, ids);
    hint = near.empty() ? "`wireproof show REPORT --verbose` lists its cases"
                        : "did you mean " + printable(near) + "?";
  }
  throw UsageError(fmt::format("{} case {} in this report",
                               holding.empty() ? "no" : "more than one", quoted(word)),
                   hint);
}

void check_connection(const report::CaseReport& one, std::uint64_t connection) {
  const auto has = [&](const auto& list, auto index) {
    return std::any_of(list.begin(), list.end(),
                       [&](const auto& each) { return index(each) == connection; });
  };
  if (has(one.connections, [](const auto& each) { return each.connection.index; }) ||
      has(one.exchanges, [](const auto& each) { return each.index; })) {
    return;
  }
  throw UsageError(fmt::format("the case has no connection {}", connection),
                   fmt::format("the report holds {} of its connections", one.connections.size()));
}

std::string results_folder_of(const std::string& report) {
  const std::filesystem::path path = report;
  std::error_code failure;
  std::string folder =
      std::filesystem::is_directory(path, failure) ? path.string() : path.parent_path().string();
  if (folder.empty()) folder = ".";
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  return folder;
}

}  // namespace wireproof::cli
