// The rules that a script's misses are reported by, each naming one fault as exactly as the script
// can know it. Thread rule: constants.
#pragma once

#include "base/finding.h"

namespace wireproof::script::rule {

inline constexpr Rule connect{"script.connect", Severity::must, "scenario",
                              "a connect ends as the scenario says"};
inline constexpr Rule bind{"script.bind", Severity::must, "scenario",
                           "a bind ends as the scenario says"};
inline constexpr Rule listen{"script.listen", Severity::must, "scenario",
                             "a listen ends as the scenario says"};
inline constexpr Rule accept{"script.accept", Severity::must, "scenario",
                             "a connection comes in by its deadline"};
inline constexpr Rule send{
    "script.send", Severity::must, "scenario",
    "what is sent is taken by its deadline, or refused as the scenario says"};
inline constexpr Rule shutdown{"script.shutdown", Severity::must, "scenario",
                               "a connection that is shut down is still there"};
inline constexpr Rule option{"script.option", Severity::must, "scenario",
                             "a socket option is taken or refused as the scenario says"};

// An answer that is not as it should be.
inline constexpr Rule answer_missing{"script.answer-missing", Severity::must, "scenario",
                                     "an answer comes"};
inline constexpr Rule answer_late{"script.answer-late", Severity::must, "scenario",
                                  "an answer comes whole by its deadline"};
inline constexpr Rule answer_short{"script.answer-short", Severity::must, "scenario",
                                   "an answer is as long as it should be"};
inline constexpr Rule answer_wrong{"script.answer-wrong", Severity::must, "scenario",
                                   "an answer has the bytes that it should have"};
inline constexpr Rule answer_extra{"script.answer-extra", Severity::must, "scenario",
                                   "nothing comes after the whole answer"};
inline constexpr Rule answer_refused{"script.answer-refused", Severity::must, "scenario",
                                     "somebody receives at the address that is asked"};
inline constexpr Rule answer_other_address{"script.answer-other-address", Severity::must,
                                           "scenario",
                                           "an answer comes from the address that was asked"};
inline constexpr Rule answer_wrong_peer{"script.answer-wrong-peer", Severity::must, "scenario",
                                        "an answer goes to the socket that asked"};
inline constexpr Rule closed_before_answer{"script.closed-before-answer", Severity::must,
                                           "scenario",
                                           "a connection is not closed before its answer"};
inline constexpr Rule reset_before_answer{"script.reset-before-answer", Severity::must, "scenario",
                                          "a connection is not reset before its whole answer"};
inline constexpr Rule half_close_ignored{
    "script.half-close-ignored", Severity::must, "scenario",
    "an answer comes also after the asking side has shut down its sending"};
inline constexpr Rule truncation{"script.truncation", Severity::must, "scenario",
                                 "a datagram is truncated just where the scenario says"};

// Ends and silences.
inline constexpr Rule expect{"script.expect", Severity::must, "scenario",
                             "a read does not fail in another way than the scenario says"};
inline constexpr Rule expect_end{"script.expect-end", Severity::must, "scenario",
                                 "the end of the stream comes by its deadline"};
inline constexpr Rule reset_before_end{"script.reset-before-end", Severity::must, "scenario",
                                       "a connection is closed in order, not reset"};
inline constexpr Rule expect_reset{"script.expect-reset", Severity::must, "scenario",
                                   "a connection is reset where the scenario says"};
inline constexpr Rule expect_refused{"script.expect-refused", Severity::must, "scenario",
                                     "a peer is refused where the scenario says"};
inline constexpr Rule nothing{"script.nothing", Severity::must, "scenario",
                              "nothing comes where the scenario wants silence"};

// The kernel, the capture, the programs and the file system.
inline constexpr Rule await_state{"script.await-state", Severity::must, "scenario",
                                  "the kernel lists a TCP state by its deadline"};
inline constexpr Rule await_packets{"script.await-packets", Severity::must, "scenario",
                                    "packets are captured by their deadline"};
inline constexpr Rule await_held{"script.await-held", Severity::must, "scenario",
                                 "the wire holds packets by its deadline"};
inline constexpr Rule await_match{"script.await-match", Severity::must, "scenario",
                                  "a rule of the wire matches by its deadline"};
inline constexpr Rule release{"script.release", Severity::must, "scenario",
                              "what is released from the wire is held there"};
inline constexpr Rule await_exit{"script.await-exit", Severity::must, "scenario",
                                 "a program ends by its deadline"};
inline constexpr Rule path_missing{"script.path-missing", Severity::must, "scenario",
                                   "a UNIX socket's path is there where the scenario says"};
inline constexpr Rule path_left{"script.path-left", Severity::must, "scenario",
                                "a UNIX socket's path is gone where the scenario says"};
inline constexpr Rule time_limit{"script.time-limit", Severity::must, "scenario",
                                 "the script ends within the time limit of its case"};

}  // namespace wireproof::script::rule
