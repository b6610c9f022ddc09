#include "stream/stream_client.h"

#include <sys/socket.h>

#include <barrier>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "common/error.h"
#include "stream/conversation.h"

namespace targets {
namespace {

using Barrier = std::barrier<>;

void converse_repeatedly(const Address& server, int type, const ClientOptions& options,
                         const StopSignal& stop, Barrier& all_connected) {
  for (std::uint64_t i = 0; i < options.connections; ++i) {
    Conversation conversation(server, type, options, stop);
    conversation.open();
    all_connected.arrive_and_wait();
    for (std::uint64_t n = 1; n <= options.exchanges; ++n) {
      conversation.exchange(n == options.exchanges);
    }
    conversation.close();
  }
}

}  // namespace

void run_conversations(const Address& server, int type, const ClientOptions& options,
                       const StopSignal& stop) {
  Barrier all_connected(options.parallel);
  if (options.parallel == 1) {
    return converse_repeatedly(server, type, options, stop, all_connected);
  }
  std::mutex mutex;
  std::exception_ptr first_failure;
  unsigned failures = 0;
  const auto note_failure = [&] {
    const std::lock_guard lock(mutex);
    if (failures++ == 0) first_failure = std::current_exception();
  };
  {
    std::vector<std::jthread> threads;  // joined at the end of this block
    for (unsigned i = 0; i < options.parallel; ++i) {
      try {
        threads.emplace_back([&] {
          try {
            converse_repeatedly(server, type, options, stop, all_connected);
          } catch (...) {
            note_failure();
          }
          all_connected.arrive_and_drop();  // the others must not wait for this one any more
        });
      } catch (const std::system_error&) {  // no more threads to be had
        note_failure();
        all_connected.arrive_and_drop();
      }
    }
  }
  if (failures > 1) {
    try {
      std::rethrow_exception(first_failure);
    } catch (const std::exception& error) {
      throw Failure(std::string(error.what()) + " (and " + std::to_string(failures - 1) +
                    " more connections failed)");
    }
  }
  if (first_failure) std::rethrow_exception(first_failure);
}

int run_tcp_client(int argc, char** argv, const ClientFaults& faults) {
  return run_program([&] {
    ClientOptions options;
    options.faults = faults;
    std::string literal;
    std::uint16_t port = 0;

    OptionTable table("Connects to TCP ADDRESS and PORT, sends a message, prints the answer.");
    table.positional("ADDRESS", [&](const std::string& text) { literal = text; });
    table.positional("PORT", [&](const std::string& text) {
      port = parse_number<std::uint16_t>("PORT", text, 1, 65535);
    });
    options.add_options(table, true);
    table.parse(argc, argv);
    if (faults.aborts) options.tuning.linger_seconds = 0;

    const StopSignal stop;
    raise_descriptor_limit();
    run_conversations(Address::inet(literal, port), SOCK_STREAM, options, stop);
  });
}

}  // namespace targets
