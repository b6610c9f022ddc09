#include "cli/rule_catalog.h"

#include <algorithm>
#include <span>

#include "check/dispatcher.h"
#include "run/rules.h"
#include "script/script.h"
#include "tcp/judge.h"
#include "udp/exchange.h"

namespace wireproof::cli {

std::vector<Rule> all_rules() {
  std::vector<Rule> all;
  for (const std::span<const Rule> part :
       {check::ip_rules(), tcp::rules(), udp::rules(), script::rules(), run::rules()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  std::sort(all.begin(), all.end(), [](const Rule& a, const Rule& b) { return a.id < b.id; });
  return all;
}

}  // namespace wireproof::cli
