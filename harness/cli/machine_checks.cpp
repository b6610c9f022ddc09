#include "cli/machine_checks.h"

#include <fmt/format.h>
#include <pcap/pcap.h>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>

#include "reports/context.h"

namespace wireproof::cli {
namespace {

namespace fs = std::filesystem;

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end == text.data()) return std::nullopt;
  return value;
}

std::string read(const fs::path& root, const std::string& file) {
  return report::first_line((root / file).string());
}

MachineCheck clock_source(const fs::path& root) {
  const std::string found =
      read(root, "sys/devices/system/clocksource/clocksource0/current_clocksource");
  MachineCheck check{Grade::ok, "clock source", found.empty() ? "not visible here" : found, ""};
  for (const char* slow : {"hpet", "acpi_pm", "jiffies", "refined-jiffies"}) {
    if (found != slow) continue;
    check.grade = Grade::warn;
    check.remedy =
        "reading it is slow and coarse: latencies will be off; boot with tsc or kvm-clock";
  }
  return check;
}

// Time that a hypervisor gave to others, since boot.
MachineCheck stolen_time(const fs::path& root) {
  std::istringstream line(read(root, "proc/stat"));
  std::string label;
  std::uint64_t total = 0, value = 0, stolen = 0;
  line >> label;
  for (int column = 0; column < 8 && line >> value; ++column) {
    total += value;
    if (column == 7) stolen = value;
  }
  MachineCheck check{Grade::ok, "stolen time", "not visible here", ""};
  if (total == 0) return check;
  const double share = 100.0 * static_cast<double>(stolen) / static_cast<double>(total);
  check.found = fmt::format("{:.1f} % since boot", share);
  if (share > 2) {
    check.grade = Grade::warn;
    check.remedy = "other machines on this host take time: cases may be inconclusive; lower --jobs";
  }
  return check;
}

MachineCheck load(const fs::path& root, unsigned cpus) {
  const std::string line = read(root, "proc/loadavg");
  MachineCheck check{Grade::ok, "load", line.substr(0, line.find(' ')), ""};
  std::istringstream stream(line);
  double now = 0;
  if (stream >> now && now > cpus) {
    check.grade = Grade::warn;
    check.remedy = "the machine is busy with something else: figures will be worse, verdicts not";
  }
  return check;
}

MachineCheck governor(const fs::path& root) {
  const std::string found = read(root, "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  MachineCheck check{Grade::ok, "CPU governor", found.empty() ? "not visible here" : found, ""};
  if (!found.empty() && found != "performance") {
    check.grade = Grade::warn;
    check.remedy = "for latency figures: cpupower frequency-set -g performance";
  }
  return check;
}

MachineCheck descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  MachineCheck check{Grade::ok, "descriptors",
                     fmt::format("{} (at most {})", limit.rlim_cur, limit.rlim_max), ""};
  if (limit.rlim_max < 4'096) {
    check.grade = Grade::warn;
    check.remedy = "too few for thousands of connections: raise it (ulimit -Hn, limits.conf(5))";
  }
  return check;
}

MachineCheck receive_buffers(const fs::path& root) {
  const std::string found = read(root, "proc/sys/net/core/rmem_max");
  MachineCheck check{Grade::ok, "rmem_max", found.empty() ? "not visible here" : found + " bytes",
                     ""};
  if (const auto bytes = number(found); bytes && *bytes < 212'992) {
    check.grade = Grade::warn;
    check.remedy = "below the kernel's default: sysctl net.core.rmem_max=212992";
  }
  return check;
}

// Limits on namespaces, which a case takes a few of.
MachineCheck namespaces(const fs::path& root) {
  MachineCheck check{Grade::ok, "namespaces", "", ""};
  for (const char* kind : {"user", "net", "pid", "mnt"}) {
    const std::string found = read(root, fmt::format("proc/sys/user/max_{}_namespaces", kind));
    if (found.empty()) continue;
    check.found += fmt::format("{}{} {}", check.found.empty() ? "" : ", ", kind, found);
    const auto most = number(found);
    if (!most || *most >= 64) continue;
    check.grade = Grade::warn;
    check.remedy = fmt::format("too few: sysctl user.max_{}_namespaces=10000", kind);
  }
  if (check.found.empty()) check.found = "no limits visible here";
  return check;
}

}  // namespace

std::vector<MachineCheck> isolation_checks(const std::vector<lab::Probe>& probes) {
  std::vector<MachineCheck> checks;
  const auto works = [](const lab::Probe& probe) { return probe.works; };
  const auto chosen = std::find_if(probes.begin(), probes.end(), works);
  for (auto probe = probes.begin(); probe != probes.end(); ++probe) {
    MachineCheck check;
    check.what = fmt::format("isolation {}", lab::name(probe->level));
    check.found = probe->works ? "works" : "does not work: " + probe->why;
    if (probe == chosen) check.found += " (chosen by auto)";
    check.remedy = probe->works ? "" : probe->remedy;
    check.grade = probe->works ? Grade::ok : chosen == probes.end() ? Grade::fail : Grade::warn;
    checks.push_back(std::move(check));
  }
  return checks;
}

std::vector<MachineCheck> system_checks(const fs::path& root) {
  const report::Context context = report::read_context(0, nullptr);
  return {
      {Grade::ok, "kernel", "Linux " + context.kernel, ""},
      {Grade::ok, "system", context.os, ""},
      {Grade::ok, "processors", fmt::format("{} x {}", context.cpus, context.cpu_model), ""},
      {Grade::ok, "memory", fmt::format("{} MiB", context.memory_bytes >> 20), ""},
      {Grade::ok, "user", context.user, ""},
      clock_source(root),
      stolen_time(root),
      load(root, context.cpus),
      governor(root),
      namespaces(root),
      descriptors(),
      receive_buffers(root),
  };
}

std::vector<MachineCheck> installation_checks(const Layout& layout) {
  const auto folder = [](const char* what, const fs::path& path, const char* remedy) {
    return path.empty() ? MachineCheck{Grade::warn, what, "not found", remedy}
                        : MachineCheck{Grade::ok, what, path.string(), ""};
  };
  return {
      {Grade::ok, "wireproof", report::program_version(), ""},
      {Grade::ok, "libpcap", ::pcap_lib_version(), ""},
      folder("scenarios", layout.scenarios,
             "install the program whole, or name scenarios yourself"),
      folder("targets", layout.targets, "build them, or give programs of your own"),
  };
}

}  // namespace wireproof::cli
