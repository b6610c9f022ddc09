// The HTML report's page as reports/viewer makes it, without a report's data: the text before it
// and the text after it. Empty in a build without Node.js. Static data: no thread rule.
#pragma once

#include <optional>
#include <string_view>

namespace wireproof::report {

struct ViewerPage {
  std::string_view before, after;
};
extern const std::optional<ViewerPage> viewer_page;

}  // namespace wireproof::report
