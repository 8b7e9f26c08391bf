// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/rate_limiter.h"

#include <algorithm>
#include <cmath>

namespace sandbar::control::access {

double RateLimiter::level(const Bucket& bucket) const {
  std::chrono::duration<double, std::ratio<60>> minutes = clock_.now() - bucket.at;
  return std::min<double>(bucket.limit.burst, bucket.tokens + minutes.count() * bucket.limit.per_minute);
}

std::optional<std::chrono::seconds> RateLimiter::take(const std::string& name, RateLimit limit) {
  std::scoped_lock lock(mutex_);
  auto found = buckets_.find(name);
  if (found == buckets_.end()) {
    if (buckets_.size() >= max_buckets_) make_room();
    found = buckets_.try_emplace(name, Bucket{static_cast<double>(limit.burst), clock_.now(), limit}).first;
  }
  auto& bucket = found->second;
  bucket.tokens = level(bucket);
  bucket.at = clock_.now();
  if (bucket.tokens < 1) {
    auto minutes = (1 - bucket.tokens) / limit.per_minute;
    return std::chrono::seconds(static_cast<int>(std::ceil(minutes * 60)));
  }
  bucket.tokens -= 1;
  return std::nullopt;
}

std::size_t RateLimiter::size() const {
  std::scoped_lock lock(mutex_);
  return buckets_.size();
}

// Full buckets say nothing; if all say something, some are forgotten.
void RateLimiter::make_room() {
  std::erase_if(buckets_, [&](const auto& entry) { return level(entry.second) >= entry.second.limit.burst; });
  while (buckets_.size() >= max_buckets_) buckets_.erase(buckets_.begin());
}

}  // namespace sandbar::control::access
