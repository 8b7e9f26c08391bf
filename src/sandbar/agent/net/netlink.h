// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libmnl/libmnl.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sandbar/agent/net/cidr.h"
#include "sandbar/base/result.h"

// The few things that we ask of rtnetlink, in process: a call takes some 10 µs where the `ip` program takes
// 20 ms. A Netlink belongs to the namespace that its thread was in when it was opened.

namespace sandbar::agent {

using Mac = std::array<std::uint8_t, 6>;

class Netlink {
 public:
  static Result<Netlink> open();

  // A pair of linked interfaces: `name` here, `peer` in the namespace `peer_ns`.
  Result<void> add_veth(const std::string& name, const std::string& peer, int peer_ns);
  Result<void> set_mac(const std::string& name, Mac mac);
  Result<void> set_up(const std::string& name);
  Result<void> add_address(const std::string& name, std::uint32_t address, int bits);
  Result<void> add_default_route(std::uint32_t gateway);
  // A neighbour that never has to be asked for.
  Result<void> add_neighbour(const std::string& name, std::uint32_t address, Mac mac);
  // not_found if it is not there.
  Result<void> remove_link(const std::string& name);
  // Destinations of all IPv4 routes in all tables; 0.0.0.0/0 for a default route.
  Result<std::vector<Cidr>> routes();

 private:
  struct Close {
    void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
  };
  Result<void> request(nlmsghdr* message, const std::string& doing);

  std::unique_ptr<mnl_socket, Close> socket_;
  std::uint32_t sequence_ = 0;
};

}  // namespace sandbar::agent
