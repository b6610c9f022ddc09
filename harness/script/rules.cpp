#include "script/rules.h"

#include <array>

#include "script/script.h"

namespace wireproof::script {

std::span<const Rule> rules() {
  static constexpr std::array all{
      rule::connect,
      rule::bind,
      rule::listen,
      rule::accept,
      rule::send,
      rule::shutdown,
      rule::option,
      rule::answer_missing,
      rule::answer_late,
      rule::answer_short,
      rule::answer_wrong,
      rule::answer_extra,
      rule::answer_refused,
      rule::answer_other_address,
      rule::answer_wrong_peer,
      rule::closed_before_answer,
      rule::reset_before_answer,
      rule::half_close_ignored,
      rule::truncation,
      rule::expect,
      rule::expect_end,
      rule::reset_before_end,
      rule::expect_reset,
      rule::expect_refused,
      rule::nothing,
      rule::await_state,
      rule::await_packets,
      rule::await_exit,
      rule::await_held,
      rule::await_match,
      rule::release,
      rule::path_missing,
      rule::path_left,
      rule::time_limit,
  };
  return all;
}

}  // namespace wireproof::script
