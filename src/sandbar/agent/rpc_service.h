// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "sandbar/agent/manager.h"
#include "sandbar/agent/templates/template_builder.h"
#include "sandbar/rpc/connect_server.h"

// sandbar.agent.v1.AgentService (proto/agent/v1/agent.proto): parses and checks what control asks, calls the
// manager, and puts the answer into messages. Nothing is decided here.

namespace sandbar::agent {

class RpcService {
 public:
  // `terminate` begins the end of the program, after the answer has been sent.
  RpcService(World& world, Manager& manager, const TemplateCatalogue& templates, TemplateBuilder& builder,
             std::function<void()> terminate);
  ~RpcService();

  void register_on(rpc::ConnectServer& server);

 private:
  struct Methods;
  std::unique_ptr<Methods> methods_;
};

}  // namespace sandbar::agent
