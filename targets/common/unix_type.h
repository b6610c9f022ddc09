#ifndef WIREPROOF_TARGETS_COMMON_UNIX_TYPE_H_
#define WIREPROOF_TARGETS_COMMON_UNIX_TYPE_H_

#include <sys/socket.h>

#include <string_view>

#include "common/options.h"

namespace targets {

inline void add_unix_type_option(OptionTable& table, int& type) {
  table.choice<int>(
      "--type", type,
      {{"stream", SOCK_STREAM}, {"datagram", SOCK_DGRAM}, {"seqpacket", SOCK_SEQPACKET}},
      "the socket's type (default stream; others take other options)");
}

// The type decides which other options there are, so it is looked for before they are parsed.
// A wrong word is left for the parsing proper to complain about.
inline int unix_type_argument(int argc, char** argv) {
  std::string_view word;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--type" && i + 1 < argc) word = argv[i + 1];
    if (argument.starts_with("--type=")) word = argument.substr(7);
  }
  if (word == "datagram") return SOCK_DGRAM;
  if (word == "seqpacket") return SOCK_SEQPACKET;
  return SOCK_STREAM;
}

}  // namespace targets

#endif  // WIREPROOF_TARGETS_COMMON_UNIX_TYPE_H_
