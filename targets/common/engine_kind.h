#ifndef WIREPROOF_TARGETS_COMMON_ENGINE_KIND_H_
#define WIREPROOF_TARGETS_COMMON_ENGINE_KIND_H_

#include <string>

#include "common/error.h"
#include "common/options.h"
#include "common/output.h"

namespace targets {

// What wakes a server. Automatic: io_uring, or epoll where that is refused.
enum class EngineKind { automatic, epoll, io_uring };

inline void add_engine_option(OptionTable& table, EngineKind& kind) {
  table.choice<EngineKind>("--engine", kind,
                           {{"auto", EngineKind::automatic},
                            {"epoll", EngineKind::epoll},
                            {"io_uring", EngineKind::io_uring}},
                           "what wakes it (epoll); auto: io_uring if allowed");
}

// What one of the two calls makes. A refusal is the Failure that `uring` throws.
template <typename Uring, typename Epoll>
auto make_of_kind(EngineKind kind, Uring uring, Epoll epoll) {
  switch (kind) {
    case EngineKind::io_uring:
      return uring();
    case EngineKind::automatic:
      try {
        return uring();
      } catch (const Failure& refusal) {
        complain(std::string(refusal.what()) + "; epoll serves instead");
      }
      break;
    case EngineKind::epoll:
      break;
  }
  return epoll();
}

}  // namespace targets

#endif  // WIREPROOF_TARGETS_COMMON_ENGINE_KIND_H_
