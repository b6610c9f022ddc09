#ifndef WIREPROOF_TARGETS_COMMON_OUTPUT_H_
#define WIREPROOF_TARGETS_COMMON_OUTPUT_H_

#include <string>
#include <string_view>

namespace targets {

// One line on standard output, seen at once by whoever reads the other end of a pipe.
void print_line(std::string line);
void flush_output();

// "program: text" on standard error.
void complain(std::string_view text);

// What came from a peer, made safe to show: control and non-ASCII bytes as \xNN, and no more
// than the first 1,024 bytes.
std::string printable(std::string_view bytes);

}  // namespace targets

#endif  // WIREPROOF_TARGETS_COMMON_OUTPUT_H_
