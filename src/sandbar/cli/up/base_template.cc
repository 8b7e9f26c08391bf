// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/up/base_template.h"

#include <filesystem>

#include "sandbar/cli/up/tool.h"

namespace sandbar::cli {

Task<Result<void>> build_base_template(Layout layout, std::string hypervisor, Report& report) {
  if (hypervisor == "fake" || std::filesystem::exists(layout.base_template())) co_return Result<void>{};
  report.step("Building the base template (a few minutes, once)");
  CO_TRY(auto definition, base_template_file());
  Tool build{program_folder() + "/sandbar-agent",
             {"template", "build", definition, "--id", kBaseTemplate, "--state", layout.agent()},
             plain_environment(),
             {},
             layout.log("template"),
             [&report](const std::string& line) { report.detail(line); }};
  CO_TRY_VOID(co_await run_tool(std::move(build)));
  co_return Result<void>{};
}

}  // namespace sandbar::cli
