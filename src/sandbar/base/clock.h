// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "sandbar/base/result.h"

// One of the three plugs of the system (hypervisor, clock, agent client). Decisions that depend on the time
// ask a Clock; tests pass a FakeClock. Wall time is UTC with microseconds, as PostgreSQL keeps it.

namespace sandbar {

using Time = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Time now() const override;
};

class FakeClock final : public Clock {
 public:
  explicit FakeClock(Time start) : now_(start) {}
  Time now() const override { return now_; }
  void advance(std::chrono::microseconds by) { now_ += by; }

 private:
  Time now_;
};

// RFC 3339 in UTC with microseconds: "2026-03-01T12:00:00.000000Z".
std::string to_rfc3339(Time time);
// Any RFC 3339 offset and 0 to 9 fraction digits (cut to microseconds).
Result<Time> parse_rfc3339(std::string_view text);

}  // namespace sandbar
