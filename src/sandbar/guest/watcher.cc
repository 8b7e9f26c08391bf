// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/watcher.h"

#include <dirent.h>
#include <sys/inotify.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"

namespace sandbar::guest {
namespace {

constexpr std::uint32_t kMask =
    IN_CREATE | IN_MODIFY | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR | IN_EXCL_UNLINK;
constexpr std::size_t kMaxPending = 64 * 1024;

struct Translation {
  std::uint32_t bit;
  filesystem::EventType type;
};
constexpr auto kTranslations = std::to_array<Translation>({{IN_CREATE, filesystem::EVENT_TYPE_CREATE},
                                                           {IN_MOVED_TO, filesystem::EVENT_TYPE_CREATE},
                                                           {IN_MODIFY, filesystem::EVENT_TYPE_WRITE},
                                                           {IN_DELETE, filesystem::EVENT_TYPE_REMOVE},
                                                           {IN_MOVED_FROM, filesystem::EVENT_TYPE_RENAME},
                                                           {IN_ATTRIB, filesystem::EVENT_TYPE_CHMOD}});

// Changes that another machine makes are not seen by inotify, so these are refused unless the client knows.
bool is_network_filesystem(const std::string& path) {
  constexpr std::array<std::uint32_t, 8> kMagics{0x6969,     0xFF534D42, 0xFE534D42, 0x517B,
                                                 0x01021997, 0x65735546, 0x00C36400, 0x5346414F};
  struct statfs st{};
  if (statfs(path.c_str(), &st) != 0) return false;
  return std::ranges::find(kMagics, static_cast<std::uint32_t>(st.f_type)) != kMagics.end();
}

// Some filesystems leave the type out of their directories.
unsigned char type_of(const dirent& item, const std::string& path) {
  struct stat st{};
  if (item.d_type != DT_UNKNOWN || lstat(path.c_str(), &st) != 0) return item.d_type;
  return static_cast<unsigned char>(IFTODT(st.st_mode));
}

std::string join(const std::string& directory, std::string_view name) {
  return directory.empty() ? std::string(name) : directory + "/" + std::string(name);
}

}  // namespace

Result<Watcher> Watcher::create(WatchOptions options) {
  Watcher watcher(std::move(options));
  TRY_VOID(watcher.open());
  return watcher;
}

Result<void> Watcher::open() {
  const auto& path = options_.path;
  struct stat st{};
  if (stat(path.c_str(), &st) != 0)
    return fail(Error{Errc::not_found, fmt::format("path '{}' does not exist", to_valid_utf8(path))});
  if (!S_ISDIR(st.st_mode))
    return fail(invalid_request(fmt::format("path '{}' is not a directory", to_valid_utf8(path))));
  if (!options_.allow_network_mounts && is_network_filesystem(path))
    return fail(invalid_request(fmt::format("path '{}' is on a network filesystem", to_valid_utf8(path))));
  inotify_.reset(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!inotify_) return fail(Error{Errc::rate_limited, "too many watchers", std::strerror(errno)});
  if (!add(""))
    return fail(Error{Errc::rate_limited, "too many directories are watched", std::strerror(errno)});
  if (options_.recursive) add_below("", false);
  return {};
}

std::string Watcher::absolute(const std::string& relative) const {
  return relative.empty() ? options_.path : (options_.path == "/" ? "" : options_.path) + "/" + relative;
}

bool Watcher::add(const std::string& relative) {
  if (directories_.size() >= kMaxDirectories) return false;
  int wd = inotify_add_watch(inotify_.get(), absolute(relative).c_str(),
                             relative.empty() ? kMask : kMask | IN_DONT_FOLLOW);
  if (wd < 0) return false;
  directories_[wd] = relative;
  return true;
}

void Watcher::add_below(const std::string& relative, bool report_content) {
  std::unique_ptr<DIR, decltype(&closedir)> dir(opendir(absolute(relative).c_str()), closedir);
  while (auto* item = dir ? readdir(dir.get()) : nullptr) {
    std::string_view name(item->d_name);
    if (name == "." || name == ".." || pending_.size() > kMaxPending) continue;
    auto child = join(relative, name);
    auto type = type_of(*item, absolute(child));
    if (report_content) report(child, filesystem::EVENT_TYPE_CREATE);
    if (report_content && type == DT_REG) report(child, filesystem::EVENT_TYPE_WRITE);
    if (type == DT_DIR && add(child)) add_below(child, report_content);
  }
}

// A directory that was moved away: if it went to another place below ours, it is found again there.
void Watcher::forget(const std::string& relative) {
  std::erase_if(directories_, [&](const auto& entry) {
    bool gone = entry.second == relative || entry.second.starts_with(relative + "/");
    if (gone) inotify_rm_watch(inotify_.get(), entry.first);
    return gone;
  });
}

void Watcher::translate(int wd, std::uint32_t mask, std::string_view name) {
  auto found = directories_.find(wd);
  if (found == directories_.end()) return;
  if (mask & IN_IGNORED) return void(directories_.erase(found));
  if (name.empty()) return;  // the watched directory itself; a nested one is also reported by its parent
  auto child = join(found->second, name);
  for (auto [bit, type] : kTranslations)
    if (mask & bit) report(child, type);
  if (options_.recursive && (mask & IN_MOVED_FROM) && (mask & IN_ISDIR)) forget(child);
  bool appeared = mask & (IN_CREATE | IN_MOVED_TO);
  if (options_.recursive && appeared && (mask & IN_ISDIR) && add(child)) add_below(child, true);
}

void Watcher::read_kernel_queue() {
  alignas(inotify_event) std::array<char, 16 * 1024> buffer;
  while (pending_.size() < kMaxPending) {
    auto n = read(inotify_.get(), buffer.data(), buffer.size());
    if (n <= 0) return;
    for (std::size_t at = 0; at < static_cast<std::size_t>(n);) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = buffer.data() + at + sizeof event;
      translate(event.wd, event.mask, {name, strnlen(name, event.len)});
      at += sizeof event + event.len;
    }
  }
}

std::vector<Watcher::Event> Watcher::drain(Accounts& accounts, std::size_t limit) {
  read_kernel_queue();
  std::vector<Event> events;
  for (; !pending_.empty() && events.size() < limit; pending_.pop_front()) {
    const auto& [relative, type] = pending_.front();
    auto& event = events.emplace_back();
    event.set_name(to_valid_utf8(relative));
    event.set_type(type);
    bool with_entry = type == filesystem::EVENT_TYPE_CREATE || type == filesystem::EVENT_TYPE_WRITE ||
                      type == filesystem::EVENT_TYPE_CHMOD;
    if (!options_.include_entry || !with_entry) continue;
    if (auto entry = describe(absolute(relative), accounts)) *event.mutable_entry() = std::move(*entry);
  }
  return events;
}

}  // namespace sandbar::guest
