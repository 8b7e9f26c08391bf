// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/disk.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <thread>

#include "sandbar/base/try.h"
#include "sandbar/base/units.h"
#include "sandbar/guest/small_file.h"
#include "sandbar/proc/fd.h"

namespace sandbar::guest {
namespace {

using namespace std::chrono_literals;

constexpr const char* kSize = "/sys/block/vda/size";
constexpr std::uint64_t kSector = 512;  // unit of that file, whatever the device's own is
constexpr std::chrono::milliseconds kWait = 3s, kPause = 2ms;

// fs/ext4/ext4.h; the kernel exports it in no header. The new size in blocks of the file system.
#define SANDBAR_EXT4_RESIZE _IOW('f', 16, std::uint64_t)

std::uint64_t device_bytes() {
  auto text = read_small_file(kSize, 64).value_or("");
  std::uint64_t sectors = 0;
  std::from_chars(text.data(), text.data() + text.size(), sectors);
  return sectors * kSector;
}

Result<std::uint64_t> wait_for_device(std::uint64_t bytes) {
  auto deadline = std::chrono::steady_clock::now() + kWait;
  for (;; std::this_thread::sleep_for(kPause)) {
    auto size = device_bytes();
    if (size >= bytes) return size;
    if (std::chrono::steady_clock::now() > deadline)
      return fail(Error{Errc::internal_error, "the disk has not grown"});
  }
}

}  // namespace

Result<void> grow_root(int mib) {
  TRY(auto size, wait_for_device(static_cast<std::uint64_t>(mib) * kMib));
  proc::Fd root(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct statfs info{};
  if (!root || fstatfs(root.get(), &info) != 0) return fail(errno_error("statfs /", errno));
  auto blocks = size / static_cast<std::uint64_t>(info.f_bsize);
  if (ioctl(root.get(), SANDBAR_EXT4_RESIZE, &blocks) != 0)
    return fail(errno_error("growing the root file system", errno));
  return {};
}

}  // namespace sandbar::guest
