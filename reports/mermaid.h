// One connection, or one exchange of datagrams, as a Mermaid sequence diagram: text that GitHub,
// GitLab and many wikis draw. Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "reports/model.h"

namespace wireproof::report {

struct MermaidChoice {
  const CaseReport* one = nullptr;
  std::uint64_t connection = 0;  // index of a connection or exchange
};

// The first connection that did not pass, of the first case that has one; else the first there is.
std::optional<MermaidChoice> choose_for_mermaid(const RunReport& run);
std::optional<MermaidChoice> choose_for_mermaid(const CaseReport& one);

// `connection` must be one of the case's. Long ones are cut in the middle, which is said.
std::string to_mermaid(const CaseReport& one, std::uint64_t connection);

// Any bytes as text of a message or a note.
std::string mermaid_text(std::string_view hostile, std::size_t limit = 120);

}  // namespace wireproof::report
