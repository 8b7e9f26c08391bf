// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/templates/work_folder.h"

#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>

#include <functional>

#include "sandbar/base/random.h"
#include "sandbar/base/units.h"

namespace sandbar::agent {
namespace {

constexpr const char* kMemoryFolder = "/dev/shm";
constexpr std::uint64_t kEnoughMemory = 6 * kGib, kEnoughSpace = 4 * kGib;

bool memory_serves() {
  struct statfs kind{};
  struct statvfs status{};
  struct sysinfo machine{};
  if (statfs(kMemoryFolder, &kind) != 0 || statvfs(kMemoryFolder, &status) != 0 || sysinfo(&machine) != 0)
    return false;
  auto space = static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
  auto memory = static_cast<std::uint64_t>(machine.freeram + machine.bufferram) * machine.mem_unit;
  return kind.f_type == TMPFS_MAGIC && !(status.f_flag & ST_NOEXEC) && space >= kEnoughSpace &&
         memory >= kEnoughMemory;
}

// Several state directories may be in use on one machine: each knows its own folders by this.
std::string memory_prefix(const std::filesystem::path& state) {
  std::error_code error;
  auto absolute = std::filesystem::weakly_canonical(state, error).string();
  return fmt::format("sandbar-{:016x}-", std::hash<std::string>{}(absolute));
}

std::filesystem::path place_of(const std::filesystem::path& state, std::string_view name, WorkPlace place) {
  auto own = fmt::format("{}-{}", name, random_hex(4));
  if (place == WorkPlace::scratch && memory_serves())
    return std::filesystem::path(kMemoryFolder) / (memory_prefix(state) + own);
  return state / "build" / own;
}

}  // namespace

bool remove_tree(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  return !error;
}

Result<WorkFolder> WorkFolder::create(const std::filesystem::path& state, std::string_view name,
                                      WorkPlace place) {
  auto path = place_of(state, name, place);
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return fail(errno_error("make " + path.string(), error.value()));
  std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
  return WorkFolder(path);
}

WorkFolder::~WorkFolder() {
  if (!path_.empty()) remove_tree(path_);
}

Task<void> WorkFolder::remove(BlockingPool& pool) {
  co_await pool.run(std::bind_front(remove_tree, std::exchange(path_, {})));
}

std::vector<std::filesystem::path> WorkFolder::left_over(const std::filesystem::path& state) {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(state / "build", error))
    if (entry.is_directory(error)) found.push_back(entry.path());
  for (const auto& entry : std::filesystem::directory_iterator(kMemoryFolder, error))
    if (entry.path().filename().string().starts_with(memory_prefix(state))) found.push_back(entry.path());
  return found;
}

}  // namespace sandbar::agent
