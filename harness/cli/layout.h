// Where the shipped scenarios and reference programs are, found from the program's own place: in a
// build tree beside its sources, installed below the same prefix. Thread rule: pure functions but
// for the file system.
#pragma once

#include <filesystem>

namespace wireproof::cli {

struct Layout {
  std::filesystem::path scenarios;  // empty: not found
  std::filesystem::path targets;    // empty: not found
};

// `program`: the file that runs, all symbolic links followed.
Layout find_layout(const std::filesystem::path& program);
std::filesystem::path this_program();  // /proc/self/exe

// As a person would write it: relative to the working folder where that is shorter.
std::filesystem::path shown_path(const std::filesystem::path& path);

}  // namespace wireproof::cli
