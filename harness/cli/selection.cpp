#include "cli/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>
#include <set>

#include "base/text.h"
#include "cli/command.h"
#include "cli/rule_catalog.h"
#include "scenario/command.h"
#include "scenario/load.h"

namespace wireproof::cli {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> paths_of(const SelectionRequest& request, const Layout& layout) {
  if (!request.paths.empty()) return request.paths;
  if (layout.scenarios.empty()) {
    throw UsageError("the shipped scenarios are not where this program was built or installed",
                     "name a scenario file or a folder of them: wireproof run PATH");
  }
  return {shown_path(layout.scenarios).string()};
}

// An id is relative to the path that was named, so `a/x.json b/x.json` have one: each then takes
// the folders above it until they differ.
void tell_apart(std::vector<scenario::Case>& cases) {
  std::map<const scenario::Case*, fs::path> above;  // the folder above the id
  for (const scenario::Case& one : cases) {
    const std::string file = one.id.substr(0, one.id.find('@'));
    fs::path folder = fs::absolute(one.position.file).lexically_normal().parent_path();
    for (auto slashes = std::count(file.begin(), file.end(), '/'); slashes > 0; --slashes) {
      folder = folder.parent_path();
    }
    above.emplace(&one, folder);
  }
  while (true) {
    std::map<std::string, std::vector<scenario::Case*>> by_id;
    for (scenario::Case& one : cases) by_id[one.id].push_back(&one);
    std::erase_if(by_id, [](const auto& same) { return same.second.size() < 2; });
    if (by_id.empty()) return;
    bool grew = false;
    for (const auto& [id, same] : by_id) {
      for (scenario::Case* one : same) {
        fs::path& folder = above.at(one);
        if (!folder.has_relative_path()) continue;
        one->id = folder.filename().string() + "/" + one->id;
        folder = folder.parent_path();
        grew = true;
      }
    }
    if (grew) continue;
    const auto& [id, same] = *by_id.begin();
    throw UsageError(
        fmt::format("two cases have the id {}: {} and {}", printable(id),
                    scenario::to_string(same[0]->position), scenario::to_string(same[1]->position)),
        "name each file once");
  }
}

std::vector<scenario::Case> load_all(const std::vector<std::string>& paths) {
  scenario::Vocabulary vocabulary;
  for (const Rule& rule : all_rules()) vocabulary.rules.emplace_back(rule.id);
  std::vector<scenario::Case> cases;
  std::string errors;
  std::size_t count = 0;
  for (const std::string& path : paths) {
    auto loaded = scenario::load(path, vocabulary);
    if (!loaded) {
      for (const scenario::Error& error : loaded.error()) {
        errors += "\n" + scenario::to_string(error);
        ++count;
      }
      continue;
    }
    std::move(loaded->begin(), loaded->end(), std::back_inserter(cases));
  }
  if (count > 0) {
    throw UsageError(fmt::format("{} error{} in scenario files; nothing was launched{}", count,
                                 count == 1 ? "" : "s", errors));
  }
  tell_apart(cases);
  return cases;
}

bool mentions(const std::vector<std::string>& command, std::string_view placeholder) {
  return std::any_of(command.begin(), command.end(), [&](const std::string& word) {
    return word.find(placeholder) != std::string::npos;
  });
}

std::vector<scenario::Case> filtered(std::vector<scenario::Case> cases, const std::string& filter) {
  // An id may hold a comma, which separates alternatives in a filter: an exact id comes first.
  const bool exact = std::any_of(cases.begin(), cases.end(),
                                 [&](const scenario::Case& one) { return one.id == filter; });
  std::erase_if(cases, [&](const scenario::Case& one) {
    return exact ? one.id != filter : !scenario::matches(one, filter);
  });
  return cases;
}

// Why a command cannot play in a case, or nothing.
std::string misfit(const scenario::Case& one, const std::vector<std::string>& command) {
  const bool wants_path = mentions(command, "{path}");
  const bool wants_port = mentions(command, "{port}") || mentions(command, "{address}");
  if (wants_path && !scenario::is_unix(one.transport)) return "the command is for UNIX sockets";
  if (wants_port && !wants_path && scenario::is_unix(one.transport)) {
    return "the command has no {path} for a UNIX socket";
  }
  return {};
}

// {adress} would reach the program as it stands: no program wants that.
void refuse_unknown_placeholders(Side side, const std::vector<std::string>& command) {
  static const std::vector<std::string> known = {"address", "port",    "path",
                                                 "family",  "scratch", "targets"};
  static const std::regex placeholder(R"(\{([a-z_]+)\})");
  for (const std::string& word : command) {
    for (std::sregex_iterator at(word.begin(), word.end(), placeholder), end; at != end; ++at) {
      const std::string name_in_it = (*at)[1];
      if (std::find(known.begin(), known.end(), name_in_it) != known.end()) continue;
      const std::string near = nearest(name_in_it, known);
      throw UsageError(fmt::format("--{}: unknown placeholder {{{}}}", name(side), name_in_it),
                       near.empty()
                           ? "there are {address} {port} {path} {family} {scratch} {targets}"
                           : fmt::format("did you mean {{{}}}?", near));
    }
  }
}

void put_in(std::vector<scenario::Case>& cases, Side side, const std::string& text, bool shipped,
            std::vector<std::string>& notes) {
  if (text.empty()) return;
  const std::vector<std::string> command = command_of(side, text);
  std::map<std::string, std::size_t> reasons;
  std::erase_if(cases, [&](scenario::Case& one) {
    const bool known_bad =
        std::find(one.tags.begin(), one.tags.end(), "known-bad") != one.tags.end();
    std::string reason = misfit(one, command);
    if (reason.empty() && shipped && known_bad) reason = "they are about a known-bad program";
    if (reason.empty()) {
      const auto replaced = scenario::replace_program(one, side, command);
      if (!replaced) reason = replaced.error();
    }
    if (reason.empty()) return false;
    ++reasons[reason];
    return true;
  });
  std::string all;
  for (const auto& [reason, count] : reasons) {
    notes.push_back(fmt::format("--{} left out {} case{}: {}", name(side), count,
                                count == 1 ? "" : "s", reason));
    all += "\n  " + notes.back();
  }
  if (cases.empty()) {
    throw UsageError(
        fmt::format("--{} fits none of the cases{}", name(side), all),
        fmt::format("name scenarios whose {} is a program, as scenarios/tcp", name(side)));
  }
}

}  // namespace

Selection select_cases(const SelectionRequest& request, const Layout& layout) {
  Selection selection;
  selection.paths = paths_of(request, layout);
  std::vector<scenario::Case> all = load_all(selection.paths);
  if (all.empty()) {
    throw UsageError(fmt::format("no scenario file (*.json) in {}", printable(selection.paths[0])));
  }
  std::vector<std::string> ids;
  for (const scenario::Case& one : all) ids.push_back(one.id);
  selection.cases = filtered(std::move(all), request.filter);
  if (selection.cases.empty()) {
    const std::string near = nearest(request.filter, ids);
    throw UsageError(
        fmt::format("--filter {} matches none of {} cases", quoted(request.filter), ids.size()),
        near.empty() ? "see `wireproof list`" : "did you mean " + near + "?");
  }
  const bool shipped = request.paths.empty();
  put_in(selection.cases, Side::server, request.server, shipped, selection.notes);
  put_in(selection.cases, Side::client, request.client, shipped, selection.notes);
  return selection;
}

std::vector<std::string> command_of(Side side, const std::string& text) {
  auto command = scenario::split_command(text);
  if (!command) throw UsageError(fmt::format("--{}: {}", name(side), command.error()));
  refuse_unknown_placeholders(side, *command);
  return std::move(*command);
}

void refuse_missing_targets(const Selection& selection, const Layout& layout) {
  if (!layout.targets.empty()) return;
  for (const scenario::Case& one : selection.cases) {
    for (const auto* program : {&one.server, &one.client}) {
      if (!*program || !mentions((*program)->command, "{targets}")) continue;
      throw UsageError(fmt::format("{} wants a reference program, and these are not where this "
                                   "program was built or installed",
                                   printable(one.id)),
                       "install both with `cmake --install`, or put your own in their place with "
                       "--server CMD and --client CMD");
    }
  }
}

}  // namespace wireproof::cli
