// The scripted socket peer: runs a case's steps with real sockets, in order. Every blocking step
// has a deadline; a miss says what was wanted and all that was seen. Thread rule: run() on the
// case's main thread. Lifetime: sockets end with the Script object, which closes them in order (no
// RST where nothing is unread).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "lab/lab.h"
#include "scenario/model.h"
#include "witness/socket_table.h"

namespace wireproof::script {

// What one executed step did, for the report.
struct StepRecord {
  std::string shown;  // "send \"123\" on c"
  std::string why;
  scenario::Position position;
  std::int64_t start_ns = 0, end_ns = 0;  // CLOCK_REALTIME
  bool ok = true;
  std::string wanted, seen;  // on a miss; `seen` also tells results of reads when ok
};

// A reading of the kernel's state, for the second witness.
struct KernelReading {
  Side side = Side::client;
  witness::TcpSocket socket;  // with read_ns
  std::int64_t asked_ns = 0;  // when the read that saw it began
  std::string step;
};

// The rest of the case, as the script sees it: given by the runner, faked by tests.
class Stage {
 public:
  virtual ~Stage() = default;
  virtual const lab::Host& host(Side side) = 0;
  virtual bool one_host() = 0;
  virtual scenario::Target server_address() = 0;  // filled: address and port, or path
  virtual witness::SocketTable& table(Side side) = 0;
  virtual void launch(Side who, Deadline deadline) = 0;  // starts the program; throws on refusal
  virtual bool running(Side who) = 0;          // a program of that role is there and alive
  virtual std::string describe(Side who) = 0;  // "exited: exit status 1, stderr ..."
  virtual bool await_exit(Side who, Deadline deadline) = 0;
  virtual void signal(Side who, int number) = 0;
  // Blocks until `count` captured segments from `from` match; false at the deadline. `seen` in
  // words.
  virtual bool await_packets(const scenario::step::AwaitPackets& wanted, Deadline deadline,
                             std::string& seen) = 0;
  // The emulated link, of topology wire alone. `seen` in words, also at the deadline.
  virtual bool await_held(const std::string& name, std::size_t count, Deadline deadline,
                          std::string& seen) = 0;
  virtual bool await_match(const std::string& rule, std::size_t count, Deadline deadline,
                           std::string& seen) = 0;
  virtual std::size_t release(const std::string& name) = 0;  // how many were held
  virtual void set_link(bool up) = 0;
  virtual void set_conditions(wire::Direction direction, const wire::Conditions& conditions) = 0;
  // Called after the first listen (or bind of a datagram socket): the runner may start the client.
  virtual void listening() = 0;
};

struct Result {
  std::vector<StepRecord> steps;
  std::vector<KernelReading> readings;
  std::vector<Finding> findings;  // rules script.* : at most one miss, which ends the script
  bool completed = false;
};

class Script {
 public:
  Script(const scenario::Case& one, Stage& stage);
  ~Script();
  // Throws SystemError where the machine refuses, and std::invalid_argument where a scenario asks
  // for what cannot be (which its loader reports first); so_far() then tells how far it came.
  Result run(Deadline deadline);
  const Result& so_far() const;
  void close_all();  // in order of opening

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

std::span<const Rule>
rules();  // script.*: "script.expect", "script.connect", "script.await-state" ...

}  // namespace wireproof::script
