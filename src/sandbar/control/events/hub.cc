// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/events/hub.h"

#include <algorithm>

#include "sandbar/async/timer.h"

namespace sandbar::control::events {
namespace {

// Several deliveries follow each other at once when a transaction has changed much: that is not the socket's
// fault.
constexpr std::size_t kMaxQueued = 10 * kMaxBatch;
constexpr std::chrono::milliseconds kLook{20}, kPatience{10'000};

}  // namespace

Subscription::Subscription(Hub& hub, Listener listener)
    : hub_(hub),
      listener_(std::move(listener)),
      arrived_(hub.executor()),
      alarm_(hub.executor()),
      moved_(hub.executor()) {
  hub_.subscriptions_.insert(this);
  hub_.feed_.join();
}

Subscription::~Subscription() {
  hub_.subscriptions_.erase(this);
  hub_.feed_.leave();
}

void Subscription::start_after(Position position) {
  position_ = std::max(position_, position);
  std::erase_if(queue_, [&](const auto& change) { return change->position() <= position; });
}

Task<std::shared_ptr<const Change>> Subscription::next(std::chrono::milliseconds limit) {
  is_telling_ = false;
  if (queue_.empty()) {
    moved_.notify_all();
    co_await arrived_.wait_for(limit);
  }
  if (queue_.empty()) co_return nullptr;
  auto change = std::move(queue_.front());
  queue_.pop_front();
  is_telling_ = true;
  co_return change;
}

Task<void> Subscription::told(Position position, std::chrono::milliseconds limit) {
  auto end = std::chrono::steady_clock::now() + limit;
  auto left = [&] {
    return std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
  };
  auto is_told = [&] { return position_ >= position && !is_telling_ && queue_.empty(); };
  while (trouble_ == Trouble::none && !is_told() && left().count() > 0) co_await moved_.wait_for(left());
}

Task<void> Subscription::alarmed(std::chrono::milliseconds limit) {
  if (trouble_ == Trouble::none && !is_concerned_) co_await alarm_.wait_for(limit);
  is_concerned_ = false;
}

void Subscription::take(const Batch& batch) {
  for (const auto& change : *batch) {
    if (change.position() <= position_) continue;
    if (concerns(listener_, change)) is_concerned_ = true;
    if (!hears(listener_, change)) continue;
    if (queue_.size() == kMaxQueued) return end(Trouble::slow);
    queue_.emplace_back(batch, &change);
  }
  if (!batch->empty()) position_ = std::max(position_, batch->back().position());
  if (!queue_.empty()) arrived_.notify_all();
  if (is_concerned_) alarm_.notify_all();
  moved_.notify_all();
}

void Subscription::end(Trouble trouble) {
  trouble_ = trouble;
  moved_.notify_all();
  alarm_.notify_all();
}

Hub::Hub(Executor executor, Feed& feed) : executor_(std::move(executor)), feed_(feed) {
  feed_.attach(executor_, [this](const Batch& batch) { deliver(batch); });
}

std::size_t Hub::count(const std::string& actor) const {
  auto is_same = [&](const Subscription* one) { return one->listener().actor == actor; };
  return static_cast<std::size_t>(std::ranges::count_if(subscriptions_, is_same));
}

Task<Result<void>> Hub::being_read() {
  for (auto waited = std::chrono::milliseconds(0); !feed_.is_read(); waited += kLook) {
    if (waited > kPatience) co_return fail(Error{Errc::unavailable, "changes cannot be told at the moment"});
    co_await sleep_for(kLook);
  }
  co_return Result<void>{};
}

void Hub::close() {
  is_closed_ = true;
  for (auto* one : subscriptions_) one->end(Subscription::Trouble::ending);
}

void Hub::deliver(const Batch& batch) {
  for (auto* one : subscriptions_) {
    if (batch) {
      one->take(batch);
    } else {
      one->end(Subscription::Trouble::missed);
    }
  }
}

}  // namespace sandbar::control::events
