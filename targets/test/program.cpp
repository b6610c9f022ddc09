#include "test/program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "common/address.h"
#include "common/error.h"
#include "common/sockets.h"

namespace targets::test {
namespace {

std::string contents(const Fd& file) {
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t count = pread(file.get(), buffer, sizeof buffer, static_cast<off_t>(text.size()));
    if (count <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
  }
}

Fd output_file(Program::Output output) {
  return Fd(check(output == Program::Output::kept ? memfd_create("output", MFD_CLOEXEC)
                                                  : open("/dev/null", O_WRONLY | O_CLOEXEC),
                  "make", "an output file"));
}

Fd connect_to(const Address& address, int type) {
  Fd socket = open_socket(address.family(), type);
  const timeval deadline{patience.count(), 0};
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    check(setsockopt(socket.get(), SOL_SOCKET, option, &deadline, sizeof deadline), "set",
          "a deadline");
  }
  check(connect(socket.get(), address.get(), address.size()), "connect to", address.text());
  return socket;
}

}  // namespace

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

Program::Program(const std::string& name, const Arguments& arguments, Output output)
    : out_(output_file(output)), err_(output_file(output)) {
  const std::string path = std::string(WIREPROOF_TARGETS_DIR) + "/" + name;
  std::vector<char*> argv{const_cast<char*>(path.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_ = check(fork(), "fork", path);
  if (pid_ == 0) {
    dup2(out_.get(), STDOUT_FILENO);
    dup2(err_.get(), STDERR_FILENO);
    execv(path.c_str(), argv.data());
    _exit(127);
  }
}

Program::~Program() {
  if (has_exited()) return;
  signal(SIGKILL);
  wait();
}

std::string Program::out() const { return contents(out_); }
std::string Program::err() const { return contents(err_); }

bool Program::prints(const std::string& text) const {
  return eventually([&] { return out().find(text) != std::string::npos; });
}

std::uint16_t Program::port() const {
  const std::string start = "listening on ";
  std::string line;
  const bool found = eventually([&] {
    const std::string text = out();
    const std::size_t from = text.find(start);
    const std::size_t to = text.find('\n', from);
    if (from == std::string::npos || to == std::string::npos) return false;
    line = text.substr(from, to - from);
    return true;
  });
  if (!found) throw Failure("no server: " + err());
  return parse_number<std::uint16_t>("a port", line.substr(line.rfind(':') + 1), 1, 65535);
}

void Program::signal(int number) const { check(kill(pid_, number), "signal", "a program"); }

bool Program::has_exited() {
  if (!reaped_) reaped_ = check(waitpid(pid_, &status_, WNOHANG), "wait for", "a program") == pid_;
  return reaped_;
}

int Program::wait() {
  if (!eventually([&] { return has_exited(); })) {
    signal(SIGKILL);
    eventually([&] { return has_exited(); });
  }
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : -WTERMSIG(status_);
}

int Program::terminate() {
  signal(SIGTERM);
  return wait();
}

void Program::stand_still() {
  signal(SIGSTOP);
  int status = 0;
  check(retry_interrupted([&] { return waitpid(pid_, &status, WUNTRACED); }), "stop", "a program");
  ASSERT_TRUE(WIFSTOPPED(status));
}

// In a child: the kernel takes a ring apart later, and interrupts whatever its maker waits for
// then.
bool engine_works(const std::string& engine) {
  if (engine != "io_uring") return true;
  const pid_t child = check(fork(), "start", "a child that makes an io_uring");
  if (child == 0) {
    io_uring_params parameters{};
    _exit(syscall(SYS_io_uring_setup, 1, &parameters) < 0 ? 1 : 0);
  }
  int status = 0;
  retry_interrupted([&] { return waitpid(child, &status, 0); });
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void forbid_io_uring() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{static_cast<unsigned short>(std::size(code)), code};
  ASSERT_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0), 0);
}

Result run(const std::string& name, const Arguments& arguments) {
  Program program(name, arguments);
  const int status = program.wait();
  return {status, program.out(), program.err()};
}

ReservedPort::ReservedPort(const std::string& address) {
  const Address any = Address::inet(address, 0);
  socket_ = open_socket(any.family(), SOCK_STREAM);
  set_option(socket_.get(), SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
  bind_socket(socket_.get(), any);
  number_ = Address::local_of(socket_.get()).port();
}

Fd connect_tcp(std::uint16_t port) {
  return connect_to(Address::inet("127.0.0.1", port), SOCK_STREAM);
}

Fd connect_udp(const std::string& address, std::uint16_t port) {
  return connect_to(Address::inet(address, port), SOCK_DGRAM);
}

Fd connect_unix(const std::string& name, int type) {
  return connect_to(Address::unix_name(name), type);
}

void send_text(const Fd& socket, const std::string& text) {
  ASSERT_EQ(send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(text.size()));
}

std::string receive_text(const Fd& socket, std::size_t size) {
  std::string text(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = recv(socket.get(), text.data() + done, size - done, 0);
    if (count <= 0)
      return text.substr(0, done) +
             (count < 0 ? "<" + std::string(strerrorname_np(errno)) + ">" : "");
    done += static_cast<std::size_t>(count);
  }
  return text;
}

std::string receive_datagram(const Fd& socket) {
  std::string text(65536, '\0');
  const ssize_t count = recv(socket.get(), text.data(), text.size(), 0);
  if (count < 0) return "<" + std::string(strerrorname_np(errno)) + ">";
  return text.substr(0, static_cast<std::size_t>(count));
}

std::string receive_to_end(const Fd& socket) {
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t count = recv(socket.get(), buffer, sizeof buffer, 0);
    if (count == 0) return text;
    if (count < 0) return text + (errno == ECONNRESET ? "<reset>" : "<no end>");
    text.append(buffer, static_cast<std::size_t>(count));
  }
}

void end_sending(const Fd& socket) {
  check(shutdown(socket.get(), SHUT_WR), "shut down", "a connection");
}

bool is_silent(const Fd& socket, int milliseconds) {
  pollfd poll_fd{socket.get(), POLLIN, 0};
  return poll(&poll_fd, 1, milliseconds) == 0;
}

TemporaryPath::TemporaryPath() {
  folder_ = (std::filesystem::temp_directory_path() / "targets-XXXXXX").string();
  if (mkdtemp(folder_.data()) == nullptr) throw_errno("make", folder_);
}

TemporaryPath::~TemporaryPath() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

bool TemporaryPath::exists() const {
  return std::filesystem::exists(std::filesystem::symlink_status(text()));
}

}  // namespace targets::test
