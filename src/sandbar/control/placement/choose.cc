// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/placement/choose.h"

#include <algorithm>

namespace sandbar::control::placement {
namespace {

// What is left, in MiB, of the memory that may be promised.
std::int64_t free_memory(const Candidate& host, const Policy& policy) {
  return std::int64_t{host.memory_mb} * policy.memory_overcommit_percent / 100 - host.reserved_memory_mb;
}

bool fits(const Candidate& host, const Request& request, const Policy& policy) {
  if (std::ranges::find(request.excluded, host.id) != request.excluded.end()) return false;
  return host.memory_mb == 0 || free_memory(host, policy) >= request.memory_mb;
}

using Better = bool (*)(const Candidate& a, const Candidate& b, const Policy& policy);

bool waited_longer(const Candidate& a, const Candidate& b, const Policy&) {
  return a.last_placed_at.value_or(Time::min()) < b.last_placed_at.value_or(Time::min());
}

bool is_emptier(const Candidate& a, const Candidate& b, const Policy& policy) {
  auto share = [&](const Candidate& host) {
    return static_cast<double>(free_memory(host, policy)) / std::max(1, host.memory_mb);
  };
  return share(a) > share(b);
}

constexpr std::pair<Strategy, Better> kStrategies[] = {
    {Strategy::round_robin, &waited_longer},
    {Strategy::least_loaded, &is_emptier},
};

}  // namespace

const Candidate* choose_host(const std::vector<Candidate>& candidates, const Request& request,
                             const Policy& policy) {
  auto better =
      std::ranges::find(kStrategies, policy.strategy, [](const auto& row) { return row.first; })->second;
  const Candidate* best = nullptr;
  for (const auto& host : candidates)
    if (fits(host, request, policy) && (!best || better(host, *best, policy))) best = &host;
  return best;
}

}  // namespace sandbar::control::placement
