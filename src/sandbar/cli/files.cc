// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "sandbar/base/random.h"
#include "sandbar/base/try.h"
#include "sandbar/proc/fd.h"

namespace sandbar::cli {
namespace {

constexpr std::size_t kMaxFileBytes = 16 << 20;

Result<void> write_fully(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(errno_error("write " + path, errno));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

void sync_folder(const std::string& path) {
  auto parent = std::filesystem::path(path).parent_path();
  proc::Fd folder(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder) ::fsync(folder.get());
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  proc::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail(errno_error("open " + path, errno));
  std::string content;
  char piece[16384];
  while (content.size() <= kMaxFileBytes) {
    auto got = ::read(file.get(), piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(errno_error("read " + path, errno));
    if (got == 0) return content;
    content.append(piece, static_cast<std::size_t>(got));
  }
  return fail(Error{Errc::too_large, path + " is too large"});
}

Result<void> write_file(const std::string& path, std::string_view content, mode_t mode) {
  auto temporary = fmt::format("{}.{}", path, random_hex(4));
  proc::Fd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!file) return fail(errno_error("create " + temporary, errno));
  auto written = write_fully(file.get(), content, temporary);
  if (written && (::fchmod(file.get(), mode) != 0 || ::fsync(file.get()) != 0))
    written = fail(errno_error("fsync " + temporary, errno));
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0)
    written = fail(errno_error("rename " + temporary, errno));
  if (!written) ::unlink(temporary.c_str());
  if (written) sync_folder(path);
  return written;
}

Result<void> make_folder(const std::string& path, mode_t mode) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return fail(errno_error("mkdir " + path, error.value()));
  if (::chmod(path.c_str(), mode) != 0) return fail(errno_error("chmod " + path, errno));
  return {};
}

}  // namespace sandbar::cli
