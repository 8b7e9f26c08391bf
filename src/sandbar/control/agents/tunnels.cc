// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/agents/tunnels.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <utility>

#include "sandbar/base/scope_exit.h"

namespace sandbar::control::agents {
namespace {

// An agent says nothing before it is spoken to: what can be read is the end.
bool has_ended(int fd) {
  char byte;
  return ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || (errno != EAGAIN && errno != EINTR);
}

}  // namespace

Tunnels::~Tunnels() {
  for (auto& [id, host] : hosts_)
    for (int fd : host.parked) ::close(fd);
}

void Tunnels::sweep(Host& host) {
  std::erase_if(host.parked, [](int fd) {
    bool ended = has_ended(fd);
    if (ended) ::close(fd);
    return ended;
  });
}

bool Tunnels::park(HostId id, int fd) {
  std::lock_guard hold(mutex_);
  auto& host = hosts_[id];
  if (!host.waiting.empty()) {
    auto waiter = std::move(host.waiting.front());
    host.waiting.pop_front();
    waiter->fd = fd;
    auto executor = waiter->executor;
    boost::asio::post(executor, [waiter = std::move(waiter)] { waiter->arrived.notify_all(); });
    return true;
  }
  if (host.parked.size() >= kMaxParked) sweep(host);
  if (host.parked.size() < kMaxParked) {
    host.parked.push_back(fd);
    return true;
  }
  ::close(fd);
  return false;
}

Tunnels::WaiterPtr Tunnels::wait_for(HostId id, Executor executor) {
  auto waiter = std::make_shared<Waiter>(std::move(executor));
  std::lock_guard hold(mutex_);
  auto& host = hosts_[id];
  // The newest one was seen alive last.
  while (!host.parked.empty() && waiter->fd < 0) {
    int fd = host.parked.back();
    host.parked.pop_back();
    if (has_ended(fd))
      ::close(fd);
    else
      waiter->fd = fd;
  }
  if (waiter->fd < 0) host.waiting.push_back(waiter);
  return waiter;
}

int Tunnels::taken(const WaiterPtr& waiter) {
  std::lock_guard hold(mutex_);
  return std::exchange(waiter->fd, -1);
}

// A connection that came too late for who asked for it is still good for the next one.
void Tunnels::leave(HostId id, const WaiterPtr& waiter) {
  int unused = taken(waiter);
  if (unused >= 0) {
    park(id, unused);
    return;
  }
  std::lock_guard hold(mutex_);
  if (auto host = hosts_.find(id); host != hosts_.end()) std::erase(host->second.waiting, waiter);
}

Task<Result<http::ByteStreamPtr>> Tunnels::take(HostId host) {
  auto executor = co_await boost::asio::this_coro::executor;
  auto waiter = wait_for(host, executor);
  ScopeExit gone([&] { leave(host, waiter); });
  for (;;) {
    if (int fd = taken(waiter); fd >= 0) co_return http::adopt_socket(executor, fd);
    co_await waiter->arrived.wait();
  }
}

void Tunnels::drop(HostId id) {
  std::lock_guard hold(mutex_);
  auto host = hosts_.find(id);
  if (host == hosts_.end()) return;
  for (int fd : host->second.parked) ::close(fd);
  host->second.parked.clear();
  if (host->second.waiting.empty()) hosts_.erase(host);
}

void Tunnels::sweep() {
  std::lock_guard hold(mutex_);
  for (auto host = hosts_.begin(); host != hosts_.end();) {
    sweep(host->second);
    bool is_empty = host->second.parked.empty() && host->second.waiting.empty();
    host = is_empty ? hosts_.erase(host) : std::next(host);
  }
}

std::size_t Tunnels::parked(HostId id) const {
  std::lock_guard hold(mutex_);
  auto host = hosts_.find(id);
  return host == hosts_.end() ? 0 : host->second.parked.size();
}

}  // namespace sandbar::control::agents
