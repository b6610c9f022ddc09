#include "check/output.h"

#include <unistd.h>

#include <cerrno>
#include <ostream>

#include "base/error.h"

namespace wireproof::check {

Output::Output(const std::string& name, std::ostream& stream) : name_(name) {
  if (name == "-") {
    stream_ = &stream;
    return;
  }
  temporary_ = name_;
  temporary_ += "." + std::to_string(::getpid()) + ".part";
  errno = 0;
  file_.open(temporary_, std::ios::binary | std::ios::trunc);
  if (!file_) throw_errno("write", name);
}

Output::~Output() {
  if (temporary_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove(temporary_, ignored);
}

void Output::write(std::string_view bytes) {
  std::ostream& out = stream_ != nullptr ? *stream_ : file_;
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file_ && stream_ == nullptr) throw_errno("write", name_.string());
}

void Output::finish() {
  if (stream_ != nullptr) {
    stream_->flush();
    return;
  }
  errno = 0;
  file_.close();
  if (!file_) throw_errno("write", name_.string());
  std::error_code problem;
  std::filesystem::rename(temporary_, name_, problem);
  if (problem) throw SystemError("write", name_.string(), problem.value());
  temporary_.clear();
}

}  // namespace wireproof::check
