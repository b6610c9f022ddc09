#include "process/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <map>

#include "base/error.h"
#include "lab/process_tree.h"
#include "process/launcher.h"
#include "process/output_reader.h"
#include "process/program_path.h"
#include "process/supervisor.h"

namespace wireproof::process {

namespace {

namespace fs = std::filesystem;

ExitStatus from_wait_status(int status) {
  if (WIFSIGNALED(status)) return {-1, WTERMSIG(status), WCOREDUMP(status) != 0};
  return {WEXITSTATUS(status), 0, false};
}

// waitid(2) tells the same in two parts.
ExitStatus from_siginfo(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return {info.si_status, 0, false};
  return {-1, info.si_status, info.si_code == CLD_DUMPED};
}

double seconds(const rusage& usage) {
  const auto one = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return one(usage.ru_utime) + one(usage.ru_stime);
}

// Our environment with additions, as "NAME=value".
std::vector<std::string> make_environment(
    const std::vector<std::pair<std::string, std::string>>& additions) {
  std::map<std::string, std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos)
      merged.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  for (const auto& [name, value] : additions) merged[name] = value;
  std::vector<std::string> environment;
  for (const auto& [name, value] : merged) environment.push_back(name + "=" + value);
  return environment;
}

std::string_view value_of(const std::vector<std::string>& environment, std::string_view name) {
  for (const std::string& entry : environment)
    if (entry.size() > name.size() && entry[name.size()] == '=' && entry.rfind(name, 0) == 0)
      return std::string_view(entry).substr(name.size() + 1);
  return {};
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const std::string& text : strings) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

std::string_view words(Step step) {
  switch (step) {
    case Step::started:
    case Step::fork_program:
      return "make a process for";
    case Step::enter_namespaces:
      return "enter the case's namespaces for";
    case Step::redirect:
      return "redirect the output of";
    case Step::enter_netns:
      return "enter the network namespace for";
    case Step::change_folder:
      return "change to the working folder of";
    case Step::drop_groups:
    case Step::change_group:
    case Step::change_user:
      return "change the user of";
    case Step::drop_capabilities:
      return "drop the capabilities of";
    case Step::execute:
      return "start";
  }
  return "start";
}

std::string_view hint_for(const Report& failure, bool is_script) {
  if (failure.step != Step::execute) return {};
  switch (failure.value) {
    case ENOENT:
      return is_script ? "the interpreter that its first line names is missing"
                       : "the file, or the loader that it names, is missing";
    case EACCES:
      return "not executable, for the user that targets run as";
    case ENOEXEC:
      return "neither a program for this machine nor a script with a #! line";
    case EPERM:
      return "it has file capabilities that targets are not given";
    default:
      return {};
  }
}

bool is_current_netns(int fd) {
  struct stat here = {};
  struct stat there = {};
  return ::stat("/proc/thread-self/ns/net", &here) == 0 && ::fstat(fd, &there) == 0 &&
         here.st_ino == there.st_ino && here.st_dev == there.st_dev;
}

std::pair<Fd, Fd> make_pipe() {
  std::array<int, 2> ends{};
  checked("make", "a pipe", [&] { return ::pipe2(ends.data(), O_CLOEXEC); });
  return {Fd(ends[0]), Fd(ends[1])};
}

}  // namespace

struct Process::Impl {
  ~Impl();

  void start(const LaunchSpec& spec);
  // Looks without reaping: the number stays ours.
  void look();
  bool await(Deadline deadline) const;
  int end_fd() const { return supervisor > 0 ? status.get() : pidfd.get(); }
  void kill_tree();

  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t pid = -1;
  pid_t supervisor = -1;  // -1: the program is our own child
  Fd pidfd;               // of our own child
  Fd status;              // of a supervised program: readable when its end is known
  std::optional<ExitStatus> exit_status;
  double cpu_seconds = 0;
  std::unique_ptr<OutputReader> output;
};

void Process::Impl::start(const LaunchSpec& spec) {
  name = spec.name;
  if (spec.command.empty()) throw SystemError("start", spec.name, EINVAL, "the command is empty");
  const fs::path here = fs::current_path();
  const std::vector<std::string> environment = make_environment(spec.environment);
  uid = spec.uid.value_or(::geteuid());
  gid = spec.gid.value_or(::getegid());
  const ProgramFile program =
      find_program(spec.command[0], value_of(environment, "PATH"), here, FileUser{uid, gid});
  const fs::path folder = here / spec.working_folder;
  const std::vector<char*> arguments = pointers(spec.command);
  const std::vector<char*> environment_pointers = pointers(environment);
  auto [out_read, out_write] = make_pipe();
  auto [err_read, err_write] = make_pipe();
  const Fd null(
      checked("open", "/dev/null", [] { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }));

  ChildPlan plan;
  plan.path = program.path.c_str();
  plan.arguments = arguments.data();
  plan.environment = environment_pointers.data();
  plan.working_folder = folder.c_str();
  plan.program_fd = program.fd.get();
  plan.program_is_script = program.is_script;
  plan.netns_fd = spec.netns_fd >= 0 && !is_current_netns(spec.netns_fd) ? spec.netns_fd : -1;
  plan.uid = uid;
  plan.gid = gid;
  plan.changes_user = plan.uid != ::geteuid() || plan.gid != ::getegid();
  plan.standard_input = null.get();
  plan.standard_output = out_write.get();
  plan.standard_error = err_write.get();

  const int init_pidfd = spec.lab == nullptr ? -1 : spec.lab->init_pidfd();
  const Place place = spec.lab == nullptr ? Place::here
                      : init_pidfd >= 0   ? Place::pid_namespace
                                          : Place::supervised;
  output = std::make_unique<OutputReader>(std::move(out_read), std::move(err_read),
                                          spec.output_limit_bytes);
  Launch launched = launch(plan, place, init_pidfd);
  if (!launched.started())
    throw SystemError(words(launched.failure.step), spec.command[0], launched.failure.value,
                      hint_for(launched.failure, program.is_script));
  pid = launched.pid;
  supervisor = launched.supervisor;
  status = std::move(launched.status);
  if (supervisor > 0) return;  // the program may have been reaped already
  pidfd = Fd(static_cast<int>(
      checked("watch", spec.command[0], [this] { return ::syscall(SYS_pidfd_open, pid, 0); })));
}

Process::Impl::~Impl() {
  if (pid < 0) return;
  kill_tree();
  if (supervisor > 0) {
    ::kill(supervisor, SIGTERM);
    retry_eintr([this] { return ::waitpid(supervisor, nullptr, 0); });
  } else {
    retry_eintr([this] { return ::waitpid(pid, nullptr, 0); });
  }
}

void Process::Impl::kill_tree() {
  // A supervised program's number may be someone else's once it has ended; its group then falls to
  // the supervisor.
  if (supervisor > 0) look();
  if (supervisor <= 0 || !exit_status) ::kill(-pid, SIGKILL);
}

void Process::Impl::look() {
  if (exit_status) return;
  if (supervisor > 0) {
    pollfd wait{status.get(), POLLIN, 0};
    SupervisedEnd end;
    if (::poll(&wait, 1, 0) != 1) return;
    if (::read(status.get(), &end, sizeof end) == static_cast<ssize_t>(sizeof end)) {
      exit_status = from_wait_status(end.wait_status);
      cpu_seconds = seconds(end.usage);
    } else {
      exit_status = ExitStatus{-1, SIGKILL, false};  // the supervisor itself was killed
    }
    return;
  }
  siginfo_t info{};
  rusage usage{};
  // The bare call has a fifth argument that the C library's hides: the usage, also without reaping.
  const long done = ::syscall(SYS_waitid, P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT, &usage);
  if (done != 0 || info.si_pid == 0) return;
  exit_status = from_siginfo(info);
  cpu_seconds = seconds(usage);
}

bool Process::Impl::await(Deadline deadline) const {
  pollfd wait{end_fd(), POLLIN, 0};
  return retry_eintr([&] { return ::poll(&wait, 1, deadline.remaining_ms()); }) == 1;
}

LaunchSpec launch_in(const lab::Lab& lab, Side side, std::string name,
                     std::vector<std::string> command) {
  LaunchSpec spec;
  spec.name = std::move(name);
  spec.command = std::move(command);
  spec.lab = &lab;
  spec.netns_fd = lab.host(side).netns.get();
  spec.uid = lab.identity().target_uid;
  spec.gid = lab.identity().target_gid;
  return spec;
}

std::string to_string(const ExitStatus& status) {
  if (status.signal == 0) return fmt::format("exit status {}", status.code);
  const char* const abbreviation = ::sigabbrev_np(status.signal);
  return fmt::format("killed by {}{}{}", abbreviation == nullptr ? "signal " : "SIG",
                     abbreviation == nullptr ? std::to_string(status.signal) : abbreviation,
                     status.core_dumped ? ", core dumped" : "");
}

Process Process::start(const LaunchSpec& spec) {
  auto impl = std::make_unique<Impl>();
  impl->start(spec);
  return Process(std::move(impl));
}
Process::Process(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Process::Process(Process&&) noexcept = default;
Process& Process::operator=(Process&&) noexcept = default;
Process::~Process() = default;

const std::string& Process::name() const { return impl_->name; }
uid_t Process::uid() const { return impl_->uid; }
gid_t Process::gid() const { return impl_->gid; }
pid_t Process::pid() const { return impl_->pid; }
int Process::pidfd() const { return impl_->end_fd(); }

std::vector<pid_t> Process::tree() const {
  impl_->look();
  if (impl_->supervisor > 0) return lab::descendants(impl_->supervisor);
  std::vector<pid_t> found = lab::descendants(impl_->pid);
  if (!impl_->exit_status) found.insert(found.begin(), impl_->pid);
  return found;
}

std::optional<ExitStatus> Process::exit_status() {
  impl_->look();
  return impl_->exit_status;
}

std::optional<ExitStatus> Process::wait(Deadline deadline) {
  impl_->look();
  if (!impl_->exit_status && impl_->await(deadline)) impl_->look();
  return impl_->exit_status;
}

void Process::signal(int number) {
  impl_->look();
  if (!impl_->exit_status) ::kill(-impl_->pid, number);
}

bool Process::end(Deadline deadline) {
  signal(SIGTERM);
  const bool enough = wait(deadline).has_value();
  impl_->kill_tree();
  // SIGKILL cannot be refused, but a process in the midst of a system call takes a moment.
  wait(Deadline::after(std::chrono::seconds(10)));
  impl_->output->await_end(Deadline::after(std::chrono::milliseconds(100)));
  impl_->output->stop();
  return enough;
}

Output Process::standard_output() const { return impl_->output->output(0); }
Output Process::standard_error() const { return impl_->output->output(1); }

double Process::cpu_seconds() const {
  impl_->look();
  return impl_->cpu_seconds;
}

}  // namespace wireproof::process
