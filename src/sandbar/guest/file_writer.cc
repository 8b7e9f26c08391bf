// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/file_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/guest/paths.h"
#include "sandbar/guest/tree.h"

namespace sandbar::guest {
namespace {

Error write_error(std::string_view path, int error) {
  auto name = to_valid_utf8(path);
  switch (error) {
    case EISDIR:
      return invalid_request(fmt::format("path '{}' is a directory", name));
    case ENXIO:
      return invalid_request(fmt::format("path '{}' is not a regular file", name));
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case ETXTBSY:
    case EFBIG:
      return invalid_request(fmt::format("path '{}': {}", name, std::strerror(error)));
    case EACCES:
    case EPERM:
    case EROFS:
      return {Errc::forbidden, fmt::format("path '{}': {}", name, std::strerror(error))};
    default:
      return errno_error(name, error);
  }
}

}  // namespace

FileWriter::~FileWriter() {
  if (file_ && made_) unlink(path_.c_str());
}

Result<void> FileWriter::begin_part(const Part& part) {
  path_.clear();
  if (part.name != "file") return {};
  if (!fixed_path_ && part.filename.empty())
    return fail(invalid_request("a file needs a filename or the query parameter path"));
  TRY(path_, resolve_path(fixed_path_.value_or(part.filename), user_.home, workdir_));
  if (std::ranges::find(uploaded_, path_, &Uploaded::path) != uploaded_.end())
    return fail(invalid_request(fmt::format("path '{}' is given twice", to_valid_utf8(path_))));
  return {};
}

Result<void> FileWriter::part_data(std::string_view bytes) {
  if (path_.empty()) return {};
  if (file_) return write_all(bytes);
  held_.append(bytes);
  if (held_.size() < kHeldBack) return {};
  TRY_VOID(open_file());
  TRY_VOID(write_all(held_));
  held_.clear();
  return {};
}

Result<void> FileWriter::end_part() {
  if (path_.empty()) return {};
  if (!file_) TRY_VOID(open_file());
  TRY_VOID(write_all(held_));
  TRY_VOID(replace_metadata(file_.get(), metadata_));
  held_.clear();
  file_.reset();
  uploaded_.push_back({std::move(path_), metadata_});
  path_.clear();
  return {};
}

Result<void> FileWriter::open_file() {
  TRY_VOID(ensure_directory(std::string(parent_of(path_)), user_));
  constexpr int kFlags = O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
  proc::Fd fd(open(path_.c_str(), kFlags | O_CREAT | O_EXCL, 0644));
  made_ = static_cast<bool>(fd);
  // Two steps, because with O_CREAT the kernel protects other people's files in sticky directories even from
  // root.
  if (!fd && errno == EEXIST) fd.reset(open(path_.c_str(), kFlags));
  if (!fd && errno == ENOENT) fd.reset(open(path_.c_str(), kFlags | O_CREAT, 0644));  // a link to nowhere
  if (!fd) return fail(write_error(path_, errno));
  struct stat st{};
  if (fstat(fd.get(), &st) != 0) return fail(write_error(path_, errno));
  if (!S_ISREG(st.st_mode)) return fail(write_error(path_, ENXIO));
  if (st.st_size > 0 && ftruncate(fd.get(), 0) != 0) return fail(write_error(path_, errno));
  bool foreign = st.st_uid != user_.uid || st.st_gid != user_.gid;
  file_ = std::move(fd);
  if (foreign && getuid() == 0 && fchown(file_.get(), user_.uid, user_.gid) != 0)
    return fail(write_error(path_, errno));
  return {};
}

Result<void> FileWriter::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    auto n = write(file_.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(write_error(path_, errno));
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace sandbar::guest
