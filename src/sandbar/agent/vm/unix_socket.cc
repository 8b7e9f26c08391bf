// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/vm/unix_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sandbar/agent/disk/files.h"
#include "sandbar/base/try.h"

namespace sandbar::agent {
namespace {

// A socket's address holds 107 bytes; going through a descriptor of the directory makes any path short
// enough.
struct ShortAddress {
  proc::Fd directory;
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
};

Result<ShortAddress> shorten(const fs::path& path) {
  ShortAddress out;
  TRY(out.directory, open_file(path.parent_path(), O_PATH | O_DIRECTORY));
  auto name = fmt::format("/proc/self/fd/{}/{}", out.directory.get(), path.filename().string());
  if (name.size() >= sizeof out.address.sun_path)
    return fail(internal_error("socket name too long: " + name));
  std::strcpy(out.address.sun_path, name.c_str());
  return out;
}

Result<proc::Fd> unix_socket(int flags) {
  proc::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  if (!fd) return fail(errno_error("make a unix socket", errno));
  return fd;
}

}  // namespace

Result<proc::Fd> listen_unix(const fs::path& path) {
  ::unlink(path.c_str());
  TRY(auto address, shorten(path));
  TRY(auto fd, unix_socket(0));
  if (::bind(fd.get(), address.get(), sizeof address.address) != 0 || ::listen(fd.get(), 4) != 0)
    return fail(errno_error("listen on " + path.string(), errno));
  return fd;
}

Result<proc::Fd> connect_unix(const fs::path& path) {
  TRY(auto address, shorten(path));
  TRY(auto fd, unix_socket(SOCK_NONBLOCK));
  if (::connect(fd.get(), address.get(), sizeof address.address) != 0)
    return fail(errno_error("connect", errno));
  return fd;
}

}  // namespace sandbar::agent
