// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "sandbar/async/event.h"
#include "sandbar/cli/up/layout.h"

// A program that runs as long as the installation does: started, and started again (with growing pauses) when
// it ends. Its output goes straight into its log file, so that it does not depend on the supervisor.

namespace sandbar::cli {

struct ServiceSpec {
  std::string name;  // "postgres", "control", "agent"
  std::string program;
  std::function<std::vector<std::string>()>
      args;  // asked at each start, since a start may change what the next needs
  std::vector<std::string> env;
  std::optional<proc::Identity> identity;
  int stop_signal;
  std::chrono::milliseconds stop_grace;
};

class Service {
 public:
  Service(Executor executor, Layout layout, ServiceSpec spec);

  // Until stop().
  Task<void> keep_running();
  // Asks it to end, waits, kills it if it does not; keep_running() returns then.
  Task<void> stop();
  const std::string& name() const { return spec_.name; }
  int starts() const { return starts_; }

 private:
  Result<proc::Child> start();

  Executor executor_;
  Layout layout_;
  ServiceSpec spec_;
  pid_t pid_ = 0;  // 0 while it does not run
  bool stopping_ = false;
  int starts_ = 0;
  Event changed_;
};

// Moves a log file that has grown beyond 16 MiB to "….1". Writers append, so they go on in the emptied file.
void rotate_log(const std::string& path);

}  // namespace sandbar::cli
