#include "common/payload_options.h"

namespace targets {
namespace {

// Target is a Payload or an optional of one.
template <typename Target>
void add_text(OptionTable& table, const char* name, Target& target, const char* help) {
  table.value(name, "TEXT", help,
              [&target](const std::string& text) { target = Payload::text(text); });
}

template <typename Target>
void add_pattern(OptionTable& table, const char* name, Target& target, const char* help) {
  table.value(name, "N", help, [name, &target](const std::string& text) {
    constexpr std::size_t most = std::size_t{1} << 40;
    target = Payload::pattern(parse_number<std::size_t>(name, text, 0, most));
  });
}

}  // namespace

void add_answer_options(OptionTable& table, Payload& answer) {
  add_text(table, "--answer", answer, "what is answered (default: success)");
  add_pattern(table, "--send-bytes", answer, "answer N bytes of a repeating pattern");
}

void add_message_options(OptionTable& table, Payload& message, std::optional<Payload>& expected) {
  add_text(table, "--message", message, "what is sent (default: 123)");
  add_pattern(table, "--send-bytes", message, "send N bytes of a repeating pattern");
  add_text(table, "--expect", expected, "fail unless this is the answer");
  add_pattern(table, "--expect-bytes", expected, "fail unless N bytes of the pattern come back");
}

void require_one_piece(const Payload& payload) {
  const std::size_t most = payload.at(0).size();
  if (payload.size() > most) {
    throw UsageError("a datagram has at most " + std::to_string(most) + " bytes");
  }
}

}  // namespace targets
