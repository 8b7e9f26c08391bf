// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/entry.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "sandbar/base/strings.h"
#include "sandbar/guest/paths.h"

namespace sandbar::guest {
namespace {

constexpr std::string_view kPrefix = "user.e2b.";
constexpr std::size_t kMaxNames = 64 * 1024, kMaxValue = 64 * 1024;

filesystem::FileType type_of(mode_t mode) {
  if (S_ISREG(mode)) return filesystem::FILE_TYPE_FILE;
  if (S_ISDIR(mode)) return filesystem::FILE_TYPE_DIRECTORY;
  return filesystem::FILE_TYPE_UNSPECIFIED;
}

std::string resolved(const std::string& link) {
  if (std::unique_ptr<char, decltype(&free)> target(realpath(link.c_str(), nullptr), free); target)
    return target.get();
  char buffer[PATH_MAX];
  auto n = readlink(link.c_str(), buffer, sizeof buffer);
  if (n <= 0) return link;
  std::string_view text(buffer, static_cast<std::size_t>(n));
  return text.front() == '/' ? clean_path(text)
                             : clean_path(std::string(parent_of(link)) + "/" + std::string(text));
}

void describe_target(const std::string& link, Entry& entry) {
  entry.set_symlink_target(to_valid_utf8(resolved(link)));
  struct stat target{};
  if (stat(link.c_str(), &target) != 0) return entry.set_type(filesystem::FILE_TYPE_UNSPECIFIED);
  entry.set_type(type_of(target.st_mode));
  entry.set_mode(target.st_mode & 0777);
}

// Names of a list as the kernel gives it: each ends with a NUL.
template <class F>
void each_metadata_name(std::string_view list, F f) {
  for (auto name : split(list, '\0'))
    if (name.starts_with(kPrefix) && name.size() > kPrefix.size()) f(std::string(name));
}

std::string list_of(ssize_t (*call)(const void*, char*, std::size_t), const void* subject) {
  auto size = call(subject, nullptr, 0);
  if (size <= 0 || static_cast<std::size_t>(size) > kMaxNames) return {};
  std::string names(static_cast<std::size_t>(size), '\0');
  size = call(subject, names.data(), names.size());
  names.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return names;
}

}  // namespace

std::string permissions_text(mode_t mode) {
  std::string out;
  if (S_ISDIR(mode)) out += 'd';
  if (S_ISLNK(mode)) out += 'L';
  if (S_ISBLK(mode) || S_ISCHR(mode)) out += 'D';
  if (S_ISFIFO(mode)) out += 'p';
  if (S_ISSOCK(mode)) out += 'S';
  if (mode & S_ISUID) out += 'u';
  if (mode & S_ISGID) out += 'g';
  if (S_ISCHR(mode)) out += 'c';
  if (mode & S_ISVTX) out += 't';
  if (out.empty()) out += '-';
  constexpr std::string_view kBits = "rwxrwxrwx";
  for (unsigned i = 0; i < 9; ++i) out += mode & (0400u >> i) ? kBits[i] : '-';
  return out;
}

Result<Entry> describe(const std::string& path, Accounts& accounts) {
  struct stat st{};
  if (lstat(path.c_str(), &st) != 0) {
    if (errno == ENOENT || errno == ENOTDIR)
      return fail(Error{Errc::not_found, fmt::format("path '{}' does not exist", to_valid_utf8(path))});
    return fail(errno_error("lstat", errno));
  }
  Entry entry;
  entry.set_name(to_valid_utf8(base_name_of(path)));
  entry.set_path(to_valid_utf8(path));
  entry.set_type(type_of(st.st_mode));
  entry.set_size(st.st_size);
  entry.set_mode(st.st_mode & 0777);
  entry.set_permissions(permissions_text(st.st_mode));
  entry.set_owner(accounts.user_name(st.st_uid));
  entry.set_group(accounts.group_name(st.st_gid));
  entry.mutable_modified_time()->set_seconds(st.st_mtim.tv_sec);
  entry.mutable_modified_time()->set_nanos(static_cast<std::int32_t>(st.st_mtim.tv_nsec));
  if (S_ISLNK(st.st_mode)) describe_target(path, entry);
  if (S_ISREG(st.st_mode))
    for (auto& [name, value] : read_metadata(path))
      (*entry.mutable_metadata())[to_valid_utf8(name)] = to_valid_utf8(value);
  return entry;
}

Metadata read_metadata(const std::string& path) {
  Metadata out;
  auto list = list_of(
      [](const void* p, char* to, std::size_t n) { return llistxattr(static_cast<const char*>(p), to, n); },
      path.c_str());
  each_metadata_name(list, [&](const std::string& name) {
    std::string value(kMaxValue, '\0');
    auto n = lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
    if (n < 0) return;
    value.resize(static_cast<std::size_t>(n));
    out[name.substr(kPrefix.size())] = std::move(value);
  });
  return out;
}

Result<void> replace_metadata(int fd, const Metadata& metadata) {
  auto list = list_of(
      [](const void* p, char* to, std::size_t n) { return flistxattr(*static_cast<const int*>(p), to, n); },
      &fd);
  each_metadata_name(list, [&](const std::string& name) {
    if (!metadata.contains(name.substr(kPrefix.size()))) fremovexattr(fd, name.c_str());
  });
  for (const auto& [name, value] : metadata)
    if (fsetxattr(fd, (std::string(kPrefix) + name).c_str(), value.data(), value.size(), 0) != 0) {
      if (errno == ENOTSUP) return fail(invalid_request("this filesystem cannot keep metadata"));
      if (errno == E2BIG || errno == ERANGE)
        return fail(invalid_request("the metadata is too large for this filesystem"));
      return fail(errno_error("fsetxattr", errno));
    }
  return {};
}

}  // namespace sandbar::guest
