// In place of the page that reports/viewer/build.mjs makes, where there is no Node.js to make it.
#include "reports/viewer_page.h"

namespace wireproof::report {

const std::optional<ViewerPage> viewer_page = std::nullopt;

}  // namespace wireproof::report
