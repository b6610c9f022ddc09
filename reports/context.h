// What a run happens on, read from this machine. Thread rule: pure functions but for what they
// read.
#pragma once

#include <string>
#include <vector>

#include "reports/model.h"

namespace wireproof::report {

std::string program_version();

// Words as a POSIX shell would need them to get the same arguments.
std::string shell_quoted(const std::vector<std::string>& words);

// All but isolation, seed and jobs, which the run decides. What cannot be read stays empty.
Context read_context(int argc, const char* const* argv);

// First line of a small file (of /proc, /sys), without its end; empty where it cannot be read.
std::string first_line(const std::string& file);

}  // namespace wireproof::report
