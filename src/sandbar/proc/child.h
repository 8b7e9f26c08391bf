// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sandbar/base/result.h"
#include "sandbar/proc/fd.h"

// Starting a child process. The child shares our memory until it execs (as vfork does), so starting costs the
// same however large we are, and a failed exec comes back as an error value instead of an exit status. The
// caller waits for the child: by Reaper, by the pidfd, or by waitpid(2).

namespace sandbar::proc {

struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // supplementary
};

struct ChildOptions {
  std::string program;            // a path, or a bare name that is looked up in PATH of `env`
  std::vector<std::string> args;  // argv, the name itself included; empty = just the program
  std::vector<std::string> env;   // "NAME=value"; nothing is inherited
  std::string cwd;                // empty = ours
  // {ours, theirs}. Besides these the child inherits our 0, 1 and 2, and nothing else.
  std::vector<std::pair<int, int>> fds;
  std::optional<Identity> identity;  // needs root; none = ours
  std::optional<int> oom_score_adj;
  int cgroup = -1;                    // descriptor of a cgroup v2 directory to start in
  bool new_session = false;           // setsid(2)
  bool new_group = false;             // setpgid(2); a new session has one anyway
  bool controlling_terminal = false;  // descriptor 0 becomes it; implies new_session
  int kill_with_parent = 0;           // signal that the child gets when the calling thread ends; 0 = none
};

struct Child {
  pid_t pid = 0;
  Fd pidfd;  // readable once the child has ended
};

// not_found: no such program. forbidden: not executable, or identity or cwd refused. invalid_request: not a
// program, or arguments too long. rate_limited: the system (or the cgroup) has no room for another process.
Result<Child> start_child(const ChildOptions& options);

}  // namespace sandbar::proc
