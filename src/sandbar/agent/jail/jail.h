// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "sandbar/base/result.h"
#include "sandbar/proc/fd.h"

// Starts a program that is expected to turn against us: as a user of its own, without capabilities, in its
// own mount, pid, network (empty), ipc and uts namespaces, seeing only the paths and descriptors listed here.
// It outlives this process, so nothing about it depends on us staying around. The child shares our memory
// until it execs (as vfork does): starting costs the same however large we are, but blocks the calling thread
// meanwhile.

namespace sandbar::agent {

struct JailBind {
  std::filesystem::path source;  // file, directory or device of the host
  std::filesystem::path target;  // absolute, inside
  enum class Access { read, write, device } access = Access::read;
};

struct JailLimits {
  std::uint64_t file_bytes = 0;  // largest file it may write
  std::uint64_t open_files = 256;
};

struct JailSpec {
  std::vector<std::string> argv;  // argv[0] is a path inside
  std::vector<std::string> env;
  uid_t uid = 0;               // and gid; must not be 0
  std::filesystem::path root;  // an existing empty directory: where the new root is put together
  std::vector<JailBind> binds;
  std::vector<std::pair<std::string, std::string>> symlinks;  // {to, path inside}
  std::vector<int> fds;                                       // become 3, 4, …
  int output = -1;                                            // becomes 1 and 2
  std::vector<int> cgroup_procs;                              // open cgroup.procs files to join through
  JailLimits limits;
};

struct JailedProcess {
  pid_t pid = 0;
  proc::Fd pidfd;
};

Result<JailedProcess> start_jailed(const JailSpec& spec);

// What a dynamically linked program of the distribution needs to run in a jail: the libraries, and the
// program itself. Both lists are appended to the spec.
void add_system_libraries(JailSpec& spec);

}  // namespace sandbar::agent
