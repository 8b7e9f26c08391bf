// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/hosts/replica.h"

#include "sandbar/async/timer.h"
#include "sandbar/control/hosts/store.h"
#include "sandbar/log/log.h"

namespace sandbar::control::hosts {

Task<void> Replica::run() {
  for (;;) {
    tunnels_.sweep();
    if (!tunnel_url_.empty()) {
      auto noted = co_await note_replica(database_, id_, tunnel_url_);
      if (!noted) log::warn("address for agents not published", {{"error", noted.error()}});
    }
    co_await sleep_for(period_);
  }
}

Task<void> Replica::leave() {
  if (tunnel_url_.empty()) co_return;
  auto left = co_await delete_replica(database_, id_);
  if (!left) log::warn("address for agents not withdrawn", {{"error", left.error()}});
}

}  // namespace sandbar::control::hosts
