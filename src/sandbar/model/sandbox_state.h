// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/describe/enum.hpp>
#include <string_view>
#include <vector>

#include "sandbar/base/enum_name.h"

// The state of a sandbox is what control believes; the agent reports, control decides. A move is always a
// compare-and-set: the row must be in one of `sources_of(to)`, else the caller gets invalid_state.
// Transitional states (pending, starting, pausing, resuming, stopping) belong to the request or job that set
// them.

namespace sandbar {

enum class SandboxState {
  pending,   // row inserted, host chosen and asked, capacity reserved
  starting,  // that takes longer: the template travels, or another host is tried
  running,   // guest ready, calls accepted
  pausing,   // memory is being written out
  paused,    // no process; memory and disk are on the host
  resuming,  // memory is being brought back
  stopping,  // destroy requested, the agent has not confirmed yet
  stopped,   // gone for good
  missing,   // its host is silent; reversible
  error,     // could not be started or kept; only destroy is left
};
BOOST_DESCRIBE_ENUM(SandboxState, pending, starting, running, pausing, paused, resuming, stopping, stopped,
                    missing, error)

struct SandboxTransition {
  SandboxState from, to;
  std::string_view cause;
};

// The cause of a move that ends an outage of the host. Whatever a request had begun before has come to its
// end meanwhile, without a word of it in the audit log.
inline constexpr std::string_view kHostBack = "host back";
// Of a pause by a host that control could not be reached from.
inline constexpr std::string_view kLostControl = "its host had lost control";

namespace detail {
using enum SandboxState;
inline constexpr auto kSandboxTransitions = std::to_array<SandboxTransition>({
    {pending, starting, "its host is getting the template from another"},
    {pending, running, "guest ready"},
    {starting, running, "guest ready"},
    {running, pausing, "pause requested"},
    {running, paused, "paused by its agent"},
    {pausing, paused, "memory stored"},
    {pausing, running, "pause failed"},
    {paused, resuming, "resume requested"},
    {resuming, running, "memory restored"},
    {resuming, paused, "resume failed"},
    {paused, running, "found running on its host"},
    {pending, stopping, "destroy requested"},
    {starting, stopping, "destroy requested"},
    {running, stopping, "destroy requested"},
    {pausing, stopping, "destroy requested"},
    {paused, stopping, "destroy requested"},
    {resuming, stopping, "destroy requested"},
    {missing, stopping, "destroy requested"},
    {error, stopping, "destroy requested"},
    {stopping, stopped, "gone from its host"},
    {running, stopped, "gone from its host"},
    {paused, stopped, "gone from its host"},
    {missing, stopped, "gone from its host"},
    {pausing, stopped, "gone from its host"},
    {resuming, stopped, "gone from its host"},
    {pending, error, "start failed"},
    {starting, error, "start failed"},
    {pending, missing, "host silent"},
    {starting, missing, "host silent"},
    {running, missing, "host silent"},
    {pausing, missing, "host silent"},
    {resuming, missing, "host silent"},
    {missing, running, kHostBack},
    {missing, paused, kHostBack},
});
}  // namespace detail

inline constexpr const auto& kSandboxTransitions = detail::kSandboxTransitions;

constexpr bool can_move(SandboxState from, SandboxState to) {
  for (const auto& row : kSandboxTransitions)
    if (row.from == from && row.to == to) return true;
  return false;
}

constexpr bool is_terminal(SandboxState state) {
  for (const auto& row : kSandboxTransitions)
    if (row.from == state) return false;
  return true;
}

// Whether a sandbox in this state takes room on its host.
constexpr bool holds_resources(SandboxState state) {
  return state != SandboxState::stopped && state != SandboxState::error;
}

// Somebody is at work on it, and its host may be ahead of its row.
constexpr bool is_transitional(SandboxState state) {
  using enum SandboxState;
  return state == pending || state == starting || state == pausing || state == resuming || state == stopping;
}

// All states for which a predicate holds: a paused sandbox has no memory in use, but keeps its files.
inline std::vector<SandboxState> states_where(bool (*holds)(SandboxState)) {
  std::vector<SandboxState> out;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<SandboxState>>([&](auto d) {
    if (holds(d.value)) out.push_back(d.value);
  });
  return out;
}

inline std::vector<SandboxState> sources_of(SandboxState to) {
  std::vector<SandboxState> from;
  for (const auto& row : kSandboxTransitions)
    if (row.to == to) from.push_back(row.from);
  return from;
}

static_assert(is_terminal(SandboxState::stopped), "nothing leaves stopped");
static_assert(!is_terminal(SandboxState::error), "a failed sandbox can be destroyed");
static_assert(can_move(SandboxState::missing, SandboxState::running), "missing is reversible");
static_assert(!can_move(SandboxState::missing, SandboxState::error));
static_assert(can_move(SandboxState::resuming, SandboxState::paused), "a failed resume loses nothing");

}  // namespace sandbar
