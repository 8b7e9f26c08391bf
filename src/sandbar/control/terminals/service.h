// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/guests/service.h"
#include "sandbar/control/terminals/session.h"

// Commands, terminals and processes inside running sandboxes.

namespace sandbar::control::terminals {

class TerminalService {
 public:
  explicit TerminalService(guests::GuestService& guests) : guests_(guests) {}

  // Runs a command to its end. deadline_exceeded when its time is over, too_large when it prints more than
  // kMaxCollected on either stream; it is killed in both cases. `input` is written to it, then its input is
  // closed.
  Task<Result<Collected>> run(access::Actor actor, SandboxId id, Command command,
                              std::optional<std::string> input);
  // Starts it and leaves it alone.
  Task<Result<std::uint32_t>> start_in_background(access::Actor actor, SandboxId id, Command command);
  Task<Result<Session>> open(access::Actor actor, SandboxId id, Command command,
                             std::optional<TerminalSize> terminal);
  Task<Result<Session>> attach(access::Actor actor, SandboxId id, Selector process);
  Task<Result<std::vector<Process>>> list(access::Actor actor, SandboxId id);
  Task<Result<void>> send_signal(access::Actor actor, SandboxId id, Selector process, Signal signal);

  static constexpr std::size_t kMaxCollected = 8 << 20;  // bytes of each stream

 private:
  guests::GuestService& guests_;
};

// invalid_request for a command that no guest would take.
Result<void> check_command(const Command& command);

}  // namespace sandbar::control::terminals
