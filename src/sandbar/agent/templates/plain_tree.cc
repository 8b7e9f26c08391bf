// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/templates/plain_tree.h"

#include "sandbar/agent/disk/files.h"
#include "sandbar/base/try.h"

namespace sandbar::agent {
namespace {

using namespace std::chrono_literals;

constexpr auto kCommandLimit = 1800s;

Result<void> put_file(const fs::path& home, const FileStep& file) {
  auto path = home / file.path.substr(1);
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return fail(errno_error("mkdir " + path.parent_path().string(), error.value()));
  return replace_file(path, file.content, file.mode);
}

Task<Result<void>> run_script(fs::path home, RunStep step, LineSink line) {
  Tool tool{
      .command = {"bash", "-euo", "pipefail", "-c", step.script}, .directory = home, .limit = kCommandLimit};
  auto ran = co_await run_tool(std::move(tool), std::move(line));
  if (ran) co_return ran;
  co_return fail(invalid_request(fmt::format("{}: {}", title_of(step), ran.error().message)));
}

}  // namespace

Result<void> choose_packages(const Definition& definition, Progress progress) {
  for (const auto& package : definition.packages) {
    if (package.starts_with("no-such-"))
      return fail(invalid_request("Debian has no such package: " + package));
    progress.line("package " + package);
  }
  progress.step(100, "packages chosen");
  return {};
}

Task<Result<void>> make_plain_tree(fs::path disk, Definition definition, Progress progress) {
  auto home = disk / "home";
  std::error_code error;
  fs::create_directories(home, error);
  if (error) co_return fail(errno_error("mkdir " + home.string(), error.value()));
  std::size_t done = 0;
  for (const auto& step : definition.steps) {
    progress.step(static_cast<int>(100 * done++ / definition.steps.size()), title_of(step));
    if (const auto* file = std::get_if<FileStep>(&step)) {
      CO_TRY_VOID(put_file(home, *file));
    } else {
      CO_TRY_VOID(co_await run_script(home, std::get<RunStep>(step), progress.line));
    }
  }
  co_return Result<void>{};
}

}  // namespace sandbar::agent
