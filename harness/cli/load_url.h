// tcp://HOST:PORT, udp://HOST:PORT, unix:PATH in parts. Thread rule: pure function.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "scenario/model.h"

namespace wireproof::cli {

struct LoadUrl {
  scenario::Transport transport = scenario::Transport::tcp;
  scenario::Family family = scenario::Family::ipv4;
  scenario::Target target;  // port: absent where the URL has none
};
// The error says what is wrong and what would be right.
tl::expected<LoadUrl, std::string> parse_load_url(std::string_view text);

}  // namespace wireproof::cli
