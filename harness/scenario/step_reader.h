// The steps of a script: each verb read into its type in model.h, with names and sides filled in,
// and checked against what the steps before it left behind. Thread rule: one thread; one reader a
// case. Lifetime: the case, tree and errors outlive it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenario/model.h"
#include "scenario/payload.h"
#include "scenario/reader.h"
#include "scenario/sockets.h"

namespace wireproof::scenario {

class StepReader {
 public:
  // `one`: with topology, transport, family, programs and time limit read.
  StepReader(const Case& one, Errors& errors) : case_(one), errors_(errors), sockets_(errors) {}

  std::vector<Step> read(const Field& steps);

 private:
  struct Verb {
    std::string_view name;
    bool blocks;  // "within_ms" makes sense
    // The value of the verb's key, and the step's place.
    std::optional<decltype(Step::action)> (StepReader::*read)(const Field& value);
  };
  using Action = std::optional<decltype(Step::action)>;
  static const Verb verbs[];
  static std::vector<std::string_view> verb_names();

  std::vector<Step> read_list_of_steps(const Field& list);
  std::optional<Step> read_step(const Field& field);

  // step_sockets.cpp
  Action connect(const Field& value);
  Action bind(const Field& value);
  Action listen(const Field& value);
  Action accept(const Field& value);
  Action shutdown(const Field& value);
  Action close(const Field& value);
  Action abort(const Field& value);
  Action set(const Field& value);
  // step_data.cpp
  Action send(const Field& value);
  Action expect(const Field& value);
  // step_control.cpp
  Action pause(const Field& value);
  Action await(const Field& value);
  Action launch(const Field& value);
  Action signal(const Field& value);
  Action chmod(const Field& value);
  Action path_exists(const Field& value);
  Action repeat(const Field& value);
  // step_wire.cpp
  Action release(const Field& value);
  Action link(const Field& value);
  Action conditions(const Field& value);

  Action await_state(const Object& object);
  Action await_packets(const Object& object);
  Action await_exit(const Object& object);
  Action await_held(const Object& object);
  Action await_match(const Object& object);
  bool require_wire(std::size_t offset, std::string_view what);
  enum class WireName { held, rule };
  std::optional<std::string> read_wire_name(const Field& field, WireName kind);
  bool read_kind(const Object& object, const Field& kind, step::Expect& expect);
  void check_expect(const Object& object, const Field& kind, const step::Expect& expect);

  // `value` as an object, or its short form: a string that stands for {"`key`": string}.
  struct Parts {
    Object object;
    Field short_form;  // set where the value was a string
    Field get(std::string_view key, std::string_view short_key) const {
      return short_form && key == short_key ? short_form : object.get(key);
    }
  };
  Parts parts(const Field& value, std::span<const std::string_view> keys);
  Target read_target(const Field& field);
  std::string read_fails(const Object& object);
  bool require_program(Side who, const Field& at);
  void find_makers(const Field& steps);
  void spend(milliseconds span);  // time that a step surely takes

  bool is_datagram() const {
    return case_.transport == Transport::udp || case_.transport == Transport::unix_datagram;
  }
  bool server_is_scripted() const {
    return !case_.server && case_.topology != lab::Topology::remote;
  }
  Side default_bind_side() const { return server_is_scripted() ? Side::server : Side::client; }

  const Case& case_;
  Errors& errors_;
  Sockets sockets_;
  std::size_t step_offset_ = 0;
  std::string_view verb_;
  bool launched_[2] = {false, false};
  double repeats_ = 1;    // how often the step being read is run
  double surely_ms_ = 0;  // of all steps so far
  bool overspent_ = false;
  std::size_t payload_bytes_ = 0;
};

// The step in one line: `send "123" on c`.
std::string describe(const Step& step);

}  // namespace wireproof::scenario
