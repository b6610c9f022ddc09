#include "base/error.h"

#include <cstring>

namespace wireproof {
namespace {

std::string words(std::string_view action, std::string_view object, int error_number,
                  std::string_view hint) {
  std::string text = "cannot ";
  text.append(action);
  if (!object.empty()) text.append(" ").append(object);
  text.append(": ").append(std::strerror(error_number));
  if (!hint.empty()) text.append(" (").append(hint).append(")");
  return text;
}

}  // namespace

SystemError::SystemError(std::string_view action, std::string_view object, int error_number,
                         std::string_view hint)
    : std::runtime_error(words(action, object, error_number, hint)),
      error_number_(error_number),
      hint_(hint) {}

void throw_errno(std::string_view action, std::string_view object, std::string_view hint) {
  throw SystemError(action, object, errno, hint);
}

}  // namespace wireproof
