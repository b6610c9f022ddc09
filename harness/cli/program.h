// The program `wireproof`: command line in, exit status out. Only here is every exception caught.
// Thread rule: the main thread, before any other exists.
#pragma once

#include <iosfwd>

#include "cli/console.h"

namespace wireproof::cli {

int main_command(int argc, const char* const* argv, std::ostream& out, std::ostream& err);
// The same with a terminal of the caller's making.
int main_command(int argc, const char* const* argv, Console& console);

}  // namespace wireproof::cli
