// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/net/namespace.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "sandbar/agent/disk/files.h"
#include "sandbar/base/try.h"
#include "sandbar/log/log.h"

namespace sandbar::agent {
namespace {

constexpr const char* kOwn = "/proc/thread-self/ns/net";

// A thread that is stuck in a sandbox's namespace would do its next work in the wrong network.
void return_to(int home) {
  if (::setns(home, CLONE_NEWNET) == 0) return;
  log::error("cannot leave a network namespace", {{"errno", errno}});
  std::abort();
}

Result<void> give_name(const fs::path& name) {
  TRY(auto file, open_file(name, O_RDONLY | O_CREAT | O_EXCL, 0400));
  if (::mount(kOwn, name.c_str(), nullptr, MS_BIND, nullptr) == 0) return {};
  int error = errno;
  ::unlink(name.c_str());
  return fail(errno_error("name a network namespace", error));
}

}  // namespace

Result<proc::Fd> current_namespace() { return open_file(kOwn, O_RDONLY); }

Result<void> inside_namespace(int ns, const std::function<Result<void>()>& work) {
  TRY(auto home, current_namespace());
  if (::setns(ns, CLONE_NEWNET) != 0) return fail(errno_error("enter a network namespace", errno));
  auto result = work();
  return_to(home.get());
  return result;
}

Result<proc::Fd> make_namespace(const fs::path& name, const std::function<Result<void>(int home)>& work) {
  TRY(auto home, current_namespace());
  if (::unshare(CLONE_NEWNET) != 0) return fail(errno_error("make a network namespace", errno));
  auto made = work(home.get());
  if (made) made = give_name(name);
  auto ns = current_namespace();
  return_to(home.get());
  if (!made) return fail(std::move(made).error());
  return ns;
}

void remove_namespace(const fs::path& name) {
  ::umount2(name.c_str(), MNT_DETACH);
  ::unlink(name.c_str());
}

Result<proc::Fd> start_connect(int ns, std::uint32_t address, std::uint16_t port) {
  proc::Fd fd;
  TRY_VOID(inside_namespace(ns, [&]() -> Result<void> {
    fd.reset(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return fail(errno_error("make a socket in a sandbox's network", errno));
    return {};
  }));
  sockaddr_in to{
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(address)}, .sin_zero = {}};
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 || errno == EINPROGRESS)
    return fd;
  return fail(
      Error{Errc::unavailable, "the sandbox refused the connection", errno_error("connect", errno).detail});
}

}  // namespace sandbar::agent
