// The page of a history. It is all text and SVG, drawn here: nothing to load, nothing that runs. A
// chart's curve stretches to its place, and its words stand beside it as text, so that they are of
// a size to be read on any screen.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "reports/history/course.h"
#include "reports/style.h"
#include "reports/time_text.h"

namespace wireproof::history {
namespace {

constexpr double chart_width = 720, chart_height = 120;  // of the SVG's own units

constexpr const char* page_start = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>wireproof: history</title>
<style>
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #57606a; --line: #d0d7de; --back: #fff;
  --curve: #0a5fb4; --bad: #b3261e; --good: #1a6e34; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --dim: #9aa4af; --line: #30363d;
  --back: #0d1117; --curve: #6cb6ff; --bad: #ff8b82; --good: #5fd285; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back);
  max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin: 1.6rem 0 .3rem; overflow-wrap: anywhere; }
h3 { font-size: .95rem; margin: .6rem 0 .1rem; font-weight: 600; }
p, li { margin: .2rem 0; } .dim { color: var(--dim); }
.bad { color: var(--bad); } .good { color: var(--good); }
.chart { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .5rem;
  font-size: .8rem; color: var(--dim); margin: .6rem 0 .2rem; }
.values { display: flex; flex-direction: column; justify-content: space-between; text-align: right;
  line-height: 1; margin: -.4rem 0; }
.runs { grid-column: 2; display: flex; justify-content: space-between; gap: 1rem; }
.runs span { overflow-wrap: anywhere; } .runs span + span { text-align: right; }
svg { width: 100%; height: 7.5rem; display: block; overflow: visible; }
svg * { vector-effect: non-scaling-stroke; }
.curve { fill: none; stroke: var(--curve); stroke-width: 1.5; } .grid { stroke: var(--line); }
.dot { stroke: var(--curve); stroke-width: 5; stroke-linecap: round; }
.mark { stroke: currentColor; stroke-width: 1.5; stroke-dasharray: 4 3; }
.level { stroke: var(--dim); stroke-width: 1; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
summary { cursor: pointer; color: var(--dim); }
summary h2 { display: inline; color: var(--ink); }
.scroll { overflow-x: auto; }
th, td { text-align: left; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; } .name { overflow-wrap: anywhere; }
th { font-weight: 600; } :focus-visible { outline: 2px solid var(--curve); outline-offset: 2px; }
a { color: var(--curve); }
@media (max-width: 40rem) { table { font-size: .85rem; } th, td { padding-right: .4rem; } }
@media print { body { max-width: none; } h2, h3 { break-after: avoid; } .chart { break-inside: avoid; } }
</style></head><body><main>
<h1>History</h1>
)";

// Text of others, as element content or in a quoted attribute.
std::string escaped(std::string_view hostile) {
  std::string out;
  for (const char c : printable(hostile, 1000)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

using Entries = std::map<std::int64_t, const RunEntry*>;

std::string run_text(const Entries& entries, std::int64_t id) {
  const auto found = entries.find(id);
  if (found == entries.end()) return fmt::format("#{}", id);
  const compare::RunDigest& run = found->second->run;
  std::string text = fmt::format("#{} {}", id, minute_text(run.started_at));
  const std::string name = known_as(run);
  return escaped(name.empty() ? text : text + " " + name);
}

bool is_worse(const Course& course, const ChangePoint& change) {
  return (change.after > change.before) != course.figure->more_is_better;
}

// Where values stand in the chart. It begins at zero, so that the eye sees a ratio as one.
class Scale {
 public:
  explicit Scale(const Course& course) : count_(course.points.size()) {
    for (const CoursePoint& point : course.points) most_ = std::max(most_, point.median);
    if (most_ <= 0) most_ = 1;
  }
  double most() const { return most_; }
  double x(double place) const {
    return count_ < 2 ? chart_width / 2 : place / static_cast<double>(count_ - 1) * chart_width;
  }
  double y(double value) const { return (1 - value / most_) * chart_height; }

 private:
  std::size_t count_;
  double most_ = 0;
};

std::string marks(const Course& course, const Scale& scale) {
  std::string out;
  for (std::size_t i = 0; i < course.changes.size(); ++i) {
    const ChangePoint& change = course.changes[i];
    const double x = scale.x(static_cast<double>(change.at) - 0.5);
    out += fmt::format("<line class=\"mark {}\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"0\" y2=\"{}\"/>",
                       is_worse(course, change) ? "bad" : "good", x, x, chart_height);
  }
  // The level of each course between changes.
  for (std::size_t i = 0; !course.changes.empty() && i <= course.changes.size(); ++i) {
    const std::size_t from = i == 0 ? 0 : course.changes[i - 1].at;
    const std::size_t to = i < course.changes.size() ? course.changes[i].at : course.points.size();
    const double level = i == 0 ? course.changes[0].before : course.changes[i - 1].after;
    out += fmt::format(
        "<line class=\"level\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>",
        scale.x(static_cast<double>(from)), scale.x(static_cast<double>(to - 1)), scale.y(level),
        scale.y(level));
  }
  return out;
}

std::string chart(const Course& course, const Entries& entries) {
  const Scale scale(course);
  const compare::Figure& figure = *course.figure;
  std::string out = "<div class=\"chart\"><div class=\"values\" aria-hidden=\"true\">";
  for (const double share : {1.0, 0.5, 0.0}) {
    out +=
        fmt::format("<span>{}</span>", share == 0 ? "0" : value_text(figure, share * scale.most()));
  }
  out += fmt::format(
      "</div><svg viewBox=\"0 0 {} {}\" preserveAspectRatio=\"none\" role=\"img\" "
      "aria-label=\"{} of {} over {} runs, the latest {}\">",
      chart_width, chart_height, figure.name, escaped(course.case_id), course.points.size(),
      value_text(figure, course.points.back().median));
  for (const double share : {0.0, 0.5, 1.0}) {
    const double y = scale.y(share * scale.most());
    out += fmt::format("<line class=\"grid\" x1=\"0\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>",
                       chart_width, y, y);
  }
  out += marks(course, scale) + "<polyline class=\"curve\" points=\"";
  for (std::size_t i = 0; i < course.points.size(); ++i) {
    out += fmt::format("{:.1f},{:.1f} ", scale.x(static_cast<double>(i)),
                       scale.y(course.points[i].median));
  }
  out += "\"/>";
  // A line of no length with round ends: a dot that no stretching makes an egg.
  for (std::size_t i = 0; i < course.points.size(); ++i) {
    const CoursePoint& point = course.points[i];
    out += fmt::format("<path class=\"dot\" d=\"M{:.1f} {:.1f}h0\"><title>{}: {}</title></path>",
                       scale.x(static_cast<double>(i)), scale.y(point.median),
                       run_text(entries, point.run), value_text(figure, point.median));
  }
  out +=
      "</svg><div class=\"runs\"><span>" + run_text(entries, course.points.front().run) + "</span>";
  if (course.points.size() > 1) {
    out += "<span>" + run_text(entries, course.points.back().run) + "</span>";
  }
  return out + "</div></div>\n";
}

std::string table(const Course& course, const Entries& entries) {
  std::string out =
      "<details><summary>as a table</summary><table><thead><tr><th scope=\"col\">run</th>"
      "<th scope=\"col\">value</th><th scope=\"col\">change</th></tr></thead><tbody>\n";
  auto change = course.changes.begin();
  for (std::size_t i = 0; i < course.points.size(); ++i) {
    std::string told;
    if (change != course.changes.end() && change->at == i) {
      told = is_worse(course, *change) ? "worse" : "better";
      ++change;
    }
    out += fmt::format("<tr><td class=\"name\">{}</td><td>{}</td><td>{}</td></tr>\n",
                       run_text(entries, course.points[i].run),
                       value_text(*course.figure, course.points[i].median), told);
  }
  return out + "</tbody></table></details>\n";
}

std::string change_item(const Course& course, const ChangePoint& change, const Entries& entries) {
  const compare::Figure& figure = *course.figure;
  std::string ratio;
  if (change.before > 0) ratio = ", " + compare::change_text(change.after / change.before);
  return fmt::format(
      "<li class=\"{}\">{}: {} to {}{} since {}</li>\n", is_worse(course, change) ? "bad" : "good",
      is_worse(course, change) ? "worse" : "better", value_text(figure, change.before),
      value_text(figure, change.after), ratio, run_text(entries, course.points[change.at].run));
}

std::string course_section(const Course& course, const Entries& entries) {
  std::string out = fmt::format("<h3>{} <span class=\"dim\">{}</span></h3>\n", course.figure->name,
                                course.figure->title);
  if (!course.changes.empty()) {
    out += "<ul>\n";
    for (const ChangePoint& change : course.changes) out += change_item(course, change, entries);
    out += "</ul>\n";
  }
  return out + chart(course, entries) + table(course, entries);
}

// Figures that did not change are folded, a case at a time, below all those that did.
std::string sections(const std::vector<Course>& courses, const Entries& entries, bool changed) {
  std::string out;
  for (std::size_t i = 0; i < courses.size();) {
    const std::string& case_id = courses[i].case_id;
    std::string figures;
    std::size_t count = 0;
    for (; i < courses.size() && courses[i].case_id == case_id; ++i) {
      if (courses[i].changes.empty() == changed) continue;
      figures += course_section(courses[i], entries);
      ++count;
    }
    if (count == 0) continue;
    const std::string heading = "<h2>" + escaped(case_id) + "</h2>";
    out += changed ? heading + "\n" + figures
                   : fmt::format("<details><summary>{} {}, no change</summary>\n{}</details>\n",
                                 heading, report::counted(count, "figure"), figures);
  }
  return out;
}

std::string runs_table(const std::vector<RunEntry>& runs) {
  std::string out =
      "<h2>Runs</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Runs\">"
      "<table><thead><tr><th scope=\"col\">run</th><th scope=\"col\">begun</th>"
      "<th scope=\"col\">label, commit, branch</th><th scope=\"col\">cases</th>"
      "<th scope=\"col\">took</th></tr></thead><tbody>\n";
  for (auto at = runs.rbegin(); at != runs.rend(); ++at) {
    const compare::RunDigest& run = at->run;
    out += fmt::format(
        "<tr><td>#{}</td><td>{}</td><td class=\"name\">{}</td><td>{}{}</td><td>{}</td></tr>\n",
        at->id, escaped(minute_text(run.started_at)), escaped(known_as(run)), endings_text(*at),
        run.interrupted ? ", interrupted" : "", report::duration_text(run.duration_ms));
  }
  return out + "</tbody></table></div>\n";
}

}  // namespace

std::string to_html(const std::vector<Course>& courses, const std::vector<RunEntry>& runs) {
  Entries entries;
  for (const RunEntry& entry : runs) entries[entry.id] = &entry;
  const auto changed = std::count_if(courses.begin(), courses.end(),
                                     [](const Course& each) { return !each.changes.empty(); });
  std::string out = page_start;
  out += fmt::format("<p>{} runs, {} figures, {} of them with a change of course.</p>\n",
                     runs.size(), courses.size(), changed);
  if (changed > 0) {
    out += "<h2>Changes</h2>\n<ul>\n";
    for (const Course& course : courses) {
      for (const ChangePoint& change : course.changes) {
        out += fmt::format("<li>{} <b>{}</b><ul>{}</ul></li>\n", escaped(course.case_id),
                           course.figure->name, change_item(course, change, entries));
      }
    }
    out += "</ul>\n";
  }
  out += sections(courses, entries, true) + sections(courses, entries, false);
  return out + runs_table(runs) + "</main></body></html>\n";
}

}  // namespace wireproof::history
