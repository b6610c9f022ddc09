#include "reports/history/course.h"

#include <fmt/format.h>

#include <algorithm>

#include "reports/style.h"
#include "reports/time_text.h"

namespace wireproof::history {
namespace {

using report::Style;
using report::Tone;

const RunEntry* entry_of(const std::vector<RunEntry>& runs, std::int64_t id) {
  const auto found =
      std::find_if(runs.begin(), runs.end(), [&](const RunEntry& entry) { return entry.id == id; });
  return found == runs.end() ? nullptr : &*found;
}

std::string run_text(const std::vector<RunEntry>& runs, std::int64_t id, const Style& style) {
  const RunEntry* entry = entry_of(runs, id);
  if (entry == nullptr) return fmt::format("#{}", id);
  std::string text = fmt::format("#{} {}", id, minute_text(entry->run.started_at));
  const std::string name = known_as(entry->run);
  return style.safe(name.empty() ? text : text + " " + name);
}

std::string change_sentence(const Course& course, const ChangePoint& change,
                            const std::vector<RunEntry>& runs, const Style& style) {
  const compare::Figure& figure = *course.figure;
  std::string text = fmt::format("{} {} {}", value_text(figure, change.before), style.arrow(),
                                 value_text(figure, change.after));
  if (change.before > 0) text += ", " + compare::change_text(change.after / change.before);
  return text + fmt::format(" since {} (p {:.3f})",
                            run_text(runs, course.points[change.at].run, style), change.p);
}

Tone tone_of(const Course& course, const ChangePoint& change) {
  const bool more = change.after > change.before;
  return more == course.figure->more_is_better ? Tone::good : Tone::bad;
}

}  // namespace

std::vector<Course> courses(const History& history, const CourseRequest& request) {
  std::vector<Course> all;
  for (const std::string& id : history.case_ids()) {
    if (id.find(request.case_part) == std::string::npos) continue;
    for (const compare::Figure& figure : compare::all_figures()) {
      if (request.figure != nullptr && request.figure != &figure) continue;
      Course course{id, &figure, history.course(id, figure.name), {}};
      if (course.points.empty()) continue;
      if (course.points.size() > request.last) {
        course.points.erase(course.points.begin(),
                            course.points.end() - static_cast<std::ptrdiff_t>(request.last));
      }
      std::vector<double> values;
      for (const CoursePoint& point : course.points) values.push_back(point.median);
      course.changes = change_points(values);
      all.push_back(std::move(course));
    }
  }
  return all;
}

std::string minute_text(const std::string& started_at) {
  return started_at.size() < 16 ? started_at
                                : started_at.substr(0, 10) + " " + started_at.substr(11, 5);
}

std::string known_as(const compare::RunDigest& run) {
  std::vector<std::string> parts;
  for (const std::string& part : {run.label, run.commit.substr(0, 10), run.branch}) {
    if (!part.empty() && part != run.label) parts.push_back(part);
  }
  if (!run.label.empty()) parts.insert(parts.begin(), run.label);
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string endings_text(const RunEntry& entry) {
  std::vector<std::string> parts;
  for (const auto& [ending, count] : entry.endings) {
    parts.push_back(fmt::format("{} {}", count, name(ending)));
  }
  return parts.empty() ? "no cases" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string runs_text(const std::vector<RunEntry>& runs, std::size_t last,
                      const report::TextOptions& options) {
  const Style style(options);
  std::string out;
  const std::size_t from = runs.size() > last ? runs.size() - last : 0;
  if (from > 0) out += fmt::format("({} before these: --last)\n", report::counted(from, "run"));
  for (std::size_t i = from; i < runs.size(); ++i) {
    const RunEntry& entry = runs[i];
    const bool bad = std::any_of(entry.endings.begin(), entry.endings.end(), [](const auto& each) {
      return each.first >= compare::Ending::inconclusive;
    });
    const std::string number = fmt::format("#{}", entry.id);
    std::vector<std::string> items = {minute_text(entry.run.started_at)};
    if (const std::string known = known_as(entry.run); !known.empty()) {
      items.push_back(style.safe(known));
    }
    items.push_back(endings_text(entry));
    if (!entry.run.shard.empty()) items.push_back("shard " + style.safe(entry.run.shard));
    if (entry.run.interrupted) items.push_back("interrupted");
    items.push_back(report::duration_text(entry.run.duration_ms));
    out += style.entry(0, number + " ", std::max<std::size_t>(5, number.size() + 1), items,
                       bad ? Tone::bad : Tone::plain);
  }
  return out + report::counted(runs.size(), "run") + "\n";
}

std::string course_text(const Course& course, const std::vector<RunEntry>& runs,
                        const report::TextOptions& options) {
  const Style style(options);
  std::string out = fmt::format(
      "{}\n{}: {}\n\n",
      style.paint(Tone::strong, style.shorten_middle(style.safe(course.case_id), style.width())),
      course.figure->name, course.figure->title);
  double most = 0;
  for (const CoursePoint& point : course.points) most = std::max(most, point.median);
  constexpr std::size_t bar_columns = 12;
  auto change = course.changes.begin();
  for (std::size_t i = 0; i < course.points.size(); ++i) {
    if (change != course.changes.end() && change->at == i) {
      out += style.entry(1, style.utf8() ? "▲ " : "> ", 2,
                         change_sentence(course, *change, runs, style), tone_of(course, *change));
      ++change;
    }
    const CoursePoint& point = course.points[i];
    const auto full = static_cast<std::size_t>(
        most > 0 ? point.median / most * static_cast<double>(bar_columns) + 0.5 : 0);
    std::string bar;
    for (std::size_t k = 0; k < full; ++k) bar += style.utf8() ? "▇" : "#";
    out += fmt::format(
        " {} {} {}\n", report::padded(value_text(*course.figure, point.median), 9),
        report::padded(bar, bar_columns),
        style.shorten(run_text(runs, point.run, style), style.width() - bar_columns - 12));
  }
  return out + (course.changes.empty() ? "no change found over " : "") +
         (course.changes.empty() ? report::counted(course.points.size(), "run") + "\n" : "");
}

std::string changes_text(const std::vector<Course>& courses, const std::vector<RunEntry>& runs,
                         const report::TextOptions& options) {
  const Style style(options);
  std::string out;
  std::size_t changed = 0;
  for (const Course& course : courses) {
    if (course.changes.empty()) continue;
    ++changed;
    out += fmt::format(" {}  {}\n",
                       style.paint(Tone::strong, style.shorten_middle(style.safe(course.case_id),
                                                                      style.width() - 14)),
                       course.figure->name);
    for (const ChangePoint& change : course.changes) {
      out += style.entry(3, "", 0, change_sentence(course, change, runs, style),
                         tone_of(course, change));
    }
  }
  return out + style.entry(0, "", 0,
                           fmt::format("{} of {} changed in its course (of those that did not, "
                                       "about 1 in 100 is named by chance)",
                                       changed, report::counted(courses.size(), "figure")));
}

}  // namespace wireproof::history
