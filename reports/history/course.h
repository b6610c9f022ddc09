// How a figure went over the runs of a history, and where its course changed.
// Thread rule: a history's.
#pragma once

#include <string>
#include <vector>

#include "reports/compare/figures.h"
#include "reports/history/change_points.h"
#include "reports/history/history.h"
#include "reports/text.h"

namespace wireproof::history {

struct Course {
  std::string case_id;
  const compare::Figure* figure = nullptr;
  std::vector<CoursePoint> points;   // the oldest first
  std::vector<ChangePoint> changes;  // places in `points`
};

struct CourseRequest {
  std::string case_part;                    // cases whose id holds this; empty: all
  const compare::Figure* figure = nullptr;  // null: all
  std::size_t last = 200;                   // runs
};

// The course of every figure that is asked for and was measured, in the order of ids.
std::vector<Course> courses(const History& history, const CourseRequest& request);

// A history's page for reading: what `wireproof history` lists.
std::string runs_text(const std::vector<RunEntry>& runs, std::size_t last,
                      const report::TextOptions& options);
// The course of one figure, a line a run, its changes between them.
std::string course_text(const Course& course, const std::vector<RunEntry>& runs,
                        const report::TextOptions& options);
// Of many figures, those that changed.
std::string changes_text(const std::vector<Course>& courses, const std::vector<RunEntry>& runs,
                         const report::TextOptions& options);
std::string to_json(const std::vector<Course>& courses, const std::vector<RunEntry>& runs);
// One file that opens from disk without a network: the trend of every figure, and the runs.
// All text of others is escaped; there is no script in it.
std::string to_html(const std::vector<Course>& courses, const std::vector<RunEntry>& runs);

// "nightly, c0ffee0123, main": what is known of what was tested; else "".
std::string known_as(const compare::RunDigest& run);
// "2025-03-04 05:06", of an RFC 3339 time.
std::string minute_text(const std::string& started_at);
// "188 passed, 2 failed".
std::string endings_text(const RunEntry& entry);

}  // namespace wireproof::history
