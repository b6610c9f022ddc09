#include "load/machine.h"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>

#include "load/now.h"
#include "load/statistics.h"
#include "load/timely.h"

namespace wireproof::load {
namespace {

constexpr std::int64_t beat_ns = 5'000'000, stall_ns = 10'000'000, mark_ns = 100'000'000;

double tick_ms() { return 1000.0 / static_cast<double>(::sysconf(_SC_CLK_TCK)); }

// With the generator's own processes, once they have ended.
double own_cpu_ms(rusage& usage) {
  rusage children{};
  ::getrusage(RUSAGE_SELF, &usage);
  ::getrusage(RUSAGE_CHILDREN, &children);
  const auto ms = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime) + ms(children.ru_utime) + ms(children.ru_stime);
}

// Processor numbers that the threads of a process ran on last.
void add_cpus(const std::string& process, std::set<unsigned>& cpus) {
  const std::string folder = "/proc/" + process + "/task";
  const std::unique_ptr<DIR, int (*)(DIR*)> tasks(::opendir(folder.c_str()), ::closedir);
  if (!tasks) return;
  while (const dirent* entry = ::readdir(tasks.get())) {
    if (entry->d_name[0] == '.') continue;
    std::ifstream file(folder + "/" + entry->d_name + "/stat");
    std::string line;
    std::getline(file, line);
    const std::size_t name_end = line.rfind(')');
    if (name_end == std::string::npos) continue;
    std::istringstream fields(line.substr(name_end + 2));
    std::string field;
    char state = ' ';
    fields >> state;
    for (int i = 4; i <= 39 && fields >> field; ++i) {
    }
    if (!field.empty())
      cpus.insert(static_cast<unsigned>(std::strtoul(field.c_str(), nullptr, 10)));
  }
}

std::uint64_t entries_of(const std::string& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(folder.c_str()), ::closedir);
  std::uint64_t count = 0;
  while (entries && ::readdir(entries.get()) != nullptr) ++count;
  return count > 2 ? count - 2 : 0;  // "." and ".."
}

std::vector<unsigned> listed(const std::set<unsigned>& cpus) { return {cpus.begin(), cpus.end()}; }

}  // namespace

MachineTime read_machine_time() {
  std::ifstream file("/proc/stat");
  std::string word;
  std::uint64_t user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, steal = 0;
  file >> word >> user >> nice >> system >> idle >> wait >> irq >> softirq >> steal;
  MachineTime time;
  time.idle = idle + wait;
  time.steal = steal;
  time.softirq = softirq;
  time.busy = user + nice + system + irq + softirq;
  time.all = time.busy + time.idle + steal;
  return time;
}

double cpu_ms_of(const std::vector<pid_t>& pids) {
  double sum_ms = 0;
  for (const pid_t pid : pids) {
    std::ifstream file(fmt::format("/proc/{}/stat", pid));
    std::string line;
    std::getline(file, line);
    const std::size_t name_end = line.rfind(')');
    if (name_end == std::string::npos) continue;
    std::istringstream fields(line.substr(name_end + 2));
    std::string skipped;
    for (int i = 3; i <= 13; ++i) fields >> skipped;
    double user = 0, system = 0, children_user = 0, children_system = 0;
    fields >> user >> system >> children_user >> children_system;
    sum_ms += (user + system + children_user + children_system) * tick_ms();
  }
  return sum_ms;
}

std::uint64_t tcp_sockets_around(pid_t process) {
  // "TCP: inuse 5 orphan 0 tw 0 alloc 8 mem 1": alloc counts what is not yet accepted, too
  std::ifstream file(fmt::format("/proc/{}/net/sockstat", process));
  std::string word;
  while (file >> word && word != "TCP:") {
  }
  std::uint64_t count = 0;
  while (file >> word && word != "alloc") {
  }
  file >> count;
  return count;
}

ProcessTime read_process_time(const std::vector<pid_t>& pids) {
  ProcessTime sum;
  sum.cpu_ms = cpu_ms_of(pids);
  for (const pid_t pid : pids) {
    add_cpus(std::to_string(pid), sum.cpus);
    std::uint64_t pages = 0;
    std::ifstream(fmt::format("/proc/{}/statm", pid)) >> pages >> pages;
    sum.resident_kib += pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) / 1024;
    sum.descriptors += entries_of(fmt::format("/proc/{}/fd", pid));
  }
  return sum;
}

std::string clock_source() {
  std::ifstream file("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  std::string name;
  file >> name;
  return name;
}

MachineWatch::MachineWatch(std::function<std::vector<pid_t>()> server)
    : server_(std::move(server)) {}

void MachineWatch::start() {
  machine_ = read_machine_time();
  rusage usage{};
  own_ms_ = own_cpu_ms(usage);
  voluntary_ = static_cast<std::uint64_t>(usage.ru_nvcsw);
  involuntary_ = static_cast<std::uint64_t>(usage.ru_nivcsw);
  if (server_) server_ms_ = cpu_ms_of(server_());
}

void MachineWatch::sample() {
  add_cpus("self", own_cpus_);
  if (!server_) return;
  const std::vector<pid_t> processes = server_();
  ProcessTime server = read_process_time(processes);
  server_cpus_.merge(server.cpus);
  if (server.resident_kib == 0) return;
  resident_kib_.push_back(static_cast<double>(server.resident_kib));
  descriptors_.push_back(static_cast<double>(server.descriptors));
  sockets_.push_back(static_cast<double>(tcp_sockets_around(processes.front())));
}

std::optional<ServerGrowth> MachineWatch::growth() const {
  // The first tenth is the server's own beginning.
  const std::size_t skipped = resident_kib_.size() / 10;
  if (resident_kib_.size() < skipped + 8) return std::nullopt;
  const auto memory = std::span(resident_kib_).subspan(skipped);
  const auto files = std::span(descriptors_).subspan(skipped);
  const auto sockets = std::span(sockets_).subspan(skipped);
  ServerGrowth growth;
  growth.samples = memory.size();
  growth.first_kib = static_cast<std::uint64_t>(memory.front());
  growth.last_kib = static_cast<std::uint64_t>(memory.back());
  growth.first_descriptors = static_cast<std::uint64_t>(files.front());
  growth.last_descriptors = static_cast<std::uint64_t>(files.back());
  growth.first_sockets = static_cast<std::uint64_t>(sockets.front());
  growth.last_sockets = static_cast<std::uint64_t>(sockets.back());
  growth.socket_drift_percent = 100 * drift(sockets);
  growth.memory_drift_percent = 100 * drift(memory);
  growth.descriptor_drift_percent = 100 * drift(files);
  return growth;
}

CpuUse MachineWatch::finish(std::uint64_t requests, double elsewhere_ms) {
  sample();
  CpuUse use;
  rusage usage{};
  use.generator_ms = std::max(0.0, own_cpu_ms(usage) - own_ms_ - elsewhere_ms);
  use.voluntary_switches = static_cast<std::uint64_t>(usage.ru_nvcsw) - voluntary_;
  use.involuntary_switches = static_cast<std::uint64_t>(usage.ru_nivcsw) - involuntary_;
  if (server_) use.server_ms = std::max(0.0, cpu_ms_of(server_()) - server_ms_);
  if (requests > 0) {
    use.generator_us_per_request = use.generator_ms * 1e3 / static_cast<double>(requests);
    use.server_us_per_request = use.server_ms * 1e3 / static_cast<double>(requests);
  }
  const MachineTime now = read_machine_time();
  if (const double all = static_cast<double>(now.all - machine_.all); all > 0) {
    use.steal_percent = 100 * static_cast<double>(now.steal - machine_.steal) / all;
    use.softirq_percent = 100 * static_cast<double>(now.softirq - machine_.softirq) / all;
    const double ours = (use.generator_ms + elsewhere_ms + use.server_ms) / tick_ms();
    use.other_percent =
        std::max(0.0, 100 * (static_cast<double>(now.busy - machine_.busy) - ours) / all);
  }
  use.generator_cpus = listed(own_cpus_);
  use.server_cpus = listed(server_cpus_);
  return use;
}

void MachineWatch::mark(std::int64_t now_ns) {
  if (!marks_.empty() && now_ns - marks_.back().at_ns < mark_ns) return;
  rusage usage{};
  marks_.push_back(
      {now_ns, read_machine_time(), own_cpu_ms(usage) + (server_ ? cpu_ms_of(server_()) : 0)});
}

void MachineWatch::tell(std::vector<SeriesPoint>& series, std::int64_t start_ns) const {
  for (SeriesPoint& point : series) {
    const std::int64_t from = start_ns + static_cast<std::int64_t>(point.at_s * 1e9);
    const std::int64_t to = from + static_cast<std::int64_t>(point.span_s * 1e9);
    // The narrowest pair of marks around the window: a mark says nothing of less than ticks.
    const auto after = [](std::int64_t time, const Mark& mark) { return time < mark.at_ns; };
    auto first = std::upper_bound(marks_.begin(), marks_.end(), from, after);
    const auto last = std::upper_bound(marks_.begin(), marks_.end(), to - 1, after);
    if (first == marks_.begin() || last == marks_.end()) continue;
    --first;
    const double all = static_cast<double>(last->machine.all - first->machine.all);
    if (all <= 0) continue;
    const auto percent = [&](auto part) {
      return std::clamp(100 *
                            (static_cast<double>(last->machine.*part) -
                             static_cast<double>(first->machine.*part)) /
                            all,
                        0.0, 100.0);
    };
    point.steal_percent = percent(&MachineTime::steal);
    point.softirq_percent = percent(&MachineTime::softirq);
    const double ours = 100 * (last->ours_ms - first->ours_ms) / tick_ms() / all;
    point.other_percent = std::max(0.0, percent(&MachineTime::busy) - ours);
  }
}

LoadStallWatch::LoadStallWatch() : thread_([this] { watch(); }) {}

LoadStallWatch::~LoadStallWatch() {
  stop_ = true;
  thread_.join();
}

void LoadStallWatch::watch() {
  const Timely timely;
  while (!stop_) {
    const std::int64_t due = now_ns() + beat_ns;
    const timespec time{due / 1'000'000'000, due % 1'000'000'000};
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr);
    const std::int64_t late = now_ns() - due;
    if (late > longest_ns_) longest_ns_ = late;
    if (late > stall_ns) ++stalls_;
  }
}

}  // namespace wireproof::load
