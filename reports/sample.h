// Reports for tests: of this folder's writers, and of what shows them. Thread rule: pure functions.
#pragma once

#include <string>

#include "reports/model.h"

namespace wireproof::report::sample {

// Two programs, a handshake, an exchange and a close in four segments: as a real case would be.
CaseReport passed_case(std::string id = "tcp/close/client-first@ipv4");
// The same, where the last ACK's number is one off: fails by tcp.close.fin-acknowledged.
CaseReport failed_case();
CaseReport expected_failure();
CaseReport skipped_case();
CaseReport inconclusive_case();
CaseReport error_case();
CaseReport udp_case();
// A link that drops an acknowledgement and delays another.
CaseReport wire_case();
CaseReport load_case();
// With what the kernel said at a step, at the end, and of one change of state.
CaseReport kernel_case();
// One of each of the above.
RunReport run();

// Parts with each field set.
load::LoadResult load_result();
WireReport wire();
WireLinkReport wire_link();
// passed_case() over an emulated link that drops, holds, doubles and is cut.
CaseReport lossy_case();
// Two loads: one of exchanges, doubted and past a limit, as a command line made it; and a stream of
// a scenario, which passed.
RunReport load_run();

// Every field of the model set to something else than its default.
RunReport every_field();

// Text that breaks careless writers: markup, quotes, controls, terminal escapes, bidirectional
// overrides, broken UTF-8, NUL.
std::string hostile();
// A passed case with hostile() in every text, and in names.
CaseReport hostile_case();

}  // namespace wireproof::report::sample
