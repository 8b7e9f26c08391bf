// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/command_cgroups.h"

#include <fcntl.h>

#include <string_view>

namespace sandbar::guest {

bool CommandCgroups::add(const std::string& directory) {
  Cgroup cgroup{proc::Fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
                proc::Fd(::open((directory + "/cgroup.events").c_str(), O_RDONLY | O_CLOEXEC))};
  if (!cgroup.directory || !cgroup.events) return false;
  cgroups_.push_back(std::move(cgroup));
  return true;
}

int CommandCgroups::choose() {
  if (cgroups_.empty()) return -1;
  std::size_t chosen = next_;
  for (std::size_t i = 0; i < cgroups_.size(); ++i) {
    auto candidate = (next_ + i) % cgroups_.size();
    if (!is_empty(cgroups_[candidate])) continue;
    chosen = candidate;
    break;
  }
  next_ = (chosen + 1) % cgroups_.size();
  return cgroups_[chosen].directory.get();
}

bool CommandCgroups::is_empty(const Cgroup& cgroup) {
  char text[128];
  auto size = ::pread(cgroup.events.get(), text, sizeof text, 0);
  return size > 0 && std::string_view(text, static_cast<std::size_t>(size)).contains("populated 0");
}

}  // namespace sandbar::guest
