// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/disk/files.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "sandbar/base/try.h"

namespace sandbar::agent {
namespace {

std::unexpected<Error> failed(std::string_view doing, const fs::path& path) {
  int error = errno;
  return fail(errno_error(std::string(doing) + " " + path.string(), error));
}

Result<void> copy_range(int from, int to, off_t at, off_t end, const fs::path& name) {
  loff_t in = at, out = at;
  while (in < end) {
    auto copied = ::copy_file_range(from, &in, to, &out, static_cast<std::size_t>(end - in), 0);
    if (copied < 0) return failed("copy to", name);
    if (copied == 0) return fail(Error{Errc::data_loss, "a file shrank while it was copied", name.string()});
  }
  return {};
}

Result<void> copy_data(int from, int to, off_t size, const fs::path& name) {
  off_t at = 0;
  while (at < size) {
    off_t data = ::lseek(from, at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) return {};
    if (data < 0) return failed("seek in", name);
    off_t hole = ::lseek(from, data, SEEK_HOLE);
    if (hole < 0) return failed("seek in", name);
    TRY_VOID(copy_range(from, to, data, hole, name));
    at = hole;
  }
  return {};
}

}  // namespace

Result<proc::Fd> open_file(const fs::path& path, int flags, mode_t mode) {
  proc::Fd fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
  if (!fd) return failed("open", path);
  return fd;
}

Result<std::string> read_file(const fs::path& path, std::size_t limit) {
  TRY(auto fd, open_file(path, O_RDONLY));
  std::string bytes;
  while (true) {
    char piece[16 * 1024];
    auto count = ::read(fd.get(), piece, sizeof piece);
    if (count < 0) return failed("read", path);
    if (count == 0) return bytes;
    bytes.append(piece, static_cast<std::size_t>(count));
    if (bytes.size() > limit) return fail(Error{Errc::too_large, "the file is too large", path.string()});
  }
}

Result<void> write_fully(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    auto count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(errno_error("write", errno));
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> replace_file(const fs::path& path, std::string_view bytes, mode_t mode) {
  auto temporary = path;
  temporary += ".new";
  {
    TRY(auto fd, open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode));
    TRY_VOID(write_fully(fd.get(), bytes));
    if (::fsync(fd.get()) != 0) return failed("sync", temporary);
  }
  return rename_durably(temporary, path);
}

Result<void> sync_file(const fs::path& path) {
  TRY(auto fd, open_file(path, O_RDONLY));
  if (::fdatasync(fd.get()) != 0) return failed("sync", path);
  return {};
}

Result<void> sync_directory(const fs::path& path) {
  TRY(auto fd, open_file(path, O_RDONLY | O_DIRECTORY));
  if (::fsync(fd.get()) != 0) return failed("sync", path);
  return {};
}

Result<void> rename_durably(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failed("rename to", to);
  return sync_directory(to.parent_path());
}

Result<void> copy_sparse(const fs::path& from, const fs::path& to) {
  TRY(auto in, open_file(from, O_RDONLY));
  TRY(auto out, open_file(to, O_WRONLY | O_CREAT | O_EXCL));
  if (::ioctl(out.get(), FICLONE, in.get()) == 0) return {};
  struct stat info{};
  if (::fstat(in.get(), &info) != 0) return failed("stat", from);
  if (::ftruncate(out.get(), info.st_size) != 0) return failed("size", to);
  return copy_data(in.get(), out.get(), info.st_size, to);
}

Result<void> link_or_copy(const fs::path& from, const fs::path& to) {
  if (::link(from.c_str(), to.c_str()) == 0) return {};
  if (errno != EXDEV && errno != EMLINK && errno != EPERM) return failed("link", to);
  return copy_sparse(from, to);
}

Result<void> set_owner(const fs::path& path, uid_t uid, mode_t mode) {
  if (::lchown(path.c_str(), uid, uid) != 0) return failed("change the owner of", path);
  if (::chmod(path.c_str(), mode) != 0) return failed("change the mode of", path);
  return {};
}

std::uint64_t allocated_bytes(const fs::path& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_blocks) * 512 : 0;
}

}  // namespace sandbar::agent
