#include "run/rules.h"

namespace wireproof::run {

std::span<const Rule> rules() {
  static constexpr Rule all[] = {
      rule::capture_whole,
      rule::two_ends,
      rule::connection_count,
      rule::expected_failure,
      rule::final_state,
      rule::load_answers,
      rule::load_growth,
      rule::load_limit,
      rule::load_proof,
      rule::load_trusted,
      rule::program_crash,
      rule::program_ends,
      rule::program_exit,
      rule::program_output,
      rule::program_ready,
      rule::unix_path,
      rule::witness_bytes,
      rule::witness_final,
      rule::witness_retransmissions,
      rule::witness_state,
      rule::witness_transitions,
      rule::rule_unmatched,
      rule::wire_lost,
      rule::wire_packets,
      rule::wire_gaps,
  };
  return all;
}

}  // namespace wireproof::run
