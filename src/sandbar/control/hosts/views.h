// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/hosts/api.h"

namespace sandbar::control::hosts {

inline std::optional<std::string> if_said(std::string text) {
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}
inline std::optional<int> if_said(int number) { return number == 0 ? std::nullopt : std::optional(number); }

// Which team a host is of has a name only for platform admins.
inline HostView view_of(Host host, bool with_team_name = false) {
  HostView view{.id = host.id, .type = host.type, .team_id = host.team_id};
  if (with_team_name) view.team_name = std::move(host.team_name);
  view.provider = if_said(std::move(host.provider));
  view.availability_zone = if_said(std::move(host.availability_zone));
  view.arch = if_said(std::move(host.arch));
  view.cpu_cores = if_said(host.cpu_cores);
  view.memory_mb = if_said(host.memory_mb);
  view.disk_gb = if_said(host.disk_gb);
  view.address = if_said(std::move(host.address));
  view.status = host.status;
  view.agent_version = if_said(std::move(host.agent_version));
  view.hostname = if_said(std::move(host.hostname));
  if (host.last_heartbeat_at) view.running = host.running, view.paused = host.paused;
  view.last_heartbeat_at = host.last_heartbeat_at;
  view.created_by = host.created_by;
  view.created_at = host.created_at;
  view.updated_at = host.updated_at;
  view.tags = std::move(host.tags);
  return view;
}

}  // namespace sandbar::control::hosts
