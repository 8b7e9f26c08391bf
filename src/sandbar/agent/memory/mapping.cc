// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/memory/mapping.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include "sandbar/agent/disk/files.h"
#include "sandbar/base/try.h"

namespace sandbar::agent {
namespace {

// Documentation/admin-guide/mm/pagemap.rst
constexpr std::uint64_t kPresent = 1ULL << 63, kSwapped = 1ULL << 62, kFilePage = 1ULL << 61;
constexpr std::size_t kEntriesPerRead = 16 * 1024;

bool is_written(std::uint64_t entry) {
  return (entry & (kPresent | kSwapped)) != 0 && (entry & kFilePage) == 0;
}

struct MapLine {
  std::uint64_t start = 0, end = 0, offset = 0, inode = 0;
  unsigned major = 0, minor = 0;
};

bool parse(const char* text, MapLine& line) {
  return std::sscanf(text, "%lx-%lx %*s %lx %x:%x %lu", &line.start, &line.end, &line.offset, &line.major,
                     &line.minor, &line.inode) == 6;
}

bool is_of(const MapLine& line, const struct stat& file) {
  return line.inode == file.st_ino && line.major == ::major(file.st_dev) &&
         line.minor == ::minor(file.st_dev);
}

void extend(std::vector<PageRun>& runs, std::uint64_t page) {
  if (!runs.empty() && runs.back().first + runs.back().count == page) {
    ++runs.back().count;
  } else {
    runs.push_back({page, 1});
  }
}

using Transfer = ssize_t (*)(pid_t, const iovec*, unsigned long, const iovec*, unsigned long, unsigned long);

Result<void> transfer(Transfer call, pid_t pid, std::uint64_t remote, char* local, std::size_t size) {
  while (size > 0) {
    iovec here{local, size}, there{reinterpret_cast<void*>(remote), size};
    auto count = call(pid, &here, 1, &there, 1, 0);
    if (count <= 0) return fail(errno_error("copy guest memory", count < 0 ? errno : EFAULT));
    local += count;
    remote += static_cast<std::uint64_t>(count);
    size -= static_cast<std::size_t>(count);
  }
  return {};
}

}  // namespace

Result<GuestMemory> GuestMemory::find(pid_t pid, int image) {
  struct stat file{};
  if (::fstat(image, &file) != 0) return fail(errno_error("stat the memory image", errno));
  std::unique_ptr<FILE, int (*)(FILE*)> maps(std::fopen(fmt::format("/proc/{}/maps", pid).c_str(), "re"),
                                             std::fclose);
  if (!maps) return fail(errno_error("open the maps of QEMU", errno));
  GuestMemory found;
  found.pid_ = pid;
  char text[4608];
  std::uint64_t end = 0;
  while (std::fgets(text, sizeof text, maps.get())) {
    MapLine line;
    if (!parse(text, line) || !is_of(line, file)) continue;
    if (end == 0) found.start_ = line.start - line.offset;
    end = line.end;
  }
  if (end == 0) return fail(internal_error("QEMU does not map the memory image"));
  found.pages_ = (end - found.start_) / kPage;
  if (found.pages_ * kPage != static_cast<std::uint64_t>(file.st_size))
    return fail(internal_error("QEMU maps the memory image in part only"));
  return found;
}

Result<std::vector<PageRun>> GuestMemory::written() const {
  TRY(auto map, open_file(fmt::format("/proc/{}/pagemap", pid_), O_RDONLY));
  std::vector<std::uint64_t> entries(kEntriesPerRead);
  std::vector<PageRun> runs;
  for (std::uint64_t page = 0; page < pages_;) {
    auto want = std::min<std::uint64_t>(kEntriesPerRead, pages_ - page) * 8;
    auto count = ::pread(map.get(), entries.data(), want, static_cast<off_t>((start_ / kPage + page) * 8));
    if (count < 8) return fail(errno_error("read the pagemap of QEMU", count < 0 ? errno : EIO));
    for (std::size_t i = 0; i < static_cast<std::size_t>(count) / 8; ++i, ++page)
      if (is_written(entries[i])) extend(runs, page);
  }
  return runs;
}

Result<void> GuestMemory::read(PageRun run, char* into) const {
  return transfer(::process_vm_readv, pid_, start_ + run.first * kPage, into, run.count * kPage);
}

Result<void> GuestMemory::write(PageRun run, const char* from) const {
  return transfer(::process_vm_writev, pid_, start_ + run.first * kPage, const_cast<char*>(from),
                  run.count * kPage);
}

}  // namespace sandbar::agent
