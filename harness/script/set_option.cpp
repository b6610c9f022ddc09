#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <stdexcept>

#include "base/error.h"
#include "base/text.h"
#include "scenario/socket_options.h"
#include "script/context.h"
#include "script/rules.h"
#include "script/wording.h"

namespace wireproof::script {

Outcome perform(Context& context, const scenario::step::SetOption& step, const Timing&) {
  const auto* option = scenario::find_socket_option(step.option);
  if (option == nullptr) {
    throw std::invalid_argument(wireproof::quoted(step.option) +
                                " is no socket option that scripts know");
  }
  PeerSocket* found = context.sockets.find(step.socket);
  PeerSocket& socket =
      found != nullptr && found->is_open()
          ? *found
          : context.sockets.open_or_make(step.socket, context.side_or(step.side, Side::client),
                                         context.sockets.family());
  const auto set = [&](const auto& value) {
    return ::setsockopt(socket.fd(), option->level, option->number, &value, sizeof value);
  };
  const bool is_linger = option->kind == scenario::SocketOption::Kind::linger;
  const int result =
      is_linger
          ? set(linger{static_cast<int>(step.value), static_cast<int>(step.value2.value_or(0))})
          : set(static_cast<int>(step.value));
  const int error = result == 0 ? 0 : errno;
  if (error == 0 && step.fails.empty()) return Outcome::ok();
  if (error != 0 && is_errno(step.fails, error)) return Outcome::ok(errno_text(error));
  const std::string what = fmt::format("set {} of socket {} to {}", step.option,
                                       wireproof::quoted(socket.name()), step.value);
  if (is_machines(error)) throw SystemError(what, "", error);
  return Outcome::missed(rule::option,
                         step.fails.empty() ? what : what + " fails with " + step.fails,
                         error == 0 ? "it succeeded" : errno_text(error), std::nullopt);
}

}  // namespace wireproof::script
