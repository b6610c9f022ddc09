#include "load/processes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <exception>

#include "base/error.h"
#include "base/fd.h"
#include "load/recording_bytes.h"

namespace wireproof::load {
namespace {

// Through a pipe come frames: their kind and size, then their bytes.
enum class Kind : std::uint32_t { tick, recording };
struct Head {
  Kind kind = Kind::tick;
  std::uint64_t size = 0;
};
constexpr std::int64_t patience_ns = 30'000'000'000;  // after the load's end

std::atomic<bool> stop_asked{false};

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = retry_eintr([&] { return ::write(fd, bytes.data(), bytes.size()); });
    if (count <= 0) return;  // the parent is gone
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void write_frame(int fd, Kind kind, std::string_view bytes) {
  const Head head{kind, bytes.size()};
  write_all(fd, {reinterpret_cast<const char*>(&head), sizeof head});
  write_all(fd, bytes);
}

// In the child: never returns.
[[noreturn]] void run_share(Plan plan, unsigned first, unsigned count, int pipe, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  ::signal(SIGINT, SIG_IGN);  // the parent has it too, and passes it on
  struct sigaction action {};
  action.sa_handler = [](int) { stop_asked = true; };
  ::sigaction(SIGTERM, &action, nullptr);
  plan.stop = &stop_asked;
  GeneratorOptions options;
  options.stop = &stop_asked;
  options.progress = [&](const Tick& tick) {
    write_frame(pipe, Kind::tick, {reinterpret_cast<const char*>(&tick), sizeof tick});
  };
  Recording recording;
  try {
    recording = run_threads(std::move(plan), first, count, options);
  } catch (const std::exception& error) {
    recording.end.failure = error.what();
  }
  write_frame(pipe, Kind::recording, recording_bytes(recording));
  ::_exit(0);
}

class Farm {
 public:
  Farm(Plan plan, const GeneratorOptions& options) : options_(options) {
    whole_.plan = std::move(plan);
  }
  ~Farm() {
    for (const Child& child : children_) {
      if (child.pid <= 0) continue;
      ::kill(child.pid, SIGKILL);
      retry_eintr([&] { return ::waitpid(child.pid, nullptr, 0); });
    }
  }
  Farm(const Farm&) = delete;

  Recording run() {
    start();
    bool passed_on = false;
    PauseWatch pauses(whole_.plan, options_);
    while (listen()) {
      pauses.look();
      if (options_.every_tick) options_.every_tick();
      tell();
      if (stopped() && !passed_on) {
        passed_on = true;
        for (const Child& child : children_) {
          if (child.pid > 0) ::kill(child.pid, SIGTERM);
        }
      }
      if (now_ns() - patience_ns > whole_.plan.drain_ns) break;
    }
    std::vector<Recording> parts;
    for (Child& child : children_) {
      if (child.part) {
        parts.push_back(std::move(*child.part));
      } else {
        parts.emplace_back().end.failure = fate(child);
      }
    }
    whole_.ended_ns = now_ns();
    whole_.interrupted = stopped();
    join(whole_, std::move(parts));
    return std::move(whole_);
  }

 private:
  struct Child {
    pid_t pid = 0;
    pid_t known_as = 0;  // once it has been waited for, too
    int status = 0;
    Fd pipe;
    std::string bytes;
    Tick tick;
    std::optional<Recording> part;
  };

  bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }

  void start() {
    const Plan& plan = whole_.plan;
    const pid_t self = ::getpid();
    unsigned first = 0;
    for (unsigned i = 0; i < plan.processes; ++i) {
      const unsigned count = plan.threads / plan.processes + (i < plan.threads % plan.processes);
      int ends[2];
      if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno("make", "a pipe");
      Fd read_end(ends[0]), write_end(ends[1]);
      const pid_t pid = ::fork();
      if (pid < 0) throw_errno("start", "a process of the generator");
      if (pid == 0) run_share(plan, first, count, write_end.get(), self);
      ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
      Child& child = children_.emplace_back();
      child.pid = child.known_as = pid;
      child.pipe = std::move(read_end);
      first += count;
    }
  }

  // Until the next beat; false when all have said their last.
  bool listen() {
    std::vector<pollfd> wanted;
    std::vector<Child*> whose;
    for (Child& child : children_) {
      if (!child.pipe.is_open()) continue;
      wanted.push_back({child.pipe.get(), POLLIN, 0});
      whose.push_back(&child);
    }
    if (wanted.empty()) return false;
    ::poll(wanted.data(), wanted.size(), 20);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (wanted[i].revents != 0) take(*whose[i]);
    }
    return true;
  }

  void take(Child& child) {
    char buffer[65536];
    ssize_t count = 0;
    while ((count = ::read(child.pipe.get(), buffer, sizeof buffer)) > 0) {
      child.bytes.append(buffer, static_cast<std::size_t>(count));
    }
    const bool over = count == 0;
    Head head;
    while (child.bytes.size() >= sizeof head) {
      std::memcpy(&head, child.bytes.data(), sizeof head);
      if (child.bytes.size() < sizeof head + head.size) break;
      const std::string_view bytes = std::string_view(child.bytes).substr(sizeof head, head.size);
      if (head.kind == Kind::tick && bytes.size() == sizeof(Tick)) {
        std::memcpy(&child.tick, bytes.data(), sizeof(Tick));
      } else if (head.kind == Kind::recording) {
        child.part = recording_from(bytes);
      }
      child.bytes.erase(0, sizeof head + head.size);
    }
    if (!over) return;
    child.pipe.close();
    retry_eintr([&] { return ::waitpid(child.pid, &child.status, 0); });
    child.pid = 0;
  }

  // Of one that never told what it measured.
  static std::string fate(const Child& child) {
    const std::string who = fmt::format("generator process {}", child.known_as);
    if (child.pid > 0) {
      return fmt::format("{} had not told what it measured {} s after the load's end", who,
                         patience_ns / 1'000'000'000);
    }
    if (WIFSIGNALED(child.status)) {
      return fmt::format("{} was ended by signal {} ({}): what it measured is lost", who,
                         WTERMSIG(child.status), ::strsignal(WTERMSIG(child.status)));
    }
    return fmt::format("{} exited with status {} and had not told what it measured", who,
                       WEXITSTATUS(child.status));
  }

  // Rates and counts are sums; of percentiles the worst is told: they have no mean.
  void tell() {
    if (!options_.progress || now_ns() - told_ns_ < 1'000'000'000) return;
    told_ns_ = now_ns();
    Tick all;
    for (const Child& child : children_) {
      const Tick& one = child.tick;
      all.at_s = std::max(all.at_s, one.at_s);
      all.whole_s = std::max(all.whole_s, one.whole_s);
      all.rate_per_s += one.rate_per_s;
      all.answered += one.answered;
      all.failed += one.failed;
      all.connections += one.connections;
      all.bytes_per_s += one.bytes_per_s;
      all.p50_ns = std::max(all.p50_ns, one.p50_ns);
      all.p99_ns = std::max(all.p99_ns, one.p99_ns);
      all.most_ns = std::max(all.most_ns, one.most_ns);
    }
    if (all.at_s > 0) options_.progress(all);
  }

  const GeneratorOptions& options_;
  Recording whole_;
  std::vector<Child> children_;
  std::int64_t told_ns_ = 0;
};

}  // namespace

Recording run_processes(Plan plan, const GeneratorOptions& options) {
  return Farm(std::move(plan), options).run();
}

}  // namespace wireproof::load
