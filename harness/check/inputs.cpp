#include "check/inputs.h"

#include <algorithm>
#include <filesystem>

#include "capture/reader.h"

namespace wireproof::check {

namespace fs = std::filesystem;

Inputs expand(const std::vector<std::string>& names) {
  Inputs inputs;
  for (const std::string& name : names) {
    std::error_code ignored;
    if (name == "-" || !fs::is_directory(name, ignored)) {
      inputs.files.push_back(name);
      continue;
    }
    std::vector<std::string> found;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(
             name, fs::directory_options::skip_permission_denied, ignored)) {
      if (!entry.is_regular_file(ignored)) continue;
      if (capture::Reader::open(entry.path())) {
        found.push_back(entry.path().string());
      } else {
        ++inputs.passed_over;
      }
    }
    std::sort(found.begin(), found.end());
    inputs.files.insert(inputs.files.end(), found.begin(), found.end());
  }
  return inputs;
}

}  // namespace wireproof::check
