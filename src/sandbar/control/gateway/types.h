// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe/class.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "sandbar/base/clock.h"
#include "sandbar/base/id.h"
#include "sandbar/control/sandboxes/types.h"

namespace sandbar::control::gateway {

// What the database knows about one port of one sandbox.
struct Destination {
  TeamId team_id;
  SandboxState status = SandboxState::pending;
  std::optional<HostId> host_id;
  std::optional<std::string> host_address, host_fingerprint;
  boost::json::object traffic;
  std::int64_t link_epoch = 0;
  std::optional<bool> is_public;  // of the port, where it differs from the sandbox
};
BOOST_DESCRIBE_STRUCT(Destination, (),
                      (team_id, status, host_id, host_address, host_fingerprint, traffic, link_epoch,
                       is_public))

// A port that is set apart from the rest of its sandbox.
struct Port {
  int port = 0;
  bool is_public = false;
  Time updated_at{};
};
BOOST_DESCRIBE_STRUCT(Port, (), (port, is_public, updated_at))

// What a team may know about how its sandbox is reached.
struct Traffic {
  sandboxes::TrafficRules rules;
  std::string access_token;
};

struct Link {
  std::string url;
  Time expires_at{};
};

// How addresses of sandboxes look from outside: "https://8000-{id}.example.org:8443".
struct PublicUrl {
  std::string scheme, domain;
  std::uint16_t port = 0;

  std::string of(SandboxId sandbox, int number) const;
};

}  // namespace sandbar::control::gateway
