// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "sandbar/base/result.h"
#include "sandbar/proc/child.h"

// The processes behind the fake hypervisor's VMs: a guest program and everything that it has started.

namespace sandbar::agent {

struct FakeGuest {
  std::filesystem::path program, socket, home, log;
  bool own_pids = false;  // in a PID namespace of its own, which ends with its first process
};

// Whether this process may make PID namespaces.
bool can_unshare_pids();

Result<pid_t> start_fake_guest(const FakeGuest& guest);

// Guests outlive their agent as machines do, but not its state folder: a process of its own ends them when
// that is gone. One for each folder, however often this is called.
Result<proc::Child> start_fake_keeper(const std::filesystem::path& state);

// `root` and all its descendants.
std::vector<pid_t> process_tree(pid_t root);
void signal_tree(pid_t root, int signal);
// Until no process of the tree has escaped by starting another one meanwhile.
void stop_tree(pid_t root);

// Processes that were started with a socket below `directory`: pid and socket.
std::vector<std::pair<pid_t, std::string>> guests_below(const std::filesystem::path& directory);

}  // namespace sandbar::agent
