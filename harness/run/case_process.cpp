#include "run/case_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "reports/json.h"

namespace wireproof::run {
namespace {

// Beyond its own limits a case has this long for set-up, judgement and files.
constexpr std::chrono::seconds overhead{20};

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = retry_eintr([&] { return ::write(fd, text.data(), text.size()); });
    if (written < 0) return;  // nobody listens any more: the harness is gone
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

[[noreturn]] void be_the_case(const scenario::Case& one, const CaseSettings& settings, int pipe,
                              pid_t harness) {
  // A group of its own: Ctrl-C at the terminal is the harness's to handle.
  ::setpgid(0, 0);
  lab::die_with_parent(harness);
  std::signal(SIGPIPE, SIG_IGN);
  // A Ctrl-C that comes before the load begins must not end it without a report.
  if (one.load) std::signal(SIGINT, SIG_IGN);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  {
    const report::CaseReport report = run_case(one, settings);
    write_all(pipe, report::to_json(report));
  }
  ::_exit(0);
}

}  // namespace

CaseProcess::CaseProcess(const scenario::Case& one, const CaseSettings& settings)
    : case_(&one),
      settings_(settings),
      limit_(Deadline::after(one.time_limit + one.settle + overhead)) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno("make", "pipe");
  pipe_ = Fd(ends[0]);
  Fd writing(ends[1]);
  const pid_t harness = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) {
    throw_errno("fork", "a process for case " + one.id, "see 'ulimit -u', or lower --jobs");
  }
  if (pid_ == 0) {
    pipe_.close();
    be_the_case(one, settings_, writing.get(), harness);
  }
  if (::fcntl(pipe_.get(), F_SETFL, O_NONBLOCK) != 0) throw_errno("set up", "pipe");
}

CaseProcess::CaseProcess(CaseProcess&& from) noexcept
    : case_(from.case_),
      settings_(std::move(from.settings_)),
      text_(std::move(from.text_)),
      pipe_(std::move(from.pipe_)),
      pid_(std::exchange(from.pid_, -1)),
      killed_(from.killed_),
      limit_(from.limit_) {}

CaseProcess::~CaseProcess() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  retry_eintr([&] { return ::waitpid(pid_, nullptr, 0); });
}

bool CaseProcess::interrupt() {
  if (!case_->load) return false;
  ::kill(pid_, SIGINT);
  return true;
}

void CaseProcess::kill() {
  killed_ = true;
  ::kill(pid_, SIGKILL);
}

bool CaseProcess::read() {
  char buffer[65536];
  while (true) {
    const ssize_t got = checked("read", "a case's report",
                                [&] { return ::read(pipe_.get(), buffer, sizeof buffer); });
    if (got < 0) return false;
    if (got == 0) return true;
    text_.append(buffer, static_cast<std::size_t>(got));
  }
}

report::CaseReport CaseProcess::finish() {
  int status = 0;
  struct rusage usage {};
  retry_eintr([&] { return ::wait4(pid_, &status, 0, &usage); });
  pid_ = -1;
  const auto broken = [&](std::string reason, std::string hint) {
    report::CaseReport report = describe_case(*case_, settings_);
    report.status = report::Status::error;
    report.reason = std::move(reason);
    report.hint = std::move(hint);
    return report;
  };
  report::CaseReport report;
  if (killed_) {
    report =
        broken(fmt::format("overran its limit of {} ms and was ended", case_->time_limit.count()),
               "raise time_limit_ms, or see what the harness waits for with --verbose");
  } else if (WIFSIGNALED(status)) {
    report =
        broken(fmt::format("the case's own process was ended by {}", ::strsignal(WTERMSIG(status))),
               "a defect of wireproof, or the machine is out of memory: see dmesg");
  } else if (auto parsed = report::case_from_json(text_)) {
    report = std::move(*parsed);
  } else {
    report = broken("the case's process ended without a report: " + parsed.error().message,
                    "a defect of wireproof");
  }
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  report.cpu_ms = (seconds(usage.ru_utime) + seconds(usage.ru_stime)) * 1e3;
  return report;
}

}  // namespace wireproof::run
