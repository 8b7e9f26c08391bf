// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "sandbar/async/spawn.h"
#include "sandbar/base/secret.h"
#include "sandbar/cli/up/launch.h"
#include "sandbar/cli/up/report.h"
#include "sandbar/cli/up/service.h"

// Everything that runs on this machine: PostgreSQL, control, agent. start() brings an empty state folder, a
// stopped installation, and one whose supervisor was killed all to the same end; steps that are already done
// cost nothing.

namespace sandbar::cli {

class Installation final : public Supervised {
 public:
  Installation(Executor executor, Layout layout, UpOptions options, Report& report);
  ~Installation() override;

  Task<Result<void>> start() override;
  // In the order control, agent, PostgreSQL. The agent pauses what runs.
  Task<void> stop() override;

 private:
  Task<Result<void>> start_database();
  Task<Result<void>> make_first_admin();
  Task<Result<void>> start_control();
  Task<Result<void>> start_agent();
  Task<Result<void>> await_host(Secret session);
  Task<void> rotate_logs();

  Result<void> prepare_folders();
  Result<void> prepare_certificate();
  Result<void> install_program();
  Result<void> install_dashboard();
  std::string domain() const;
  std::vector<std::string> control_environment() const;
  std::vector<std::string> agent_arguments(const std::string& token) const;
  Service& add_service(ServiceSpec spec);

  Executor executor_;
  Layout layout_;
  UpOptions options_;
  Report& report_;
  proc::Identity identity_;
  bool own_database_ = true, own_dashboard_ = false;
  bool first_start_ = false;
  std::vector<std::unique_ptr<Service>> services_;
  Supervisor tasks_;
};

// What becomes of the sandboxes when a leftover agent is ended.
enum class Sandboxes { go_on, pause };
// Ends what is left of an installation whose supervisor is gone, in the same order.
void end_leftovers(const Layout& layout, Sandboxes sandboxes);

}  // namespace sandbar::cli
