// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/reaper.h"

#include "sandbar/async/timer.h"
#include "sandbar/base/scope_exit.h"

namespace sandbar::agent {
namespace {

constexpr std::size_t kAtOnce = 4;

}  // namespace

Task<void> Reaper::run() {
  for (;;) {
    tick();
    co_await sleep_for(period_);
  }
}

void Reaper::tick() {
  auto now = world_.clock.now();
  for (const auto& sandbox : manager_.all()) {
    auto id = sandbox->record().id;
    auto expires = sandbox->expires_at();
    if (!expires || *expires > now || expiring_.size() >= kAtOnce || expiring_.contains(id)) continue;
    expiring_.insert(id);
    world_.tasks.spawn("expire", expire(id));
  }
  if (now < next_sample_) return;
  next_sample_ = now + sample_period_;
  for (const auto& sandbox : manager_.all()) sandbox->sample();
}

Task<void> Reaper::expire(SandboxId id) {
  ScopeExit done([this, id] { expiring_.erase(id); });
  co_await manager_.expire(id);
}

}  // namespace sandbar::agent
