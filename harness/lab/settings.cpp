#include "lab/settings.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/error.h"

namespace wireproof::lab {

namespace {

struct Pin {
  std::string_view name, value;
};

constexpr Pin ipv4_pins[] = {
    // The host's default may be bbr, which paces; a user namespace may choose only among
    // net.ipv4.tcp_allowed_congestion_control, of which reno is always one.
    {"tcp_congestion_control", "reno"},
    // Else most of a test's port-unreachables and challenge ACKs never appear.
    {"icmp_ratelimit", "0"},
    {"icmp_msgs_per_sec", "1000000"},
    {"icmp_msgs_burst", "1000000"},
    {"tcp_invalid_ratelimit", "0"},
    {"tcp_challenge_ack_limit", "2147483647"},
    {"ip_unprivileged_port_start", "0"},
    // Follow the size of the socket table, so the machine's memory, unless pinned.
    {"tcp_max_tw_buckets", "262144"},
    {"tcp_max_syn_backlog", "4096"},
    // What one connection learned must not change the next one's packets.
    {"tcp_no_metrics_save", "1"},
    // Taken over from the host unless pinned: with forwarding, or filtering by source address,
    // stray
    // packets fare differently.
    {"conf.all.forwarding", "0"},
    {"conf.all.rp_filter", "0"},
    {"conf.default.rp_filter", "0"},
};

constexpr Pin other_pins[] = {
    {"net.ipv6.icmp.ratelimit", "0"},
    {"net.core.somaxconn", "4096"},
    {"net.ipv6.conf.all.forwarding", "0"},
    // Before any interface exists, so that each inherits them: no link-local address, no duplicate
    // address detection, no router solicitations.
    {"net.ipv6.conf.all.disable_ipv6", "0"},
    {"net.ipv6.conf.default.disable_ipv6", "0"},
    {"net.ipv6.conf.default.addr_gen_mode", "1"},
    {"net.ipv6.conf.default.accept_dad", "0"},
    {"net.ipv6.conf.default.router_solicitations", "0"},
};

constexpr std::string_view ipv4_recorded[] = {
    "ip_local_port_range",
    "tcp_ecn",
    "tcp_ehash_entries",
    "tcp_fastopen",
    "tcp_fin_timeout",
    "tcp_retries2",
    "tcp_rmem",
    "tcp_sack",
    "tcp_synack_retries",
    "tcp_syncookies",
    "tcp_syn_linear_timeouts",
    "tcp_syn_retries",
    "tcp_timestamps",
    "tcp_tw_reuse",
    "tcp_window_scaling",
    "tcp_wmem",
};

constexpr std::string_view machine_wide[] = {"net.core.rmem_default", "net.core.rmem_max",
                                             "net.core.wmem_default", "net.core.wmem_max"};

// A value as one line: sysctls part their numbers with tabs.
std::optional<std::string> read_value(int fd) {
  std::array<char, 256> buffer;
  const ssize_t size = retry_eintr([&] { return ::pread(fd, buffer.data(), buffer.size(), 0); });
  if (size < 0) return std::nullopt;
  std::string value(buffer.data(), static_cast<std::size_t>(size));
  while (!value.empty() && value.back() == '\n') value.pop_back();
  std::replace(value.begin(), value.end(), '\t', ' ');
  return value;
}

std::string as_path(std::string_view name) {
  std::string path(name);
  std::replace(path.begin(), path.end(), '.', '/');
  return path;
}

}  // namespace

Sysctls::Sysctls(const std::filesystem::path& folder)
    : folder_(::open(folder.c_str(), O_PATH | O_CLOEXEC)) {}

Sysctls Sysctls::part(std::string_view name) const {
  return {Fd(::openat(folder_.get(), as_path(name).c_str(), O_PATH | O_CLOEXEC)),
          prefix_ + std::string(name) + "."};
}

std::optional<std::string> Sysctls::read(std::string_view name) const {
  const Fd file(::openat(folder_.get(), as_path(name).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return std::nullopt;
  return read_value(file.get());
}

std::optional<Setting> Sysctls::pin(const std::string& host, std::string_view name,
                                    std::string_view value) const {
  const Fd file(::openat(folder_.get(), as_path(name).c_str(), O_RDWR | O_CLOEXEC));
  bool written = false;
  std::optional<std::string> now;
  if (file.is_open()) {
    written = ::write(file.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
    now = read_value(file.get());
  } else {
    now = read(name);
  }
  if (!now) return std::nullopt;
  return Setting{host, prefix_ + std::string(name), *now, written && *now == value};
}

void pin_settings(const Sysctls& sysctls, const std::string& host, std::vector<Setting>& record) {
  const Sysctls ipv4 = sysctls.part("net.ipv4");
  for (const Pin& pin : ipv4_pins)
    if (auto setting = ipv4.pin(host, pin.name, pin.value)) record.push_back(*setting);
  for (const Pin& pin : other_pins)
    if (auto setting = sysctls.pin(host, pin.name, pin.value)) record.push_back(*setting);
}

void record_settings(const Sysctls& sysctls, std::vector<Setting>& record) {
  const Sysctls ipv4 = sysctls.part("net.ipv4");
  for (const std::string_view name : ipv4_recorded)
    if (auto value = ipv4.read(name))
      record.push_back({"", "net.ipv4." + std::string(name), *value, false});
}

void record_limits(const Sysctls& sysctls, std::vector<Setting>& record) {
  for (const std::string_view name : machine_wide)
    if (auto value = sysctls.read(name)) record.push_back({"", std::string(name), *value, false});
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
    record.push_back({"", "RLIMIT_NOFILE", fmt::format("{}", limit.rlim_max), false});
}

}  // namespace wireproof::lab
