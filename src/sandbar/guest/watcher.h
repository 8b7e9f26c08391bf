// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem/filesystem.pb.h>

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "sandbar/guest/entry.h"
#include "sandbar/proc/fd.h"

// Changes below one directory, by inotify. A recursive watcher also follows directories that appear later;
// what was put into one before we could watch it is reported as created and written.

namespace sandbar::guest {

struct WatchOptions {
  std::string path;  // absolute
  bool recursive = false, include_entry = false, allow_network_mounts = false;
};

class Watcher {
 public:
  static constexpr std::size_t kMaxDirectories = 8192;
  using Event = filesystem::FilesystemEvent;

  // not_found, invalid_request for anything but a directory (or one on a network filesystem).
  static Result<Watcher> create(WatchOptions options);

  int fd() const { return inotify_.get(); }  // readable when there may be events
  // All that has happened since the last call, at most `limit` events at once.
  std::vector<Event> drain(Accounts& accounts, std::size_t limit);

 private:
  explicit Watcher(WatchOptions options) : options_(std::move(options)) {}
  Result<void> open();
  bool add(const std::string& relative);
  void add_below(const std::string& relative, bool report);
  void forget(const std::string& relative);
  void translate(int wd, std::uint32_t mask, std::string_view name);
  void read_kernel_queue();
  void report(const std::string& relative, filesystem::EventType type) {
    pending_.emplace_back(relative, type);
  }
  std::string absolute(const std::string& relative) const;

  WatchOptions options_;
  proc::Fd inotify_;
  std::unordered_map<int, std::string>
      directories_;  // by watch descriptor; relative to the watched one, "" = itself
  std::deque<std::pair<std::string, filesystem::EventType>> pending_;
};

}  // namespace sandbar::guest
