// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>

#include "sandbar/async/event.h"
#include "sandbar/base/id.h"
#include "sandbar/http/stream.h"

// Connections that agents have opened towards this process and that wait to be used in the other direction
// (docs/adr/0021-agents-that-dial-out.md): whoever takes one goes on as if it had dialled the agent itself.
// All threads share one: a connection arrives on any of them and is needed on another, so plain descriptors
// are kept, under a lock that is never held for longer than a look into a map.

namespace sandbar::control::agents {

class Tunnels {
 public:
  static constexpr std::size_t kMaxParked = 64;  // of one host

  Tunnels() = default;
  Tunnels(const Tunnels&) = delete;
  ~Tunnels();

  // Takes over a connected socket of that host. False: the host has enough of them, and it was closed.
  bool park(HostId host, int fd);
  // The next connection of that host; waits for one, so the caller sets a limit.
  Task<Result<http::ByteStreamPtr>> take(HostId host);
  // Closes what waits, because the host has gone.
  void drop(HostId host);
  // Closes what the other side has ended.
  void sweep();
  std::size_t parked(HostId host) const;

 private:
  struct Waiter {
    explicit Waiter(Executor e) : executor(e), arrived(std::move(e)) {}
    Executor executor;
    Event arrived;
    int fd = -1;
  };
  using WaiterPtr = std::shared_ptr<Waiter>;
  struct Host {
    std::deque<int> parked;
    std::deque<WaiterPtr> waiting;
  };

  WaiterPtr wait_for(HostId host, Executor executor);
  int taken(const WaiterPtr& waiter);
  void leave(HostId host, const WaiterPtr& waiter);
  static void sweep(Host& host);

  mutable std::mutex mutex_;
  std::map<HostId, Host> hosts_;
};

}  // namespace sandbar::control::agents
