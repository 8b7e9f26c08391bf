// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

#include "sandbar/proc/fd.h"

// A note on disk of which process is ours: its number and when it started, since numbers are used again. It
// lets the next `up` or `down` find what a killed supervisor left running.

namespace sandbar::cli {

struct RunningProcess {
  pid_t pid = 0;
  proc::Fd pidfd;
};

// In clock ticks since boot; nothing if there is no such process.
std::optional<std::int64_t> start_time_of(pid_t pid);

void write_mark(const std::string& path, pid_t pid);
// The process that the mark names, if it still runs.
std::optional<RunningProcess> find_marked(const std::string& path);
std::optional<RunningProcess> find_process(pid_t pid, std::int64_t start_time);

// Sends the signal and waits; SIGKILL when `grace` is over. Works for processes that are not our children.
void end_process(const RunningProcess& process, int signal, std::chrono::milliseconds grace);

}  // namespace sandbar::cli
