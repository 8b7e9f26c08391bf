// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

// Whether it is worth trying to connect to a host. After a few failures in a row connecting is refused at
// once, for a pause that grows with each further failure; then one attempt is let through, and its outcome
// decides. A dead host so costs its callers nothing, and one that is back is found within the longest pause.

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

 private:
  int failures_ = 0;
  std::chrono::milliseconds pause_ = kFirstPause;
  Moment closed_until_{};
};

}  // namespace sandbar::control::agents
