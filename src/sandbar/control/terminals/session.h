// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "process/process.pb.h"
#include "sandbar/control/guests/types.h"
#include "sandbar/control/terminals/types.h"

// One process of a sandbox, watched: what it prints comes out of next(), input and signals go in. Dropping
// the session leaves the process running; it can be attached to again. next() is called by one task, the
// others by another.

namespace sandbar::control::terminals {

class Session {
 public:
  static Task<Result<Session>> start(guests::Guest guest, Command command,
                                     std::optional<TerminalSize> terminal);
  static Task<Result<Session>> attach(guests::Guest guest, Selector process);

  std::uint32_t pid() const { return pid_; }
  // Input of an attached process goes to its terminal, as it does once it has printed to it.
  void treat_as_terminal() { is_terminal_ = true; }

  // Output and finally Ended; nothing after that.
  Task<Result<std::optional<Event>>> next();
  Task<Result<void>> write_input(std::string bytes);
  Task<Result<void>> close_input();
  Task<Result<void>> send(Signal signal);
  Task<Result<void>> resize(TerminalSize size);

 private:
  using Messages = std::variant<guests::GuestStream<process::StartResponse>,
                                guests::GuestStream<process::ConnectResponse>>;
  Session(std::unique_ptr<guests::Guest> guest, Messages messages, bool is_terminal);
  Task<Result<std::optional<process::ProcessEvent>>> next_message();
  Task<Result<void>> wait_for_start();
  process::ProcessSelector selector() const;

  std::unique_ptr<guests::Guest> guest_;
  std::unique_ptr<Messages> messages_;
  std::uint32_t pid_ = 0;
  bool is_terminal_;
};

process::ProcessSelector to_message(const Selector& selector);
// To a process of that guest; an interrupt goes to all that it has started, too.
Task<Result<void>> deliver(guests::Guest& guest, Selector process, Signal signal);

}  // namespace sandbar::control::terminals
