// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/app.h"

#include <signal.h>

#include <cstdio>

#include "sandbar/agent/builds.h"
#include "sandbar/agent/data_plane/data_plane.h"
#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/failpoints/failpoints.h"
#include "sandbar/agent/health_check.h"
#include "sandbar/agent/manager.h"
#include "sandbar/agent/parking.h"
#include "sandbar/agent/reaper.h"
#include "sandbar/agent/registration/control_link.h"
#include "sandbar/agent/registration/tunnel_keeper.h"
#include "sandbar/agent/rpc_service.h"
#include "sandbar/agent/setup.h"
#include "sandbar/agent/templates/catalogue.h"
#include "sandbar/agent/templates/template_builder.h"
#include "sandbar/agent/transfer/fetcher.h"
#include "sandbar/agent/transfer/source.h"
#include "sandbar/async/timer.h"
#include "sandbar/base/units.h"
#include "sandbar/http/handover.h"
#include "sandbar/http/peer.h"
#include "sandbar/log/log.h"
#include "sandbar/model/tunnel.h"

namespace sandbar::agent {
namespace {

using namespace std::chrono_literals;

constexpr auto kDrain = 5s;        // requests that are open when the agent stops
constexpr auto kFinishWork = 20s;  // steps that are under way then

Result<http::TlsContextPtr> make_control_tls(const Config& config) {
  std::string ca;
  if (!config.control_ca.empty()) {
    TRY(ca, read_file(config.control_ca, 1 << 20));
  }
  return http::make_client_tls(ca);
}

bool dials_out(const Credentials& credentials) { return credentials.address == kTunnelAddress; }

bool contradicts(Connect connect, const Credentials& credentials) {
  return connect == (dials_out(credentials) ? Connect::direct : Connect::tunnel);
}

Task<Result<Credentials>> obtain_credentials(const Options& options, http::Client& control,
                                             const CredentialsFile& file) {
  if (options.register_token.empty()) {
    auto saved = file.load();
    if (!saved && saved.error().code == Errc::not_found)
      co_return fail(
          invalid_request("this machine is not registered: use --register TOKEN [--address HOST:PORT]"));
    if (saved && contradicts(options.config.connect, *saved))
      co_return fail(invalid_request(
          fmt::format("SANDBAR_AGENT_CONNECT={} but this host was registered at {}: register it again",
                      enum_name(options.config.connect), saved->address.value_or("an address"))));
    co_return saved;
  }
  const auto& config = options.config;
  auto facts = host_facts(config.state);
  CO_TRY(auto fresh, co_await ControlClient(control).register_host(options.register_token, options.address,
                                                                   config.control_url, std::move(facts)));
  CO_TRY_VOID(file.save(fresh));
  log::info("registered", {{"host", fresh.host_id}});
  co_return fresh;
}

HeartbeatBody load_of(const Manager& manager, const TemplateCatalogue& templates, const HostFacts& facts) {
  HeartbeatBody body{
      std::string(kVersion), facts.hostname, facts.cpu_cores, facts.memory_mb, facts.disk_gb, {}, 0, 0};
  if (auto infos = templates.list())
    for (const auto& info : *infos) body.templates.push_back(info.id.str());
  for (const auto& sandbox : manager.all()) {
    if (sandbox->status() == Status::running) ++body.running;
    if (sandbox->status() == Status::paused) ++body.paused;
  }
  return body;
}

// The truth, for tests that let the host lie.
Failpoints::Host host_of(const Manager& manager) {
  return {.sandboxes =
              [&manager] {
                std::vector<HeldSandbox> held;
                for (const auto& sandbox : manager.all())
                  held.push_back({sandbox->record().id, std::string(enum_name(sandbox->status()))});
                return held;
              },
          .machine = [&manager](SandboxId id) -> VmPtr {
            auto sandbox = manager.find(id);
            return sandbox ? sandbox->vm() : nullptr;
          }};
}

// Everything is for control, but for templates: those are for hosts that control has sent.
Task<void> refuse(http::Exchange& exchange) {
  log::warn("refused, not control", {{"peer", exchange.peer_address()}, {"name", http::peer_name(exchange)}});
  (void)co_await exchange.respond({403, {}, "only control may ask for this\n"});
}

enum class End { none, stopped, deleted };

// Why the program is to end, and waiting for it.
struct Ending {
  explicit Ending(Executor executor) : begun(std::move(executor)) {}
  void begin(End why) {
    if (end == End::none) end = why;
    begun.notify_all();
  }
  Task<End> wait() {
    while (end == End::none) co_await begun.wait();
    co_return end;
  }
  Event begun;
  End end = End::none;
};

Task<void> await_signal(Ending& ending) {
  boost::asio::signal_set signals(co_await boost::asio::this_coro::executor, SIGTERM, SIGINT);
  co_await signals.async_wait(boost::asio::use_awaitable);
  ending.begin(End::stopped);
}

// A host that is locked out keeps what it has, and waits for an operator.
Task<void> keep_link(ControlLink& link, Ending& ending) {
  if (co_await link.run() == LinkState::deleted) ending.begin(End::deleted);
}

// Fake VMs are there at once, and stand still by themselves.
ParkingLimits parking_limits(const Config& config) {
  if (config.hypervisor == HypervisorKind::fake) return {};
  return {config.parked_vms, config.keep_paused};
}

void tell_kernel_step(std::string line) { log::info("guest kernel is made", {{"step", line}}); }

// All parts, in the order in which they need each other.
struct Parts {
  Parts(Executor executor, const Config& config, HypervisorPtr hv)
      : hypervisor(std::move(hv)),
        tasks(executor),
        watchers(executor),
        world{executor, *hypervisor, clock, blocking, tasks, watchers, config.guest_ready},
        templates(config.state),
        builder(builder_config(config), *hypervisor),
        parking(world, config.state, parking_limits(config)),
        manager(world, templates, parking, config.state),
        builds(world, manager, builder, config.state),
        source(executor, templates, blocking, clock,
               {.bytes_per_second = static_cast<std::uint64_t>(std::max(0, config.transfer_rate)) * kMib}),
        fetcher({executor, tasks, blocking, *hypervisor, templates, config.state,
                 config.transfer_route == TransferRoute::direct}),
        reaper(world, manager, config.reaper_period, config.sample_period),
        data_plane(manager, config.port_connections),
        failpoints(host_of(manager)),
        ending(executor),
        service(
            {world, manager, templates, builds, source, fetcher, [this] { ending.begin(End::deleted); }}) {
    service.register_on(rpc);
    world.prepare_boot = [this] { return prepare_boot(); };
  }

  // Templates that were built elsewhere need a kernel of this host when they are booted here.
  Task<Result<void>> prepare_boot() {
    if (builder.can_boot()) co_return Result<void>{};
    co_return co_await builder.prepare_boot(tell_kernel_step);
  }

  // An update has brought other programs for templates, or another QEMU.
  Task<void> update_templates() {
    if (auto updated = co_await builder.update_boot(tell_kernel_step); !updated)
      log::error("templates keep the guest program that they have", {{"error", updated.error()}});
    co_await manager.rewarm();
  }

  HypervisorPtr hypervisor;
  SystemClock clock;
  BlockingPool blocking{2};
  Supervisor tasks, watchers;
  World world;
  TemplateCatalogue templates;
  TemplateBuilder builder;
  Parking parking;
  Manager manager;
  Builds builds;
  TransferSource source;
  TemplateFetcher fetcher;
  Reaper reaper;
  rpc::ConnectServer rpc;
  DataPlane data_plane;
  Failpoints failpoints;
  Ending ending;
  RpcService service;
};

Task<void> route(Parts& parts, http::Exchange& exchange) {
  auto path = exchange.request().path();
  if (TransferSource::handles(path)) return parts.source.serve(exchange);
  if (DataPlane::handles(path)) return parts.data_plane.serve(exchange);
  return parts.failpoints.serve(exchange, parts.rpc);
}

Result<http::ServerPtr> listen(Executor executor, Parts& parts, const Credentials& credentials,
                               const Config& config) {
  TRY(auto tls, server_tls(credentials));
  http::ServerLimits limits;
  limits.body_idle = 10min;
  auto handler = [&parts](http::Exchange& exchange) {
    bool allowed =
        http::peer_name(exchange) == "control" || TransferSource::handles(exchange.request().path());
    return allowed ? route(parts, exchange) : refuse(exchange);
  };
  auto server = http::make_server(std::move(executor), std::move(handler), limits, std::move(tls));
  if (dials_out(credentials)) return server;
  TRY_VOID(server->listen(config.listen, false));
  log::info("agent listens",
            {{"address", config.listen}, {"port", server->port()}, {"hypervisor", parts.hypervisor->name()}});
  return server;
}

Result<void> take_orders(Executor executor, Parts& parts, const Config& config) {
  auto run = fs::path(config.state) / "run";
  std::error_code error;
  fs::create_directories(run, error);
  if (error) return fail(errno_error("mkdir " + run.string(), error.value()));
  return parts.failpoints.listen(std::move(executor), (run / "failpoints.sock").string());
}

// Who we are towards other hosts, from now on.
void use_credentials(Parts& parts, const Credentials& credentials, http::Client& control) {
  auto tls = client_tls(credentials);
  if (!tls) return log::error("no certificate for other hosts", {{"error", tls.error()}});
  PeerIdentity identity{credentials.host_id, credentials.ca_pem, *tls, Secret(credentials.token)};
  parts.source.set_identity(identity);
  parts.fetcher.set_identity(std::move(identity), control);
}

// Nobody is told whom to connect to by a control that has one process.
void follow(TunnelKeeper& tunnels, const Config& config, const ControlReply& reply) {
  tunnels.connect_to(reply.tunnels.empty() ? std::vector{config.control_url} : reply.tunnels);
}

LinkHooks hooks_of(Parts& parts, http::Server& server, http::Client& control, TunnelKeeper* tunnels,
                   const Config& config) {
  auto facts = host_facts(config.state);
  return {
      .load = [&parts, facts] { return load_of(parts.manager, parts.templates, facts); },
      .pause_all =
          [&parts, limit = config.pause_all_limit] {
            parts.tasks.spawn("pause all", parts.manager.pause_all(PauseCause::isolated, limit));
          },
      .renewed =
          [&parts, &server, &control](const Credentials& credentials) {
            if (auto tls = server_tls(credentials)) server.set_tls(*tls);
            use_credentials(parts, credentials, control);
          },
      .heard =
          [tunnels, &config](const ControlReply& reply) {
            if (tunnels) follow(*tunnels, config, reply);
          },
      .came_back = {},
  };
}

// How control is spoken to, and where what it grants is kept.
struct Access {
  http::Client& control;
  http::TlsContextPtr tls;
  CredentialsFile file;
};

// This host's ties to control: heartbeats, and with a tunnel the connections that control's calls come over.
struct Connection {
  Connection(Parts& parts, http::Server& server, Access access, Credentials credentials, const Config& config)
      : link(access.control, std::move(access.file), credentials, parts.clock,
             {config.heartbeat_interval, config.failures_to_isolate},
             hooks_of(parts, server, access.control, dials_out(credentials) ? &tunnels : nullptr, config)),
        tunnels({parts.watchers,
                 [tls = access.tls](const std::string& url) { return http::endpoint_of_url(url, tls); },
                 [this]() -> const Credentials& { return link.credentials(); },
                 [&server](http::ByteStreamPtr stream) { http::serve_stream(server, std::move(stream)); }},
                config.tunnel_connections) {
    if (dials_out(credentials)) tunnels.connect_to({config.control_url});
  }

  ControlLink link;
  TunnelKeeper tunnels;
};

Task<Result<void>> drained(Supervisor& tasks) {
  co_await tasks.drained();
  co_return Result<void>{};
}

Task<void> wind_down(Parts& parts, http::Server& server, CredentialsFile file, const Config& config,
                     End why) {
  if (why == End::deleted) {
    co_await parts.manager.destroy_all();
    if (auto removed = file.remove(); !removed)
      log::error("credentials not removed", {{"error", removed.error()}});
  }
  co_await server.shut_down(kDrain);
  co_await parts.parking.shut_down();
  if (why == End::stopped && config.on_stop == OnStop::pause)
    co_await parts.manager.pause_all(PauseCause::shutdown, config.pause_all_limit);
  co_await with_timeout(kFinishWork, "work under way", drained(parts.tasks));
  co_await parts.tasks.shut_down();
  co_await parts.watchers.shut_down();
  co_await parts.failpoints.shut_down();
  co_await parts.hypervisor->shut_down();
  log::info("agent ended", {{"sandboxes", parts.manager.all().size()}});
}

}  // namespace

Task<Result<void>> run_agent(Options options) {
  const auto& config = options.config;
  auto executor = co_await boost::asio::this_coro::executor;
  CO_TRY(auto lock, lock_state(config.state));
  CO_TRY(auto hypervisor, co_await make_hypervisor(config));
  Parts parts(executor, config, std::move(hypervisor));
  co_await parts.builder.clean_up();
  if (config.hypervisor == HypervisorKind::fake) CO_TRY_VOID(provide_fake_base(parts.templates));
  CO_TRY_VOID(co_await parts.manager.recover());
  if (config.hypervisor == HypervisorKind::fake) CO_TRY_VOID(take_orders(executor, parts, config));

  CredentialsFile file(config.state);
  CO_TRY(auto control_tls, make_control_tls(config));
  CO_TRY(auto control_endpoint, http::endpoint_of_url(config.control_url, control_tls));
  auto control = http::make_client(executor, std::move(control_endpoint));
  auto credentials = co_await obtain_credentials(options, *control, file);
  auto server = credentials ? listen(executor, parts, *credentials, config) : fail(credentials.error());
  if (!server) {
    co_await parts.watchers.shut_down();
    co_await parts.hypervisor->shut_down();
    co_return fail(std::move(server).error());
  }
  use_credentials(parts, *credentials, *control);
  parts.fetcher.clean_up();
  CO_TRY_VOID(parts.parking.clean_up());
  parts.tasks.spawn("update templates", parts.update_templates());
  Connection connection(parts, **server, {*control, control_tls, file}, *std::move(credentials), config);
  parts.watchers.spawn("await signal", await_signal(parts.ending));
  parts.watchers.spawn("reaper", parts.reaper.run());
  parts.watchers.spawn("parking", parts.parking.run());
  parts.watchers.spawn("control link", keep_link(connection.link, parts.ending));
  auto why = co_await parts.ending.wait();
  co_await wind_down(parts, **server, file, config, why);
  co_return Result<void>{};
}

Task<Result<void>> build_template(Options options) {
  CO_TRY(auto id, TemplateId::parse(options.template_id));
  CO_TRY(auto definition, read_file(options.definition, 1 << 20));
  CO_TRY(auto lock, lock_state(options.config.state));
  CO_TRY(auto hypervisor, co_await make_hypervisor(options.config));
  auto executor = co_await boost::asio::this_coro::executor;
  Parts parts(executor, options.config, std::move(hypervisor));
  co_await parts.builder.clean_up();
  // Sandboxes may run on without an agent: what is theirs is told from what a killed build left.
  CO_TRY_VOID(co_await parts.manager.recover());
  auto print = [](std::string line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
  };
  auto check = [&parts, &options](TemplateImage image, const TemplateSettings& settings,
                                  std::string command) {
    return check_health(parts.world, fs::path(options.config.state) / "build", std::move(image), settings,
                        std::move(command));
  };
  BuildOrder order{.id = id,
                   .definition = std::move(definition),
                   .beside = fs::absolute(options.definition).parent_path()};
  auto built = co_await parts.builder.build(std::move(order), {.log = print}, check);
  co_await parts.tasks.shut_down();
  co_await parts.watchers.shut_down();
  co_await parts.hypervisor->shut_down();
  co_return built;
}

}  // namespace sandbar::agent
