// Connections as CSV (RFC 4180), one a line. Thread rule: pure functions.
#pragma once

#include <string>

#include "reports/model.h"

namespace wireproof::check {

std::string csv_header();
std::string csv_line(const std::string& file, const report::ConnectionReport& one);

}  // namespace wireproof::check
