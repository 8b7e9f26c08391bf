// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/guest/filesystem_service.h"
#include "sandbar/guest/forwarder.h"
#include "sandbar/guest/init_request.h"
#include "sandbar/guest/metrics.h"
#include "sandbar/guest/process_service.h"
#include "sandbar/guest/session.h"
#include "sandbar/http/server.h"

// The guest's services and the table of its routes, in one place.

namespace sandbar::guest {

class App {
 public:
  App(Executor executor, proc::Reaper& reaper, Session session);

  // One request: CORS, access token, route.
  Task<void> handle(http::Exchange& exchange);
  // Runs one command through the whole path, so that the first real one finds everything in memory.
  Task<void> warm_up();

 private:
  using Handle = Task<void> (App::*)(http::Exchange&);
  // Who may call: everybody; holders of the token; whom the handler itself admits.
  enum class Admit { all, token, handler };
  struct Route {
    std::string_view method, path;
    Admit admit;
    Handle handle;
  };
  static const Route kRoutes[];

  Task<void> route(http::Exchange& exchange);
  bool has_token(const http::RequestHead& request) const;
  Caller caller_of(const http::Exchange& exchange) const;
  Task<Result<void>> read_and_apply_init(http::Exchange& exchange);
  Task<void> health(http::Exchange& exchange);
  Task<void> metrics(http::Exchange& exchange);
  Task<void> envs(http::Exchange& exchange);
  Task<void> init(http::Exchange& exchange);
  Task<void> warmup(http::Exchange& exchange);
  Task<void> forward(http::Exchange& exchange);
  Task<void> download(http::Exchange& exchange);
  Task<void> upload(http::Exchange& exchange);
  Task<void> compose(http::Exchange& exchange);
  Task<void> stream_input(http::Exchange& exchange);

  Executor executor_;
  Session session_;
  LazyPool pool_;
  ProcessTable table_;
  ProcessService processes_;
  FilesystemService files_;
  rpc::ConnectServer rpc_;
  Metrics metrics_;
  Forwarder forwarder_;
};

}  // namespace sandbar::guest
