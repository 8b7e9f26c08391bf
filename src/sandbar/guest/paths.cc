// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/paths.h"

#include <climits>

#include "sandbar/base/strings.h"

namespace sandbar::guest {

std::string clean_path(std::string_view path) {
  std::string out;
  for (auto piece : split(path, '/')) {
    if (piece.empty() || piece == ".") continue;
    if (piece == "..") {
      out.resize(out.empty() ? 0 : out.rfind('/'));
    } else {
      (out += '/') += piece;
    }
  }
  return out.empty() ? "/" : out;
}

Result<std::string> resolve_path(std::string_view path, std::string_view home, std::string_view workdir) {
  if (path.size() > PATH_MAX) return fail(invalid_request("the path is too long"));
  if (path.find('\0') != path.npos) return fail(invalid_request("the path contains a NUL byte"));
  if (path.empty()) return clean_path(workdir.empty() ? home : workdir);
  if (path.front() == '/') return clean_path(path);
  if (path == "~" || path.starts_with("~/")) path.remove_prefix(1);
  return clean_path(std::string(home) + "/" + std::string(path));
}

std::string_view parent_of(std::string_view clean) {
  auto slash = clean.rfind('/');
  return slash == 0 || slash == clean.npos ? "/" : clean.substr(0, slash);
}

std::string_view base_name_of(std::string_view clean) {
  auto slash = clean.rfind('/');
  return clean.size() <= 1 ? "/" : clean.substr(slash + 1);
}

}  // namespace sandbar::guest
