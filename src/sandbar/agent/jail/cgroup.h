// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sandbar/base/result.h"
#include "sandbar/proc/fd.h"

// Resource limits of one sandbox's processes, in whatever the host mounts: the unified hierarchy (v2) if it
// has controllers, else the old ones (v1), each on its own. What a host lacks is left out, and said once at
// the start.

namespace sandbar::agent {

struct CgroupLimits {
  std::uint64_t memory_bytes = 0;
  int cpu_percent = 0;                    // 100 = one core
  int processes = 0;                      // threads count
  std::uint64_t io_bytes_per_second = 0;  // each way, on the device of the state directory; 0 = unlimited
};

class Cgroups {
 public:
  // `name` is the folder of this installation; `state` decides which block device is limited.
  static Cgroups open(std::string name, const std::filesystem::path& state);

  // Makes (or reuses) the group and sets its limits; answers its open cgroup.procs files.
  Result<std::vector<proc::Fd>> create(const std::string& group, const CgroupLimits& limits) const;
  // In the background, its processes run when those of other groups leave something over.
  void set_background(const std::string& group, bool background) const;
  // Its processes must be gone.
  void remove(const std::string& group) const;
  std::vector<std::string> groups() const;
  // "memory cpu pids", for the log.
  std::string controllers() const;

 private:
  struct Hierarchy {
    std::filesystem::path directory;  // of this installation
    std::vector<std::string> controllers;
    bool unified = false;
  };
  Result<proc::Fd> create_in(const Hierarchy& hierarchy, const std::string& group,
                             const CgroupLimits& limits) const;

  std::vector<Hierarchy> hierarchies_;
  std::string device_;  // "8:0"
};

}  // namespace sandbar::agent
