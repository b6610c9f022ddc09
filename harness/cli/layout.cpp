#include "cli/layout.h"

#include <fstream>
#include <string>
#include <string_view>

namespace wireproof::cli {
namespace {

namespace fs = std::filesystem;

// The source folder that a build folder was configured from; empty where it is no build folder.
fs::path source_folder(const fs::path& build) {
  constexpr std::string_view key = "CMAKE_HOME_DIRECTORY:INTERNAL=";
  std::ifstream cache(build / "CMakeCache.txt");
  for (std::string line; std::getline(cache, line);) {
    if (line.starts_with(key)) return line.substr(key.size());
  }
  return {};
}

fs::path folder_or_nothing(const fs::path& path) {
  std::error_code failure;
  return fs::is_directory(path, failure) ? fs::weakly_canonical(path, failure) : fs::path();
}

}  // namespace

Layout find_layout(const fs::path& program) {
  const fs::path here = program.parent_path();
  if (const fs::path source = source_folder(here); !source.empty()) {
    return {folder_or_nothing(source / "scenarios"), folder_or_nothing(here / "targets")};
  }
  const fs::path prefix = here.parent_path();
  return {folder_or_nothing(prefix / "share/wireproof/scenarios"),
          folder_or_nothing(prefix / "libexec/wireproof/targets")};
}

fs::path this_program() {
  std::error_code failure;
  return fs::read_symlink("/proc/self/exe", failure);
}

fs::path shown_path(const fs::path& path) {
  std::error_code failure;
  const fs::path relative = fs::proximate(path, failure);
  return !failure && relative.string().size() < path.string().size() ? relative : path;
}

}  // namespace wireproof::cli
