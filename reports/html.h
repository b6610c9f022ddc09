// The HTML report: one file that needs nothing else, drawn by the viewer (reports/viewer) from the
// report itself, which stands in it as JSON. Text of packets and programs stays data: no byte of it
// can end the block that it stands in. Thread rule: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "reports/merge.h"
#include "reports/model.h"

namespace wireproof::report {

// Whether this build has the viewer; without it there is no HTML report.
bool has_viewer();

// `results`: the results folder as a browser finds it from the page's place ("", ".",
// "../results"). `beside`: other runs, whose loads can be laid over this one's.
std::string to_html(const RunReport& run, std::string_view results,
                    std::span<const NamedReport> beside = {});

// JSON as it may stand within a script element: the same values, without any "<".
std::string json_for_html(std::string json);

}  // namespace wireproof::report
