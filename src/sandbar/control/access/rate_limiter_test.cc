// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/rate_limiter.h"

#include <doctest/doctest.h>

using namespace sandbar;
using namespace sandbar::control::access;
using namespace std::chrono_literals;

TEST_CASE("a bucket gives its burst at once and then its rate") {
  FakeClock clock{Time(0s)};
  RateLimiter limiter(clock);
  constexpr RateLimit kLimit{.burst = 3, .per_minute = 2};
  for (int i = 0; i < 3; ++i) CHECK(!limiter.take("a", kLimit));
  CHECK(limiter.take("a", kLimit) == 30s);
  CHECK(!limiter.take("b", kLimit));
  clock.advance(29s);
  CHECK(limiter.take("a", kLimit) == 1s);
  clock.advance(1s);
  CHECK(!limiter.take("a", kLimit));
  CHECK(limiter.take("a", kLimit));
}

TEST_CASE("the number of buckets stays bounded") {
  FakeClock clock{Time(0s)};
  RateLimiter limiter(clock, 10);
  for (int i = 0; i < 1000; ++i) limiter.take(std::to_string(i), {.burst = 2, .per_minute = 1});
  CHECK(limiter.size() <= 10);
}
