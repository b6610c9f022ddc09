#include "reports/context.h"

#include <fmt/core.h>
#include <pwd.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json_fwd.hpp>

#include "base/clock.h"
#include "reports/time_text.h"

namespace wireproof::report {
namespace {

// The value of "key<separator>value" in a file of such lines.
std::string value_of(const std::string& file, std::string_view key, char separator) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    const std::size_t at = line.find(separator);
    if (at == std::string::npos) continue;
    std::string_view name = std::string_view(line).substr(0, at);
    while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
    if (name != key) continue;
    std::string_view value = std::string_view(line).substr(at + 1);
    const auto is_edge = [](char c) { return c == ' ' || c == '\t' || c == '"'; };
    while (!value.empty() && is_edge(value.front())) value.remove_prefix(1);
    while (!value.empty() && is_edge(value.back())) value.remove_suffix(1);
    return std::string(value);
  }
  return {};
}

unsigned usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<unsigned>(CPU_COUNT(&set));
  return static_cast<unsigned>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
}

std::uint64_t memory_bytes() {
  const long pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0
             ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size)
             : 0;
}

std::string user_text() {
  const uid_t uid = ::geteuid();
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  return fmt::format("{} (uid {})", found == nullptr ? "?" : found->pw_name, uid);
}

std::string cpu_model() {
  std::string model = value_of("/proc/cpuinfo", "model name", ':');
  if (model.empty()) {  // arm64 has numbers only
    model = fmt::format("implementer {} part {}", value_of("/proc/cpuinfo", "CPU implementer", ':'),
                        value_of("/proc/cpuinfo", "CPU part", ':'));
  }
  return model;
}

}  // namespace

std::string program_version() { return WIREPROOF_VERSION; }

std::string first_line(const std::string& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

std::string shell_quoted(const std::vector<std::string>& words) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./:=@%+,").find(c) != std::string_view::npos;
  };
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text.push_back(' ');
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) {
      text += word;
      continue;
    }
    text.push_back('\'');
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    text.push_back('\'');
  }
  return text;
}

Context read_context(int argc, const char* const* argv) {
  Context context;
  context.version = program_version();
  context.command_line = shell_quoted({argv, argv + argc});
  context.started_at = utc_text(realtime_ns());
  utsname system{};
  if (::uname(&system) == 0) {
    context.host_name = system.nodename;
    context.kernel = fmt::format("{} {}", system.release, system.machine);
  }
  context.os = value_of("/etc/os-release", "PRETTY_NAME", '=');
  context.user = user_text();
  context.cpu_model = cpu_model();
  context.cpus = usable_cpus();
  context.memory_bytes = memory_bytes();
  context.clock_source =
      first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  std::array<double, 3> load{};
  if (::getloadavg(load.data(), 3) == 3) context.load_average = load;
  context.libraries["fmt"] =
      fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100);
  context.libraries["nlohmann_json"] =
      fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                  NLOHMANN_JSON_VERSION_PATCH);
  return context;
}

}  // namespace wireproof::report
