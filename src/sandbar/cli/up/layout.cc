// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/up/layout.h"

#include <fmt/format.h>
#include <pwd.h>

#include <filesystem>

namespace sandbar::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxRoot = 70;  // a socket's path has at most 107 bytes

}  // namespace

Result<Layout> layout_of(const std::string& state) {
  std::error_code error;
  auto root = fs::weakly_canonical(fs::absolute(state, error), error).string();
  if (error) return fail(errno_error("--state " + state, error.value()));
  while (root.size() > 1 && root.ends_with('/')) root.pop_back();
  if (root.size() > kMaxRoot)
    return fail(invalid_request(
        fmt::format("the state folder's path '{}' is too long: at most {} characters", root, kMaxRoot)));
  return Layout{root};
}

std::optional<std::string> given_setting(const std::vector<std::string>& environment, std::string_view name) {
  for (const auto& pair : environment)
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('='))
      return pair.substr(name.size() + 1);
  return std::nullopt;
}

std::string local_address(const std::string& listen) {
  auto colon = listen.rfind(':');
  auto host = listen.substr(0, colon == std::string::npos ? 0 : colon);
  auto port = colon == std::string::npos ? listen : listen.substr(colon + 1);
  if (host.empty() || host == "0.0.0.0" || host == "[::]") host = "127.0.0.1";
  return host + ":" + port;
}

Result<proc::Identity> system_user() {
  const auto* user = ::getpwnam(kSystemUser);
  if (!user) return fail(not_found("system user", fmt::format("{}; `./dev up` makes it", kSystemUser)));
  return proc::Identity{user->pw_uid, user->pw_gid, {}};
}

std::string program_folder() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path().string();
}

std::optional<std::string> built_dashboard() {
  auto folder = program_folder() + "/../share/sandbar/web";
  std::error_code error;
  if (!std::filesystem::exists(folder + "/index.html", error)) return std::nullopt;
  return folder;
}

Result<std::string> base_template_file() {
  auto folder = fs::path(program_folder());
  std::error_code error;
  for (const auto& base : {folder / "../share/sandbar", folder / "../../.."})
    if (auto file = base / "templates/base.template"; fs::exists(file, error))
      return fs::canonical(file, error).string();
  return fail(not_found("file", "templates/base.template"));
}

}  // namespace sandbar::cli
