// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>

#include "sandbar/agent/manager.h"
#include "sandbar/agent/reaper.h"
#include "sandbar/agent/testing/scripted_hypervisor.h"
#include "sandbar/async/timer.h"
#include "sandbar/base/units.h"
#include "sandbar/http/server.h"

// A manager over the scripted hypervisor, a state directory that vanishes, a clock that stands still, and a
// guest that answers every call. restart() is what a kill -9 of the agent and a new start amount to.

namespace sandbar::agent::testing {

using namespace std::chrono_literals;

struct TemporaryState {
  TemporaryState() {
    char name[] = "/tmp/agent-test-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~TemporaryState() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

struct Guest {
  std::vector<std::string> inits;  // bodies of POST /init
  int answer = 204;
  bool silent = false;
  http::Handler other;  // for everything else
};

struct Fixture {
  boost::asio::io_context io;
  TemporaryState state;
  FakeClock clock{Time(1'000'000'000s)};
  BlockingPool blocking{1};
  Machine machine{io.get_executor()};
  Guest guest;
  http::ServerPtr guest_server;
  TemplateCatalogue templates{state.path};
  TemplateId base = TemplateId::random();
  ScriptedHypervisor hypervisor{machine};
  ParkingLimits parking_limits;
  MemoryOfHost memory{.total = 8 * kGib, .available = 6 * kGib};
  int memory_reads = 0;

  // What one run of the agent consists of.
  struct Run {
    explicit Run(Fixture& f)
        : tasks(f.io.get_executor()),
          watchers(f.io.get_executor()),
          world{f.io.get_executor(), f.hypervisor, f.clock, f.blocking, tasks, watchers, 2s},
          parking(world, f.state.path, f.parking_limits,
                  [&f] {
                    ++f.memory_reads;
                    return f.memory;
                  }),
          manager(world, f.templates, parking, f.state.path),
          reaper(world, manager, 1s) {}
    Supervisor tasks, watchers;
    World world;
    Parking parking;
    Manager manager;
    Reaper reaper;
  };
  std::unique_ptr<Run> run_;

  Fixture() {
    guest_server =
        http::make_server(io.get_executor(), [this](http::Exchange& e) { return answer(*this, e); });
    REQUIRE(guest_server->listen("127.0.0.1:0", false).has_value());
    machine.guest_port = guest_server->port();
    std::filesystem::create_directories(templates.path_of(base).parent_path());
    REQUIRE(publish_fake_image(templates.path_of(base), {1, 512, 2048}).has_value());
    TemplateSettings settings{.name = "base",
                              .disk_mib = 2048,
                              .user = {},
                              .workdir = {},
                              .env = {{"FROM", "template"}},
                              .start = {}};
    REQUIRE(templates.set_settings(base, settings).has_value());
    run_ = std::make_unique<Run>(*this);
  }

  Parking& parking() { return run_->parking; }
  Manager& manager() { return run_->manager; }
  Reaper& reaper() { return run_->reaper; }

  static Task<void> answer(Fixture& f, http::Exchange& exchange) {
    if (f.guest.silent) co_await sleep_for(1h);
    if (exchange.request().path() != "/init") {
      if (f.guest.other) co_return co_await f.guest.other(exchange);
      co_await exchange.respond({200, {}, "from the guest"});
      co_return;
    }
    auto body = co_await exchange.read_all(1 << 20);
    f.guest.inits.push_back(body.value_or(""));
    co_await exchange.respond({f.guest.answer, {}, {}});
  }

  // Runs a test's body on the loop; fails if it takes more than 20 s.
  void run(std::function<Task<void>(Fixture&)> body) {
    std::exception_ptr thrown;
    bool done = false;
    boost::asio::co_spawn(io, whole(*this, std::move(body)), [&](std::exception_ptr e) {
      thrown = e;
      done = true;
    });
    auto end = std::chrono::steady_clock::now() + 20s;
    while (!done && std::chrono::steady_clock::now() < end) io.run_one_for(1s);
    CHECK(done);
    if (thrown) std::rethrow_exception(thrown);
  }

  static Task<void> whole(Fixture& f, std::function<Task<void>(Fixture&)> body) {
    co_await body(f);
    co_await f.stop_run();
  }

  Task<void> stop_run() {
    co_await run_->tasks.shut_down();
    co_await run_->watchers.shut_down();
  }

  Task<void> restart() {
    co_await stop_run();
    run_ = std::make_unique<Run>(*this);
    auto recovered = co_await manager().recover();
    REQUIRE(recovered.has_value());
  }

  NewSandbox wanted() const {
    NewSandbox wanted;
    wanted.id = SandboxId::random();
    wanted.template_id = base;
    wanted.access_token = Secret("token");
    wanted.env = {{"MINE", "1"}};
    return wanted;
  }

  Task<SandboxId> create(NewSandbox spec) {
    auto created = co_await manager().create(spec);
    REQUIRE(created.has_value());
    co_return spec.id;
  }
  Task<SandboxId> create() { return create(wanted()); }

  std::int64_t pid(SandboxId id) const { return load_record(directory(id))->vm->pid; }
  Status status(SandboxId id) const { return run_->manager.find(id)->status(); }
  std::filesystem::path directory(SandboxId id) const { return state.path / "sandboxes" / id.str(); }

  // Waits for what other tasks of the loop will bring about.
  static Task<void> until(std::function<bool()> condition) {
    for (int i = 0; i < 5000 && !condition(); ++i) co_await sleep_for(1ms);
    REQUIRE(condition());
  }
};

}  // namespace sandbar::agent::testing
