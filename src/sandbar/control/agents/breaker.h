// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>

#include "sandbar/base/id.h"

// Whether it is worth trying to connect to a host. After a few failures in a row connecting is refused at
// once, for a pause that grows with each further failure; then one attempt is let through, and its outcome
// decides. A dead host so costs its callers nothing, and one that is back is found at its first heartbeat, or
// within the longest pause. All threads share what they know.

namespace sandbar::control::agents {

class Breaker {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  static constexpr int kFailures = 3;
  static constexpr std::chrono::milliseconds kFirstPause{250}, kLongestPause{2'000};

  // False: do not try now. True: the caller tries and says how it went.
  bool may_try(Moment now);
  void succeeded();
  void failed(Moment now);
  // The host has given a sign of life: the pause is over.
  void heard();

 private:
  std::mutex mutex_;
  int failures_ = 0;
  std::chrono::milliseconds pause_ = kFirstPause;
  Moment closed_until_{};
};

class Breakers {
 public:
  // The same for as long as somebody holds it.
  std::shared_ptr<Breaker> of(HostId host);
  void heard(HostId host);

 private:
  std::mutex mutex_;
  std::map<HostId, std::weak_ptr<Breaker>> hosts_;
};

}  // namespace sandbar::control::agents
