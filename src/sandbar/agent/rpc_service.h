// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "sandbar/agent/builds.h"
#include "sandbar/agent/manager.h"
#include "sandbar/agent/transfer/fetcher.h"
#include "sandbar/agent/transfer/source.h"
#include "sandbar/rpc/connect_server.h"

// sandbar.agent.v1.AgentService (proto/agent/v1/agent.proto): parses and checks what control asks, calls the
// manager, and puts the answer into messages. Nothing is decided here.

namespace sandbar::agent {

class RpcService {
 public:
  struct Parts {
    World& world;
    Manager& manager;
    const TemplateCatalogue& templates;
    Builds& builds;
    TransferSource& source;
    TemplateFetcher& fetcher;
    std::function<void()> terminate;  // begins the end of the program, after the answer has been sent
  };
  explicit RpcService(Parts parts);
  ~RpcService();

  void register_on(rpc::ConnectServer& server);

 private:
  struct Methods;
  std::unique_ptr<Methods> methods_;
};

}  // namespace sandbar::agent
