// Kernel settings of a network namespace: those that are pinned, so that a case gives the same
// packets on every machine, and those that can only be read. Both end up in the report.
// Thread rule: /proc/sys/net shows the namespace of the thread that opens it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lab/lab.h"

namespace wireproof::lab {

class Sysctls {
 public:
  explicit Sysctls(const std::filesystem::path& folder = "/proc/sys");
  // The part below `name` ("net.ipv4"), of the calling thread's namespace: to look up many settings
  // in it costs half of what looking up each from the top does.
  Sysctls part(std::string_view name) const;

  // "net.ipv4.tcp_rmem"; nullopt where this kernel does not have it or hides it.
  std::optional<std::string> read(std::string_view name) const;
  // What it is afterwards: pinned is false where the kernel refused (a read-only /proc/sys).
  // nullopt where it does not exist.
  std::optional<Setting> pin(const std::string& host, std::string_view name,
                             std::string_view value) const;

 private:
  Sysctls(Fd folder, std::string prefix) : folder_(std::move(folder)), prefix_(std::move(prefix)) {}
  Fd folder_;           // opened with O_PATH
  std::string prefix_;  // "net.ipv4." for a part
};

// Pins the calling thread's namespace; `host` is what the settings are recorded under.
void pin_settings(const Sysctls& sysctls, const std::string& host, std::vector<Setting>& record);
// Records what is only read of the calling thread's namespace.
void record_settings(const Sysctls& sysctls, std::vector<Setting>& record);
// Records what has one value for the machine or the process, and is not always visible from a
// namespace made later: buffer limits, the descriptor limit.
void record_limits(const Sysctls& sysctls, std::vector<Setting>& record);

}  // namespace wireproof::lab
