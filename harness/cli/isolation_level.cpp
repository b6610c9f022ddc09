#include "cli/isolation_level.h"

#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"

namespace wireproof::cli {

lab::Isolation isolation_level(const std::string& name) {
  if (name == "auto") return lab::choose_isolation();
  // A level that was asked for is tried as well: what is refused here is told with its remedy.
  for (const lab::Probe& probe : lab::probe_isolation()) {
    if (lab::name(probe.level) != name) continue;
    if (probe.works) return probe.level;
    throw SystemError("use", "isolation " + name, EPERM, probe.why + ": " + probe.remedy);
  }
  throw UsageError("unknown isolation level " + quoted(name));
}

}  // namespace wireproof::cli
