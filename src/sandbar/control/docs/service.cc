// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/docs/service.h"

#include "sandbar/control/docs/files.h"

namespace sandbar::control::docs {

std::string_view DocsService::html() const { return files::page_html; }
std::string_view DocsService::script() const { return files::page_js; }
std::string_view DocsService::style() const { return files::page_css; }

}  // namespace sandbar::control::docs
