// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/registration/control_link.h"

#include <algorithm>

#include "sandbar/async/timer.h"
#include "sandbar/base/random.h"
#include "sandbar/log/log.h"

namespace sandbar::agent {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRefreshTokenBytes = 32;
constexpr auto kRenewalPause = 1min;  // after a renewal that was not due by need did not work
constexpr std::chrono::milliseconds kUntilReached = 1s;  // between heartbeats while control tries to call us

}  // namespace

ControlLink::ControlLink(http::Client& http, CredentialsFile file, Credentials credentials,
                         const Clock& clock, LinkConfig config, LinkHooks hooks)
    : client_(http),
      file_(std::move(file)),
      credentials_(std::move(credentials)),
      clock_(clock),
      config_(config),
      hooks_(std::move(hooks)) {}

Task<LinkState> ControlLink::run() {
  for (;;) {
    switch (co_await beat_or_refresh()) {
      case Beat::answered:
        note_answer();
        co_await renew_if_due();
        break;
      case Beat::refused:
        break;
      case Beat::failed:
        note_failure();
        break;
      case Beat::rejected:
        log::error("control refused our credentials: register this host again (--register)",
                   {{"host", credentials_.host_id}});
        hooks_.pause_all();
        enter(LinkState::locked_out);
        co_return state_;
      case Beat::deleted:
        enter(LinkState::deleted);
        co_return state_;
    }
    co_await sleep_for(is_reached_ ? config_.interval : std::min(config_.interval, kUntilReached));
  }
}

// After a refresh the next beat goes out at once. A control that refuses its own new token is broken, not
// angry.
Task<ControlLink::Beat> ControlLink::beat_or_refresh() {
  auto outcome = co_await beat();
  if (outcome != Beat::rejected) co_return outcome;
  auto refreshed = co_await refresh();
  if (refreshed == Refresh::refused) co_return Beat::rejected;
  if (refreshed == Refresh::failed) co_return Beat::failed;
  outcome = co_await beat();
  co_return outcome == Beat::rejected ? Beat::failed : outcome;
}

// A 404 destroys everything here, so it must be control's own, not that of a proxy in between.
Task<ControlLink::Beat> ControlLink::beat() {
  auto reply = co_await client_.heartbeat(credentials_, hooks_.load());
  if (!reply) {
    log::warn("control not reached", {{"error", reply.error()}});
    co_return Beat::failed;
  }
  if (reply->status / 100 == 2) {
    hear(*reply);
    co_return Beat::answered;
  }
  log::warn("heartbeat refused", {{"status", reply->status}, {"code", reply->code}});
  if (reply->status == 401 || reply->status == 403) co_return Beat::rejected;
  if (reply->status == 404 && reply->code == info_of(Errc::not_found).name) co_return Beat::deleted;
  co_return reply->status < 500 && !reply->code.empty() ? Beat::refused : Beat::failed;
}

void ControlLink::hear(const ControlReply& reply) {
  if (reply.is_reached && (!is_reached_ || !has_heard_))
    log::info("this host takes part", {{"host", credentials_.host_id}});
  has_heard_ = true;
  if (!reply.is_reached && is_reached_)
    log::warn("control does not reach this agent: until it does, this host gets no sandboxes",
              {{"address", credentials_.address.value_or("")}});
  is_reached_ = reply.is_reached;
  if (hooks_.heard) hooks_.heard(reply);
}

// The successor of the refresh token is made here and stored before it is sent: whether the answer gets lost,
// or we are killed, one of the two stored tokens is good.
Result<void> ControlLink::propose_successor() {
  if (credentials_.next_refresh_token) return {};
  credentials_.next_refresh_token = random_hex(kRefreshTokenBytes);
  return file_.save(credentials_);
}

Task<ControlLink::Refresh> ControlLink::refresh() {
  auto first = co_await try_refresh();
  if (first != Refresh::refused || !credentials_.next_refresh_token) co_return first;
  // Perhaps the proposal was accepted, and its answer lost.
  credentials_.refresh_token = *std::exchange(credentials_.next_refresh_token, std::nullopt);
  co_return co_await try_refresh();
}

Task<ControlLink::Refresh> ControlLink::try_refresh() {
  if (auto stored = propose_successor(); !stored) {
    log::error("credentials not stored", {{"error", stored.error()}});
    co_return Refresh::failed;
  }
  auto reply = co_await client_.refresh(credentials_);
  if (!reply || reply->status >= 500 || reply->status == 429 || reply->status == 408)
    co_return Refresh::failed;
  if (reply->status != 200) co_return Refresh::refused;
  auto grant = grant_of(*reply);
  if (!grant) co_return Refresh::failed;
  apply(*grant, credentials_, clock_.now());
  if (auto stored = file_.save(credentials_); !stored)
    log::error("credentials not stored", {{"error", stored.error()}});
  log::info("credentials renewed", {{"host", credentials_.host_id}});
  hooks_.renewed(credentials_);
  co_return Refresh::done;
}

Task<void> ControlLink::renew_if_due() {
  auto now = clock_.now();
  if (now < next_renewal_ || !wants_renewal(credentials_, now)) co_return;
  if (co_await refresh() == Refresh::done) co_return;
  next_renewal_ = now + kRenewalPause;
  log::warn("credentials not renewed ahead of time", {{"host", credentials_.host_id}});
}

void ControlLink::note_answer() {
  failures_ = 0;
  bool was_isolated = state_ == LinkState::isolated;
  enter(LinkState::connected);
  if (was_isolated && hooks_.came_back) hooks_.came_back();
}

void ControlLink::note_failure() {
  ++failures_;
  if (state_ == LinkState::isolated) return;
  if (failures_ < config_.failures_to_isolate) return enter(LinkState::failing);
  enter(LinkState::isolated);
  hooks_.pause_all();
}

void ControlLink::enter(LinkState state) {
  if (state == state_) return;
  log::info("link to control changed", {{"from", enum_name(state_)}, {"to", enum_name(state)}});
  state_ = state;
}

}  // namespace sandbar::agent
