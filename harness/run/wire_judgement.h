// What the emulated link says of itself: its report, and the findings that follow. Thread rule: the
// case's main thread; the link is stopped.
#pragma once

#include <span>
#include <vector>

#include "base/finding.h"
#include "reports/model.h"
#include "wire/link.h"

namespace wireproof::run {

report::WireReport wire_report(const wire::Plan& plan, const wire::Link& link);
// Frames: of each capture, to find the packets of decisions in.
report::WireLinkReport wire_link_report(const wire::Link& link,
                                        std::span<const packet::Frame> client,
                                        std::span<const packet::Frame> server);

// `completed`: the script came to its end. After a miss a rule may well not have matched.
std::vector<Finding> judge_wire(const wire::Link& link, bool completed);
std::vector<Finding> judge_wire(const std::vector<std::string>& unmatched,
                                const std::vector<wire::Decision>& decisions,
                                const wire::Stats& stats, bool completed);

}  // namespace wireproof::run
