// wireproof init: a first scenario for somebody's own server.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <ostream>

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"
#include "cli/command.h"
#include "reports/context.h"
#include "scenario/command.h"
#include "scenario/starter.h"

namespace wireproof::cli {
namespace {

struct InitRequest {
  std::string file = "my-scenario.json", server, transport = "tcp";
  bool no_run = false;
};

scenario::Transport transport_of(const std::string& name) {
  using scenario::Transport;
  for (const auto each : {Transport::tcp, Transport::udp, Transport::unix_stream,
                          Transport::unix_datagram, Transport::unix_seqpacket}) {
    if (scenario::name(each) == name) return each;
  }
  throw UsageError("unknown transport " + quoted(name));
}

std::string reference_server(scenario::Transport transport) {
  if (scenario::is_unix(transport)) return "{targets}/unix-server {path}";
  return transport == scenario::Transport::udp ? "{targets}/udp-server {address} {port}"
                                               : "{targets}/tcp-server {address} {port}";
}

// Never over a file that is there.
void write_new(const std::string& file, std::string_view text) {
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  std::error_code failure;
  if (!folder.empty()) std::filesystem::create_directories(folder, failure);
  const Fd fd(retry_eintr(
      [&] { return ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644); }));
  if (!fd.is_open() && errno == EEXIST) {
    throw UsageError(printable(file) + " is there already, and stays as it is",
                     "name another file: wireproof init FILE");
  }
  if (!fd.is_open()) throw_errno("create", file);
  while (!text.empty()) {
    const auto written =
        checked("write", file, [&] { return ::write(fd.get(), text.data(), text.size()); });
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

int init_command(const InitRequest& request, Console& console) {
  const scenario::Transport transport = transport_of(request.transport);
  const bool own = !request.server.empty();
  const auto command = scenario::split_command(own ? request.server : reference_server(transport));
  if (!command) throw UsageError("--server: " + command.error());
  write_new(request.file, scenario::starter_scenario(*command, transport));
  console.out << "Wrote " << printable(request.file) << ": a first scenario, with comments.\n";
  if (!own) {
    console.out << "It runs the reference server; put your own command in its \"server\".\n";
  }
  const std::string run = "wireproof run " + printable(report::shell_quoted({request.file}));
  if (request.no_run) {
    console.out << "Next:\n  " << run << '\n';
    return exit_status::passed;
  }
  console.out << "$ " << run << "\n" << std::flush;
  return run_file(request.file, console);
}

}  // namespace

void add_init_command(CLI::App& program, Console& console, Chosen& chosen) {
  auto request = std::make_shared<InitRequest>();
  CLI::App* command =
      program.add_subcommand("init", "write a first scenario for your server, and run it");
  command->add_option("FILE", request->file, "where to (my-scenario.json)")->option_text("");
  command->add_option("--server", request->server, "how your server is started")
      ->option_text("CMD");
  command->add_option("--transport", request->transport, "tcp, udp, unix-stream, unix-datagram ...")
      ->option_text("NAME")
      ->check(CLI::IsMember({"tcp", "udp", "unix-stream", "unix-datagram", "unix-seqpacket"}));
  command->add_flag("--no-run", request->no_run, "write it only");
  command->footer(examples("wireproof init --server './my-server {address} {port}'",
                           "wireproof init --transport udp udp-first.json"));
  command->callback([=, &console, &chosen] {
    chosen = [=, &console] { return init_command(*request, console); };
  });
}

}  // namespace wireproof::cli
