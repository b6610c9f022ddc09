// libFuzzer: any text is loaded or refused with errors that can be shown; each error has a place
// inside the text. Built with clang under -DWIREPROOF_FUZZ=ON.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "scenario/command.h"
#include "scenario/load.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wireproof::scenario;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto loaded = load_text(text, "fuzz", "id");
  if (loaded) {
    if (loaded->empty()) std::abort();
    for (const Case& one : *loaded) matches(one, text.substr(0, 100));
  } else {
    if (loaded.error().empty()) std::abort();
    for (const Error& error : loaded.error()) {
      if (error.position.line == 0 || error.position.column == 0 || error.message.empty()) {
        std::abort();
      }
      if (to_string(error).empty()) std::abort();
    }
  }
  (void)split_command(text);
  return 0;
}
