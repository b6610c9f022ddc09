#ifndef WIREPROOF_TARGETS_COMMON_ERROR_H_
#define WIREPROOF_TARGETS_COMMON_ERROR_H_

#include <cerrno>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

// Errors are exceptions that only run_program() catches; it prints them as
// "program: what was attempted on what: errno's words" and chooses the exit status.
namespace targets {

// The command line makes no sense: exit status 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Anything else that ends the program early: exit status 1.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// --help was asked for and has been shown: exit status 0.
struct HelpShown {};

// "bind to 127.0.0.1:80: Permission denied"
std::string describe_error(std::string_view attempt, std::string_view object, int error);

[[noreturn]] void throw_errno(std::string_view attempt, std::string_view object, int error = errno);

// Passes a system call's result through, or throws when it is -1.
template <typename Result>
Result check(Result result, std::string_view attempt, std::string_view object) {
  if (result == -1) throw_errno(attempt, object);
  return result;
}

// Calls again while a signal interrupts the call (a stop and continue does so without a handler).
template <typename Call>
auto retry_interrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

// Runs a program's body, ignoring SIGPIPE so that a vanished peer is an errno (EPIPE) and not
// the program's death. Returns the exit status.
int run_program(const std::function<void()>& body);

}  // namespace targets

#endif  // WIREPROOF_TARGETS_COMMON_ERROR_H_
