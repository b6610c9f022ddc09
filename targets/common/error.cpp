#include "common/error.h"

#include <csignal>
#include <cstdio>
#include <exception>
#include <system_error>

#include "common/output.h"

namespace targets {

std::string describe_error(std::string_view attempt, std::string_view object, int error) {
  std::string text(attempt);
  if (!object.empty()) text.append(" ").append(object);
  return text.append(": ").append(std::generic_category().message(error));
}

void throw_errno(std::string_view attempt, std::string_view object, int error) {
  throw Failure(describe_error(attempt, object, error));
}

int run_program(const std::function<void()>& body) {
  try {
    if (std::signal(SIGPIPE, SIG_IGN) == SIG_ERR) throw_errno("ignore", "SIGPIPE");
    body();
    flush_output();
    return 0;
  } catch (const HelpShown&) {
    return 0;
  } catch (const UsageError& error) {
    complain(std::string(error.what()) + " (try --help)");
    return 2;
  } catch (const std::exception& error) {
    complain(error.what());
    return 1;
  }
}

}  // namespace targets
