// What every step works with, and the steps themselves: one function a kind, each called with its
// times and handing back what it saw. They throw SystemError where the machine refuses, and
// std::invalid_argument where a scenario asks for what cannot be.
// Thread rule: the script's thread.
#pragma once

#include "scenario/model.h"
#include "script/outcome.h"
#include "script/script.h"
#include "script/sockets.h"

namespace wireproof::script {

struct Context {
  const scenario::Case& one;
  Stage& stage;
  Sockets& sockets;
  std::vector<KernelReading>& readings;
  std::string where;       // of the step that runs: "step 3, file:12:5"
  bool announced = false;  // Stage::listening() was called

  // The case launches a program in that role.
  bool has_program(Side side) const {
    return (side == Side::client ? one.client : one.server).has_value();
  }
  // The side that a step is on which does not say so: the scripted one, else `usual`.
  Side side_or(std::optional<Side> said, Side usual) const {
    if (said) return *said;
    return has_program(usual) && !has_program(other(usual)) ? other(usual) : usual;
  }
  // Whose program makes what happens at `side`: its own, else the one at the other end.
  Side doer(Side side) const { return has_program(side) ? side : other(side); }
};

// socket_steps.cpp
Outcome perform(Context&, const scenario::step::Connect&, const Timing&);
Outcome perform(Context&, const scenario::step::Bind&, const Timing&);
Outcome perform(Context&, const scenario::step::Listen&, const Timing&);
Outcome perform(Context&, const scenario::step::Accept&, const Timing&);
Outcome perform(Context&, const scenario::step::Shutdown&, const Timing&);
Outcome perform(Context&, const scenario::step::Close&, const Timing&);
Outcome perform(Context&, const scenario::step::Abort&, const Timing&);
// set_option.cpp
Outcome perform(Context&, const scenario::step::SetOption&, const Timing&);
// send.cpp
Outcome perform(Context&, const scenario::step::Send&, const Timing&);
// expect.cpp: expect_stream.cpp or expect_datagram.cpp by the socket's kind
Outcome perform(Context&, const scenario::step::Expect&, const Timing&);
Outcome expect_stream(PeerSocket&, const scenario::step::Expect&, const Timing&);
Outcome expect_datagram(Context&, PeerSocket&, const scenario::step::Expect&, const Timing&);
// await.cpp
Outcome perform(Context&, const scenario::step::AwaitState&, const Timing&);
Outcome perform(Context&, const scenario::step::AwaitPackets&, const Timing&);
Outcome perform(Context&, const scenario::step::AwaitExit&, const Timing&);
// wire_steps.cpp
Outcome perform(Context&, const scenario::step::ReleaseHeld&, const Timing&);
Outcome perform(Context&, const scenario::step::AwaitHeld&, const Timing&);
Outcome perform(Context&, const scenario::step::AwaitMatch&, const Timing&);
Outcome perform(Context&, const scenario::step::SetLink&, const Timing&);
Outcome perform(Context&, const scenario::step::SetConditions&, const Timing&);
// program_steps.cpp
Outcome perform(Context&, const scenario::step::Pause&, const Timing&);
Outcome perform(Context&, const scenario::step::Launch&, const Timing&);
Outcome perform(Context&, const scenario::step::Signal&, const Timing&);
Outcome perform(Context&, const scenario::step::Chmod&, const Timing&);
Outcome perform(Context&, const scenario::step::PathExists&, const Timing&);

// Sleeps until the moment, whatever signals come (clock_nanosleep(2), TIMER_ABSTIME).
void sleep_until(Deadline moment);

}  // namespace wireproof::script
