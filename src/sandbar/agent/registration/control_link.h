// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>

#include "sandbar/agent/registration/control_client.h"
#include "sandbar/base/clock.h"

// The life of a host beside its control (REQUIREMENTS HT-6): heartbeats, renewal of its credentials, and what
// happens when control is lost.
//   connected ── no answer ──► failing ── third time ──► isolated (everything was paused once)
//   failing, isolated ── answer ──► connected
//   any ── 401, 403 ──► refresh ──► connected; refused ──► locked_out (all was paused, no more heartbeats)
//   any ── 404 not_found ──► deleted
// No answer is: control not reached, an answer of 500 and above, or one that is not control's own. What else
// control refuses is logged, and changes nothing.

namespace sandbar::agent {

enum class LinkState { connected, failing, isolated, locked_out, deleted };
BOOST_DESCRIBE_ENUM(LinkState, connected, failing, isolated, locked_out, deleted)

struct LinkConfig {
  std::chrono::milliseconds interval{30'000};
  int failures_to_isolate = 3;
};

struct LinkHooks {
  std::function<HeartbeatBody()> load;
  std::function<void()> pause_all;  // begins it, and returns at once
  std::function<void(const Credentials&)> renewed;
  std::function<void(const ControlReply&)> heard;  // an accepted heartbeat
  std::function<void()> came_back;                 // the first one after everything was paused
};

class ControlLink {
 public:
  ControlLink(http::Client& http, CredentialsFile file, Credentials credentials, const Clock& clock,
              LinkConfig config, LinkHooks hooks);

  // The first beat goes out at once. Returns only when locked out or deleted.
  Task<LinkState> run();
  LinkState state() const { return state_; }
  const Credentials& credentials() const { return credentials_; }

 private:
  enum class Beat { answered, refused, rejected, deleted, failed };
  enum class Refresh { done, refused, failed };

  Task<Beat> beat();
  Task<Beat> beat_or_refresh();
  Task<Refresh> refresh();
  Task<Refresh> try_refresh();
  Result<void> propose_successor();
  void hear(const ControlReply& reply);
  Task<void> renew_if_due();
  void note_answer();
  void note_failure();
  void enter(LinkState state);

  ControlClient client_;
  CredentialsFile file_;
  Credentials credentials_;
  const Clock& clock_;
  LinkConfig config_;
  LinkHooks hooks_;
  LinkState state_ = LinkState::connected;
  int failures_ = 0;
  bool is_reached_ = true, has_heard_ = false;
  Time next_renewal_ = Time::min();
};

}  // namespace sandbar::agent
