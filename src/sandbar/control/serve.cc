// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/serve.h"

#include <sys/resource.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <thread>

#include "sandbar/control/app.h"
#include "sandbar/control/routes.h"
#include "sandbar/control/run_alone.h"
#include "sandbar/control/setup.h"
#include "sandbar/control/tls_files.h"

namespace sandbar::control {
namespace {

namespace asio = boost::asio;

// One event loop and what runs on it. The guard keeps the loop alive while nothing is to be done.
struct Loop {
  explicit Loop(Shared& shared) : app(io.get_executor(), shared) {}
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard{io.get_executor()};
  App app;
  std::jthread thread = {};
};
using Loops = std::vector<std::unique_ptr<Loop>>;

using Servers = std::vector<http::Server*>;

// With port 0 the first server finds a port, which the others share.
Result<std::uint16_t> listen(const std::string& address, const Servers& servers) {
  TRY_VOID(servers.front()->listen(address, true));
  auto port = servers.front()->port();
  auto same = port == 0 ? address : address.substr(0, address.rfind(':') + 1) + std::to_string(port);
  for (std::size_t i = 1; i < servers.size(); ++i) TRY_VOID(servers[i]->listen(same, true));
  return port;
}

Result<void> listen_all(Shared& shared, Loops& loops) {
  Servers plain, secure;
  for (auto& loop : loops) {
    plain.push_back(&loop->app.server());
    if (auto* server = loop->app.tls_server()) secure.push_back(server);
  }
  TRY(shared.port, listen(shared.config.listen, plain));
  if (secure.empty()) return {};
  TRY(shared.tls_port, listen(shared.config.tls_listen, secure));
  return {};
}

void announce(const char* scheme, const std::string& address, std::uint16_t port) {
  auto host = address.substr(0, address.rfind(':'));
  std::printf("listening on %s://%s:%d\n", scheme, host.empty() ? "0.0.0.0" : host.c_str(), port);
  std::fflush(stdout);
}

Task<void> end_loop(Loop& loop) {
  co_await loop.app.shut_down();
  loop.guard.reset();
}

void end_all(Loops& loops) {
  log::info("shutting down");
  for (auto& loop : loops) spawn(loop->io.get_executor(), "shut down", end_loop(*loop));
}

// Each host costs connections: with the usual limit of 1024 files a few hundred would be too many.
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::size_t count_routes() {
  http::Router router;
  mount(router, {});
  return router.routes().size();
}

}  // namespace

Result<void> serve(Config config) {
  log::set_level(config.log_level);
  raise_file_limit();
  TRY(auto base, run_alone<Setup>([&](Executor) { return set_up(config); }));
  agents::Transport transport{std::move(base.agent_tls),
                              std::make_shared<agents::Tunnels>(),
                              std::make_shared<agents::Breakers>(),
                              {config.agent_quick, config.agent_moving, config.agent_snapshot}};
  Secret webhook_key(access::hmac_sha256(config.secret.reveal(), "webhooks"));
  Secret answer_key(access::hmac_sha256(config.secret.reveal(), "kept answers"));
  Shared shared{std::move(config),         std::move(base.keys),
                std::move(base.authority), std::move(transport),
                std::move(base.courier),   std::move(webhook_key),
                std::move(answer_key),     http::RequestMetrics(count_routes())};
  if (!shared.config.web.empty()) {
    TRY(shared.pages, web::Pages::read(shared.config.web));
  }
  if (!shared.config.tls_listen.empty()) {
    TRY(shared.client_tls, load_tls({shared.config.tls_certificate, shared.config.tls_key}));
  }
  Loops loops;
  for (int i = 0; i < shared.config.threads; ++i) loops.push_back(std::make_unique<Loop>(shared));
  TRY_VOID(listen_all(shared, loops));
  asio::signal_set signals(loops.front()->io, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (!error) end_all(loops);
  });
  loops.front()->app.start_jobs();
  if (shared.tls_port != 0) announce("https", shared.config.tls_listen, shared.tls_port);
  announce("http", shared.config.listen, shared.port);
  for (std::size_t i = 1; i < loops.size(); ++i)
    loops[i]->thread = std::jthread([&io = loops[i]->io] { io.run(); });
  loops.front()->io.run();
  for (auto& loop : loops)
    if (loop->thread.joinable()) loop->thread.join();
  return {};
}

}  // namespace sandbar::control
