// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/tree.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/guest/paths.h"

namespace sandbar::guest {
namespace {

Error path_error(std::string_view path, int error) {
  auto name = to_valid_utf8(path);
  switch (error) {
    case ENOENT:
      return {Errc::not_found, fmt::format("path '{}' does not exist", name)};
    case ENOTDIR:
      return invalid_request(fmt::format("path '{}' is not a directory", name));
    case EISDIR:
      return invalid_request(fmt::format("path '{}' is a directory", name));
    case ENAMETOOLONG:
      return invalid_request(fmt::format("path '{}' is too long", name));
    case ELOOP:
      return {Errc::invalid_state, fmt::format("path '{}' is a loop of symbolic links", name)};
    case EACCES:
    case EPERM:
    case EROFS:
      return {Errc::forbidden, fmt::format("path '{}': {}", name, std::strerror(error))};
    case ENOTEMPTY:
    case EEXIST:
      return {Errc::already_exists, fmt::format("path '{}' already exists", name)};
    case EINVAL:
    case EXDEV:
    case EBUSY:
      return invalid_request(fmt::format("path '{}': {}", name, std::strerror(error)));
    default:
      return errno_error(name, error);
  }
}

Result<std::vector<std::string>> names_in(const std::string& path) {
  std::unique_ptr<DIR, decltype(&closedir)> dir(opendir(path.c_str()), closedir);
  if (!dir) return fail(path_error(path, errno));
  std::vector<std::string> names;
  while (auto* item = readdir(dir.get())) {
    std::string_view name(item->d_name);
    if (name == "." || name == "..") continue;
    if (names.size() >= kMaxListed)
      return fail(Error{Errc::rate_limited, fmt::format("more than {} entries", kMaxListed)});
    names.emplace_back(name);
  }
  std::ranges::sort(names);
  return names;
}

Result<void> list_into(std::vector<Entry>& out, const std::string& path, unsigned depth, Accounts& accounts) {
  TRY(auto names, names_in(path));
  for (const auto& name : names) {
    auto child = (path == "/" ? "" : path) + "/" + name;
    auto entry = describe(child, accounts);
    if (!entry) continue;  // gone since we read the directory
    if (out.size() >= kMaxListed)
      return fail(Error{Errc::rate_limited, fmt::format("more than {} entries", kMaxListed)});
    bool descend =
        depth > 1 && entry->type() == filesystem::FILE_TYPE_DIRECTORY && !entry->has_symlink_target();
    out.push_back(std::move(*entry));
    if (!descend) continue;
    auto listed = list_into(out, child, depth - 1, accounts);
    if (!listed && listed.error().code == Errc::rate_limited) return listed;
  }
  return {};
}

}  // namespace

Result<std::vector<Entry>> list_tree(const std::string& path, unsigned depth, Accounts accounts) {
  std::vector<Entry> out;
  TRY_VOID(list_into(out, path, std::clamp(depth, 1u, kMaxDepth), accounts));
  return out;
}

Result<void> remove_tree(const std::string& path) {
  if (path == "/") return fail(invalid_request("the root directory cannot be removed"));
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory)
    return fail(path_error(path, error.value()));
  return {};
}

Result<void> ensure_directory(const std::string& path, const User& owner) {
  struct stat st{};
  if (stat(path.c_str(), &st) == 0) {
    if (S_ISDIR(st.st_mode)) return {};
    return fail(path_error(path, ENOTDIR));
  }
  if (errno != ENOENT) return fail(path_error(path, errno));
  TRY_VOID(ensure_directory(std::string(parent_of(path)), owner));
  if (mkdir(path.c_str(), 0755) != 0) return fail(path_error(path, errno));
  if (getuid() == 0 && lchown(path.c_str(), owner.uid, owner.gid) != 0) return fail(path_error(path, errno));
  return {};
}

Result<void> make_directory(const std::string& path, const User& owner) {
  struct stat st{};
  if (stat(path.c_str(), &st) == 0) {
    if (!S_ISDIR(st.st_mode))
      return fail(
          invalid_request(fmt::format("path '{}' exists and is not a directory", to_valid_utf8(path))));
    return fail(
        Error{Errc::already_exists, fmt::format("directory '{}' already exists", to_valid_utf8(path))});
  }
  return ensure_directory(path, owner);
}

Result<void> move_path(const std::string& from, const std::string& to, const User& owner) {
  struct stat st{};
  if (lstat(from.c_str(), &st) != 0) return fail(path_error(from, errno));
  TRY_VOID(ensure_directory(std::string(parent_of(to)), owner));
  if (rename(from.c_str(), to.c_str()) != 0)
    return fail(path_error(errno == EISDIR || errno == ENOTEMPTY || errno == EEXIST ? to : from, errno));
  return {};
}

}  // namespace sandbar::guest
