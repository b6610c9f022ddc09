// What the expectations of streams, of datagrams and of ends share. Thread rule: the script's
// thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "script/context.h"

namespace wireproof::script {

inline constexpr std::size_t read_size = 64 * 1024;       // of a stream, at a time
inline constexpr std::size_t datagram_size = 256 * 1024;  // longer than any that is sent by default
inline constexpr std::size_t remembered_bytes = 64 * 1024;  // of what came, for messages

// expect_stream.cpp: bytes, length, prefix and regex of TCP and UNIX stream sockets.
Outcome expect_stream(PeerSocket&, const scenario::step::Expect&, const Timing&);
// expect_datagram.cpp: the same of one datagram or seqpacket message.
Outcome expect_datagram(Context&, PeerSocket&, const scenario::step::Expect&, const Timing&);
// expect_end.cpp: end, reset, refused and nothing, of any socket.
Outcome expect_end(Context&, PeerSocket&, const scenario::step::Expect&, const Timing&);

// What of an answer was wanted, without its deadline: "7 bytes \"success\"".
std::string wanted_text(const scenario::step::Expect& step);
// How a read ended, in words: "end of stream", "reset (ECONNRESET)".
std::string ended_text(const Received& got);

// After a deadline that nothing has met: how long to look on, to tell late from never. As long
// again, at most 3 s, and never past the case's time limit.
Deadline grace(const Timing& timing);
// ", nor in 2000 ms more", or ", and nothing in ..." where some of it had come by the deadline.
std::string grace_text(const Timing& timing, Deadline until, bool some);

// Another socket of the script, on the same side, holds or has been sent a datagram that it never
// asked for: the answer went to the wrong peer. In words: "socket \"b\" has 7 bytes ... instead".
std::string misdirected_text(Context& context, const PeerSocket& asker);

const Rule& missing_rule(const PeerSocket& socket);  // no answer came at all
const Rule& error_rule(int error);                   // reading it ended with an errno

}  // namespace wireproof::script
