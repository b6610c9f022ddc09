#include "common/output.h"

#include <cerrno>
#include <cstdio>

#include "common/error.h"

namespace targets {

void print_line(std::string line) {
  line += '\n';
  if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size()) {
    throw_errno("write to", "standard output");
  }
  flush_output();
}

void flush_output() {
  if (std::fflush(stdout) != 0) throw_errno("write to", "standard output");
}

void complain(std::string_view text) {
  // One write for the whole line, so that lines of several threads do not mix.
  std::string line(program_invocation_short_name);
  line.append(": ").append(text).append("\n");
  std::fwrite(line.data(), 1, line.size(), stderr);
}

std::string printable(std::string_view bytes) {
  constexpr std::size_t longest = 1024;
  constexpr char hex[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes.substr(0, longest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\') {
      text += "\\\\";
    } else if (byte >= 0x20 && byte < 0x7f) {
      text += c;
    } else {
      text.append("\\x").append(1, hex[byte >> 4]).append(1, hex[byte & 0xf]);
    }
  }
  if (bytes.size() > longest) {
    text.append("... (").append(std::to_string(bytes.size())).append(" bytes)");
  }
  return text;
}

}  // namespace targets
