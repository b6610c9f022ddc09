// A generator in several processes: where one may not open as many sockets as are wanted (a user
// namespace cannot raise the limit), each opens its share. They are forked, send what they have
// recorded through a pipe (recording_bytes.h), and end with their parent. Thread rule: blocks its
// caller. Lifetime: no process outlives the call.
#pragma once

#include "load/generator.h"

namespace wireproof::load {

Recording run_processes(Plan plan, const GeneratorOptions& options);

}  // namespace wireproof::load
