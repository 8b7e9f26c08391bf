// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/describe.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "sandbar/base/id.h"
#include "sandbar/model/limits.h"

namespace sandbar::control::quotas {

// How much a team may hold at a time, and how large one sandbox may be. Paused sandboxes count as sandboxes
// and with their disks, not with processors and memory.
struct Limits {
  std::int64_t sandboxes = 500, vcpus = 1000, memory_mb = 1'048'576, disk_mb = 10'485'760, templates = 200;
  std::int64_t sandbox_vcpus = limits::kMaxVcpus, sandbox_memory_mb = limits::kMaxMemoryMib,
               sandbox_disk_mb = limits::kMaxDiskMib;
};

// One team's own limits; those that are not set are the installation's.
struct Overrides {
  std::optional<std::int64_t> sandboxes, vcpus, memory_mb, disk_mb, templates;
  std::optional<std::int64_t> sandbox_vcpus, sandbox_memory_mb, sandbox_disk_mb;
  bool operator==(const Overrides&) const = default;
};
BOOST_DESCRIBE_STRUCT(Overrides, (),
                      (sandboxes, vcpus, memory_mb, disk_mb, templates, sandbox_vcpus, sandbox_memory_mb,
                       sandbox_disk_mb))

// What a team holds now.
struct Use {
  std::int64_t sandboxes = 0, vcpus = 0, memory_mb = 0, disk_mb = 0, templates = 0;
};
BOOST_DESCRIBE_STRUCT(Use, (), (sandboxes, vcpus, memory_mb, disk_mb, templates))

// Every quota; `use` is none for limits of a single sandbox.
struct QuotaRow {
  std::string_view name;
  std::int64_t Limits::* limit;
  std::optional<std::int64_t> Overrides::* override;
  std::int64_t Use::* use;
};
inline constexpr QuotaRow kQuotas[] = {
    {"sandboxes", &Limits::sandboxes, &Overrides::sandboxes, &Use::sandboxes},
    {"vcpus", &Limits::vcpus, &Overrides::vcpus, &Use::vcpus},
    {"memory_mb", &Limits::memory_mb, &Overrides::memory_mb, &Use::memory_mb},
    {"disk_mb", &Limits::disk_mb, &Overrides::disk_mb, &Use::disk_mb},
    {"templates", &Limits::templates, &Overrides::templates, &Use::templates},
    {"sandbox_vcpus", &Limits::sandbox_vcpus, &Overrides::sandbox_vcpus, nullptr},
    {"sandbox_memory_mb", &Limits::sandbox_memory_mb, &Overrides::sandbox_memory_mb, nullptr},
    {"sandbox_disk_mb", &Limits::sandbox_disk_mb, &Overrides::sandbox_disk_mb, nullptr},
};

// One quota of a team, as it stands.
struct Quota {
  std::string_view name;
  std::int64_t limit = 0;
  std::optional<std::int64_t> used;  // none for limits of a single sandbox
  bool is_default = true;            // the installation's, not the team's own
};

// What a change adds.
struct Demand {
  int vcpus = 0, memory_mb = 0, disk_mb = 0;
  bool is_new = true;  // else it comes back from being paused
};

// What teams hold and what binds them, as long as their totals are locked.
struct Holding {
  Use use;  // without templates
  Overrides overrides;
};
using Holdings = std::map<TeamId, Holding>;

// Refusals of this process, by quota in the order of kQuotas; shared by all threads.
struct Refusals {
  std::atomic<std::uint64_t> count[std::size(kQuotas)] = {};
};

}  // namespace sandbar::control::quotas
