// Where a report goes: a file that is whole or not there, or a stream. Thread rule: one thread at a
// time. Lifetime: a file without finish() is taken away again.
#pragma once

#include <filesystem>
#include <fstream>
#include <iosfwd>
#include <string>
#include <string_view>

namespace wireproof::check {

class Output {
 public:
  // `name` "-": the stream. Throws SystemError where the file cannot be made.
  Output(const std::string& name, std::ostream& stream);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void write(std::string_view bytes);
  void finish();  // throws SystemError where not all could be written

 private:
  std::ostream* stream_ = nullptr;
  std::filesystem::path name_, temporary_;
  std::ofstream file_;
};

}  // namespace wireproof::check
