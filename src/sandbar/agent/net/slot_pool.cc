// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/net/slot_pool.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "sandbar/agent/net/namespace.h"
#include "sandbar/async/timer.h"
#include "sandbar/base/try.h"
#include "sandbar/log/log.h"

namespace sandbar::agent {
namespace {

constexpr auto kConnectLimit = std::chrono::seconds(5);

Task<Result<proc::Fd>> finish_connect(proc::Fd fd) {
  boost::asio::posix::stream_descriptor socket(co_await boost::asio::this_coro::executor, fd.get());
  boost::system::error_code error;
  co_await socket.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                             boost::asio::redirect_error(boost::asio::use_awaitable, error));
  socket.release();
  int result = 0;
  socklen_t size = sizeof result;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &result, &size);
  if (error) co_return fail(Error{Errc::canceled, "canceled", error.message()});
  if (result == 0) co_return fd;
  auto detail = errno_error("connect", result).detail;
  co_return fail(Error{Errc::unavailable, "nothing in the sandbox accepts connections on that port", detail});
}

// The sandbox may end, and its descriptor's number may come to mean another sandbox's network, while a helper
// thread is about to enter it: the thread gets a descriptor of its own.
NetSlot own_reference(const NetSlot& slot) {
  return {.number = slot.number, .ns = proc::Fd(::fcntl(slot.ns.get(), F_DUPFD_CLOEXEC, 0))};
}

}  // namespace

SlotPool::SlotPool(Executor executor, SlotMaker maker, std::size_t ready)
    : maker_(std::move(maker)), ready_(ready), tasks_(std::move(executor)) {}

Result<std::uint32_t> SlotPool::free_number() {
  for (std::uint32_t tried = 0; tried < Instance::kMaxSlots; ++tried) {
    auto number = next_++ % Instance::kMaxSlots;
    if (taken_.contains(number) || maker_.exists(number)) continue;
    taken_.insert(number);
    return number;
  }
  return fail(
      Error{Errc::unavailable, "this host runs as many sandboxes as it can", "no network slot is free"});
}

Task<Result<NetSlot>> SlotPool::make() {
  CO_TRY(auto number, free_number());
  auto slot = co_await makers_.run([this, number] { return maker_.make(number); });
  if (!slot) {
    maker_.remove(number);
    taken_.erase(number);
  }
  co_return slot;
}

Task<void> SlotPool::fill() {
  while (idle_.size() < ready_) {
    auto slot = co_await make();
    if (!slot) {
      log::error("network slot not made", {{"error", slot.error()}});
      break;
    }
    idle_.push_back(std::move(*slot));
  }
  filling_ = false;
}

void SlotPool::refill() {
  if (filling_ || idle_.size() >= ready_) return;
  filling_ = true;
  tasks_.spawn("network slots", fill());
}

Task<Result<NetSlot>> SlotPool::take() {
  if (idle_.empty()) {
    auto slot = co_await make();
    refill();
    co_return slot;
  }
  auto slot = std::move(idle_.front());
  idle_.pop_front();
  refill();
  co_return slot;
}

Result<NetSlot> SlotPool::adopt(std::uint32_t number) {
  TRY(auto slot, maker_.find(number));
  taken_.insert(number);
  return slot;
}

Task<void> SlotPool::remove(NetSlot slot) {
  slot.ns.reset();
  co_await makers_.run([this, tap = std::make_shared<proc::Fd>(std::move(slot.tap)), number = slot.number] {
    tap->reset();
    maker_.remove(number);
    return 0;
  });
  taken_.erase(slot.number);
}

void SlotPool::give_back(NetSlot slot) { tasks_.spawn("network slot removal", remove(std::move(slot))); }

Task<Result<void>> SlotPool::set_rules(const NetSlot& slot, EgressRules rules) {
  auto own = own_reference(slot);
  co_return co_await makers_.run([&] { return maker_.set_rules(own, rules); });
}

Task<Result<proc::Fd>> SlotPool::dial(const NetSlot& slot, std::uint16_t port) {
  auto own = own_reference(slot);
  CO_TRY(auto fd, co_await dialers_.run([&] { return start_connect(own.ns.get(), kGuestAddress, port); }));
  auto connected =
      co_await with_timeout(kConnectLimit, "connecting into the sandbox", finish_connect(std::move(fd)));
  if (!connected && connected.error().code == Errc::deadline_exceeded)
    connected.error().code = Errc::unavailable;
  co_return connected;
}

Task<void> SlotPool::shut_down() {
  ready_ = 0;
  while (tasks_.running() > 0) co_await tasks_.drained();
  for (; !idle_.empty(); idle_.pop_front()) give_back(std::move(idle_.front()));
  co_await tasks_.drained();
}

Task<void> SlotPool::remove_strays(std::set<std::uint32_t> keep) {
  for (auto number : maker_.existing()) {
    if (keep.contains(number) || taken_.contains(number)) continue;
    taken_.insert(number);
    co_await remove(NetSlot{.number = number});
  }
}

}  // namespace sandbar::agent
