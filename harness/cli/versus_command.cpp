// wireproof versus: two servers or clients under the same scenarios, run in turn so that what the
// machine does meanwhile is the same for both, and compared by pairs of neighbouring runs.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <sstream>

#include "base/error.h"
#include "base/signals.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/comparison.h"
#include "cli/layout.h"
#include "cli/runs.h"
#include "cli/selection.h"
#include "reports/report.h"
#include "reports/style.h"

namespace wireproof::cli {
namespace {

namespace fs = std::filesystem;

struct VersusRequest {
  SelectionRequest next;
  std::string base_server, base_client, isolation = "auto", out = "wireproof-versus";
  unsigned runs = 20;
  bool quiet = false;
  ComparisonOutputs outputs;
};

struct Contender {
  const char* name;  // of its folder below --out
  SelectionRequest selection;
};

// A run of this program in a process of its own. Its owner waits for its end; the destructor kills
// what has not been waited for.
class ChildRun {
 public:
  // `said`: the file that takes what it prints.
  ChildRun(const std::vector<std::string>& words, const fs::path& said) {
    std::vector<char*> argv;
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, said.c_str(),
                                       O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ::posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    // A process group of its own: what a terminal sends on Ctrl-C reaches it once, by us.
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    const int error =
        ::posix_spawn(&pid_, "/proc/self/exe", &files, &attributes, argv.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&files);
    if (error != 0) throw SystemError("start", "a run", error);
    pidfd_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    if (!pidfd_.is_open()) {
      const int why = errno;
      end(SIGKILL);
      throw SystemError("watch", "a run", why);
    }
  }
  ~ChildRun() { end(SIGKILL); }
  ChildRun(const ChildRun&) = delete;
  ChildRun& operator=(const ChildRun&) = delete;

  // Its wait status; nullopt: a signal came first, and the run was ended by it.
  std::optional<int> wait(Signals& signals) {
    std::array<pollfd, 2> fds{{{pidfd_.get(), POLLIN, 0}, {signals.fd(), POLLIN, 0}}};
    retry_eintr([&] { return ::poll(fds.data(), fds.size(), -1); });
    if (fds[1].revents != 0) {
      end(signals.take());
      return std::nullopt;
    }
    return reap();
  }

 private:
  int reap() {
    int status = 0;
    retry_eintr([&] { return ::waitpid(pid_, &status, 0); });
    pid_ = -1;
    return status;
  }
  void end(int signal) {
    if (pid_ == -1) return;
    ::kill(pid_, signal);
    reap();
  }
  pid_t pid_ = -1;
  Fd pidfd_;
};

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

std::vector<std::string> words_of(const VersusRequest& request, const Contender& one,
                                  const fs::path& folder) {
  std::vector<std::string> words = {"wireproof",       "run",     "--jobs",       "1",
                                    "--quiet",         "--color", "never",        "--isolation",
                                    request.isolation, "--out",   folder.string()};
  const auto add = [&](const char* option, const std::string& value) {
    if (!value.empty()) words.insert(words.end(), {option, value});
  };
  add("--server", one.selection.server);
  add("--client", one.selection.client);
  add("--filter", one.selection.filter);
  words.emplace_back("--");
  words.insert(words.end(), one.selection.paths.begin(), one.selection.paths.end());
  return words;
}

// What an earlier `versus` left. Others' files are refused, or stay where they are.
void remove_runs(const fs::path& folder) {
  std::error_code failure;
  std::vector<fs::path> runs;
  for (const auto& entry : fs::directory_iterator(folder, failure)) runs.push_back(entry.path());
  for (const fs::path& run : runs) {
    const auto emptied = report::prepare_folder(run);
    if (!emptied) throw UsageError(emptied.error().message, emptied.error().hint);
    fs::remove(run / report::marker_file, failure);
    fs::remove(run, failure);
  }
}

// Why a run was not made: the run's own exit status and words.
struct NotMade {
  int status = 0;
  std::string words;
};

// nullopt: it was, whatever its verdicts.
std::optional<NotMade> make_run(const VersusRequest& request, const Contender& one, unsigned number,
                                Signals& signals) {
  const fs::path folder = fs::path(request.out) / one.name / std::to_string(number);
  const fs::path said = fs::path(request.out) / "last-run.txt";
  ChildRun child(words_of(request, one, folder), said);
  const auto status = child.wait(signals);
  const std::string words = text_of(said);
  std::error_code ignored;
  fs::remove(said, ignored);
  if (!status) return NotMade{exit_status::interrupted, ""};
  if (!WIFEXITED(*status)) return NotMade{exit_status::cannot_run, "it was killed"};
  const int code = WEXITSTATUS(*status);
  if (code == exit_status::passed || code == exit_status::failed) return std::nullopt;
  return NotMade{code, words};
}

int tell_not_made(const NotMade& why, const VersusRequest& request, const Contender& one,
                  unsigned number, Console& console) {
  if (why.status == exit_status::interrupted) {
    console.err << fmt::format("wireproof: interrupted after {} of {} pairs\n", number - 1,
                               request.runs);
    if (number > 1) {
      console.err << fmt::format("  `wireproof compare {0}/base {0}/new` compares them\n",
                                 printable(request.out));
    }
  } else {
    console.err << fmt::format("wireproof: run {} of the {} was not made; it said:\n", number,
                               one.name)
                << why.words << std::flush;
  }
  return why.status;
}

class PairsLine {
 public:
  PairsLine(Console& console, bool quiet, unsigned runs)
      : console_(console), live_(!quiet && wants_live_progress(console)), runs_(runs) {}
  ~PairsLine() { clear(); }
  PairsLine(const PairsLine&) = delete;
  PairsLine& operator=(const PairsLine&) = delete;

  void begin(unsigned number, const char* side) {
    if (!live_) return;
    std::string line = fmt::format("pair {} of {}: {}", number, runs_, side);
    if (number > 1) {
      const double seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
      line += fmt::format(" · some {:.0f} s left", seconds / (number - 1) * (runs_ - number + 1));
    }
    console_.err << "\r\x1b[K" << line << std::flush;
    drawn_ = true;
  }
  void clear() {
    if (drawn_) console_.err << "\r\x1b[K" << std::flush;
    drawn_ = false;
  }

 private:
  Console& console_;
  const bool live_;
  const unsigned runs_;
  bool drawn_ = false;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

int versus_command(const VersusRequest& request, Console& console) {
  // All that can be refused is, before minutes of work.
  const compare::Options options = read_comparison(request.outputs);
  const Layout layout = find_layout(this_program());
  std::array<Contender, 2> sides{{{"base", request.next}, {"new", request.next}}};
  sides[0].selection.server = request.base_server;
  sides[0].selection.client = request.base_client;
  for (const Contender& one : sides) {
    const Selection selection = select_cases(one.selection, layout);
    refuse_missing_targets(selection, layout);
  }
  const fs::path out = request.out;
  const auto prepared = report::prepare_folder(out);
  if (!prepared) throw UsageError(prepared.error().message, prepared.error().hint);
  for (const Contender& one : sides) {
    remove_runs(out / one.name);
    fs::create_directories(out / one.name);
  }

  Signals signals({SIGINT, SIGTERM});
  PairsLine line(console, request.quiet, request.runs);
  for (unsigned number = 1; number <= request.runs; ++number) {
    // Each side goes first by turns: of a machine that gets slower all the time, neither profits.
    for (const unsigned turn : {number - 1, number}) {
      const Contender& one = sides[turn % 2];
      line.begin(number, one.name);
      const auto not_made = make_run(request, one, number, signals);
      if (!not_made) continue;
      line.clear();
      for (const Contender& side : sides) {  // half a pair says nothing
        fs::remove_all(out / side.name / std::to_string(number));
      }
      return tell_not_made(*not_made, request, one, number, console);
    }
  }
  line.clear();
  return tell_comparison(read_run((out / "base").string(), "", console),
                         read_run((out / "new").string(), "", console), options, request.outputs,
                         console);
}

}  // namespace

void add_versus_command(CLI::App& program, Console& console, Chosen& chosen) {
  auto request = std::make_shared<VersusRequest>();
  CLI::App* command = program.add_subcommand("versus", "two servers run in turn, and what differs");
  command
      ->add_option("PATH", request->next.paths, "scenario files or folders (default: the shipped)")
      ->option_text("");
  command->add_option("--server", request->next.server, "the new server")->option_text("CMD");
  command
      ->add_option("--base-server", request->base_server,
                   "the one it is held to (default: the scenarios' own)")
      ->option_text("CMD");
  command->add_option("--client", request->next.client, "the new client")->option_text("CMD");
  command->add_option("--base-client", request->base_client, "the one it is held to")
      ->option_text("CMD");
  command->add_option("--runs", request->runs, "of each (20)")
      ->option_text("N")
      ->check(CLI::Range(1u, 10'000u));
  command->add_option("--filter", request->next.filter, "cases by id, tag, parameter; ! leaves out")
      ->option_text("WORDS");
  command->add_option("--isolation", request->isolation, "auto, user, root or none")
      ->option_text("LEVEL")
      ->check(CLI::IsMember({"auto", "user", "root", "none"}));
  command->add_option("--out", request->out, "folder of the runs (wireproof-versus)")
      ->option_text("DIR");
  add_comparison_options(*command, request->outputs);
  command->add_flag("--quiet", request->quiet, "no progress");
  command->footer(
      "Runs of the base and of the new are made in turn, one case at a time, and each\n"
      "is compared with its neighbour: what the machine does meanwhile is the same for\n"
      "both. With neither named, the same against itself: what this machine can tell.\n" +
      comparison_footer() +
      examples("wireproof versus --base-server './old {port}' --server './new {port}' my/",
               "wireproof versus --server './new {port}' load.json --fail-on 'p99 +10%'"));
  command->callback([=, &console, &chosen] {
    chosen = [=, &console] { return versus_command(*request, console); };
  });
}

}  // namespace wireproof::cli
