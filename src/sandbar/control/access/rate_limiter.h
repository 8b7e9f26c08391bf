// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "sandbar/base/clock.h"
#include "sandbar/base/result.h"

// Token buckets by name ("login 203.0.113.7"), in the memory of one process and shared by its threads. The
// number of buckets is bounded.

namespace sandbar::control::access {

struct RateLimit {
  int burst;
  int per_minute;
};

class RateLimiter {
 public:
  explicit RateLimiter(const Clock& clock, std::size_t max_buckets = 20'000)
      : clock_(clock), max_buckets_(max_buckets) {}

  // Takes one token. If there is none: how long until there is.
  std::optional<std::chrono::seconds> take(const std::string& bucket, RateLimit limit);
  std::size_t size() const;

 private:
  struct Bucket {
    double tokens;
    Time at;
    RateLimit limit;
  };
  double level(const Bucket& bucket) const;
  void make_room();

  const Clock& clock_;
  std::size_t max_buckets_;
  mutable std::mutex mutex_;
  std::map<std::string, Bucket> buckets_;
};

}  // namespace sandbar::control::access
