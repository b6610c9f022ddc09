// What `check` is to read: files as they are named, and of folders every capture in them.
// Thread rule: pure functions of the file system.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wireproof::check {

struct Inputs {
  std::vector<std::string> files;  // "-" for standard input; a folder's in the order of their names
  std::uint64_t passed_over = 0;   // in folders: what is no capture
};
Inputs expand(const std::vector<std::string>& names);

}  // namespace wireproof::check
