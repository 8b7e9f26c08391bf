// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "sandbar/agent/vm/hypervisor.h"
#include "sandbar/http/client.h"

// The ways over the network to what listens in one VM. A service that listens on the VM's loopback
// interface alone is reached with the help of the guest, and one that was started a moment ago is waited for.
// Connections are kept for about a second: longer than the pauses of whoever asks much, and shorter than
// servers wait.

namespace sandbar::agent {

class Ports {
 public:
  Ports(Executor executor, VmPtr vm);

  // Asking a port on which nothing listens fails with not_found.
  // For requests that may be sent again should a kept connection turn out to be closed.
  std::shared_ptr<http::Client> kept(std::uint16_t port);
  // With a connection for each request.
  std::shared_ptr<http::Client> fresh(std::uint16_t port);

  // How a port was reached last: directly, or with the guest's help.
  struct Way {
    bool needs_guest = false;
  };

 private:
  struct Port {
    std::shared_ptr<Way> way = std::make_shared<Way>();
    std::shared_ptr<http::Client> kept = {};
  };
  http::Endpoint endpoint(std::uint16_t number, const Port& port) const;
  Port& find(std::uint16_t number);

  Executor executor_;
  VmPtr vm_;
  std::shared_ptr<http::Client> guest_;
  std::map<std::uint16_t, Port> ports_;
};

}  // namespace sandbar::agent
