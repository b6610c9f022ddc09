// A server and a client across a wire that holds every packet: launched, watched, let go on packet
// by packet, and ended with all they started. Thread rule: the thread that made it, before which no
// other thread may exist (lab/lab.h). Lifetime: one at a time in a process; nothing outlives it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "run/case_runner.h"
#include "scenario/model.h"
#include "step/story.h"

namespace wireproof::step {

// The reference server and client over IPv4 or IPv6, across a wire that holds all.
scenario::Case reference_case(scenario::Family family);
// Any case with two programs, or the like: on a wire that holds all, without steps.
void hold_everything(scenario::Case& one);

class Session {
 public:
  Session(const scenario::Case& one, const run::CaseSettings& settings, bool keep_copies);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Starts the server, awaits it, starts the client. False: the server did not listen, which the
  // log says. Throws SystemError where the machine refuses.
  bool start();

  // Takes in what has come to the wire, what the kernel says and which programs ended. True:
  // something is new.
  bool look();
  // The same, as soon as a packet more is held, or after that time.
  bool look_within(nanoseconds span);
  // What becomes of a held packet; false: there is none of that number.
  bool settle(unsigned number, Fate fate);

  // The client has ended, nothing is held, and no connection is about to change by itself.
  bool over() const;
  const Story& story() const;
  std::string title() const;

  // Ends programs, wire and captures; then what the packets proved, in lines for a person.
  std::vector<std::string> end();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wireproof::step
