#include "scenario/load.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"
#include "scenario/case_reader.h"
#include "scenario/expand.h"
#include "scenario/matrix.h"
#include "scenario/source.h"
#include "scenario/tree.h"

namespace wireproof::scenario {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_carried_bytes = 256u << 20;  // payloads of all of a file's cases

std::size_t carried_bytes(const std::vector<Step>& steps) {
  std::size_t sum = 0;
  for (const Step& step : steps) {
    if (const auto* send = std::get_if<step::Send>(&step.action)) sum += send->data.bytes.size();
    if (const auto* want = std::get_if<step::Expect>(&step.action)) sum += want->data.bytes.size();
    if (const auto* inner = std::get_if<RepeatStep>(&step.action))
      sum += carried_bytes(inner->steps);
  }
  return sum;
}

Error file_error(const fs::path& path, std::string message, std::string hint) {
  return {{path.string(), 0, 0}, std::move(message), std::move(hint), {}};
}

tl::expected<std::string, Error> read_file(const fs::path& path) {
  const Fd fd(retry_eintr([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
  const auto refused = [&](std::string_view hint) {
    return tl::unexpected(file_error(path, fmt::format("cannot be read: {}", std::strerror(errno)),
                                     std::string(hint)));
  };
  if (!fd.is_open()) return refused(errno == ENOENT ? "is the path right?" : "");
  std::string text;
  char buffer[1 << 16];
  while (text.size() <= largest_file_bytes) {
    const ssize_t got = retry_eintr([&] { return ::read(fd.get(), buffer, sizeof buffer); });
    if (got < 0) return refused("");
    if (got == 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

tl::expected<std::vector<Case>, std::vector<Error>> load_file(const fs::path& path,
                                                              const std::string& id_prefix,
                                                              const Vocabulary& vocabulary) {
  auto text = read_file(path);
  if (!text) return tl::unexpected(std::vector{std::move(text.error())});
  return load_text(*text, path.string(), id_prefix, vocabulary);
}

// Relative to `folder`, sorted: the same order wherever the run is.
std::vector<fs::path> scenario_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (auto entry = fs::recursive_directory_iterator(
           folder, fs::directory_options::follow_directory_symlink |
                       fs::directory_options::skip_permission_denied);
       entry != fs::recursive_directory_iterator(); ++entry) {
    const std::string file_name = entry->path().filename().string();
    if (entry->is_directory() && (file_name.starts_with('.') || file_name == "schema")) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file() && entry->path().extension() == ".json" &&
               !file_name.starts_with('.')) {
      files.push_back(entry->path().lexically_relative(folder));
    }
    if (entry.depth() > 30) entry.disable_recursion_pending();  // a link that leads back up
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

tl::expected<std::vector<Case>, std::vector<Error>> load_text(std::string_view text,
                                                              const std::string& file,
                                                              const std::string& id_prefix,
                                                              const Vocabulary& vocabulary) {
  const Source source(file, text);
  auto root = parse_tree(source);
  if (!root) return tl::unexpected(std::move(root.error()));
  Errors errors(source);
  const Object top({&*root, "the scenario"}, top_keys(), errors);
  if (!top.valid()) return tl::unexpected(errors.sorted());
  const std::size_t errors_before = errors.count();
  const Matrix matrix = read_matrix(root->find("matrix"), errors);
  if (errors.count() != errors_before) return tl::unexpected(errors.sorted());

  Usage usage;
  std::vector<Case> cases;
  std::size_t carried = 0;
  for (const Combination& combination : matrix.combinations) {
    const Node expanded = Expander(matrix, combination, usage, errors).expand(*root, /*top=*/true);
    Case one = read_case(expanded, vocabulary, errors);
    one.id = id_prefix;
    for (std::size_t i = 0; i < combination.size(); ++i) {
      one.id += (i == 0 ? "@" : ",") + combination[i].label;
      one.parameters[matrix.variables[i].name] = combination[i].label;
    }
    carried += carried_bytes(one.steps);
    if (carried > most_carried_bytes) {
      errors.add(root->offset,
                 fmt::format("the cases send and expect over {} bytes", most_carried_bytes),
                 "send less at once, with \"repeat\"");
      break;
    }
    cases.push_back(std::move(one));
  }
  check_usage(matrix, usage, errors);
  if (!errors.empty()) return tl::unexpected(errors.sorted());
  return cases;
}

tl::expected<std::vector<Case>, std::vector<Error>> load(const fs::path& path,
                                                         const Vocabulary& vocabulary) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) {
    return load_file(path, path.stem().string(), vocabulary);
  }
  std::vector<Case> cases;
  std::vector<Error> errors;
  try {
    for (const fs::path& file : scenario_files(path)) {
      auto loaded =
          load_file(path / file, fs::path(file).replace_extension().generic_string(), vocabulary);
      if (loaded) {
        std::ranges::move(*loaded, std::back_inserter(cases));
      } else {
        std::ranges::move(loaded.error(), std::back_inserter(errors));
      }
    }
  } catch (const fs::filesystem_error& error) {
    errors.push_back(file_error(path, error.code().message(), "is the folder readable?"));
  }
  if (cases.empty() && errors.empty()) {
    errors.push_back(
        file_error(path, "the folder holds no scenario", "scenario files end in .json"));
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return cases;
}

}  // namespace wireproof::scenario
