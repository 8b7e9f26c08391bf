// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/vm/fake_hypervisor.h"

#include <fstream>

#include "sandbar/agent/guest_client/guest_client.h"
#include "sandbar/agent/jail/process.h"
#include "sandbar/agent/testing/fixture.h"

using namespace sandbar;
using namespace sandbar::agent;
using namespace sandbar::agent::testing;

namespace {

// One machine with the real guest program, and several runs of the agent over it.
struct Guests {
  boost::asio::io_context io;
  TemporaryState state;
  HypervisorPtr hypervisor = make();
  TemplateImage image{state.path / "image"};

  Guests() { REQUIRE(publish_fake_image(image.directory, {1, 512, 1024}).has_value()); }

  HypervisorPtr make() {
    auto made = make_fake_hypervisor(io.get_executor(), {state.path, SANDBAR_GUEST_PROGRAM});
    REQUIRE(made.has_value());
    return std::move(*made);
  }
  RestoreSpec spec(bool from_pause = false) {
    RestoreSpec spec;
    spec.directory = state.path / "sandboxes" / "one";
    spec.image = image;
    spec.shape = {1, 512, 0};
    spec.from_pause = from_pause;
    std::filesystem::create_directories(spec.directory);
    return spec;
  }
  void run(std::function<Task<void>(Guests&)> body) {
    std::exception_ptr thrown;
    bool done = false;
    boost::asio::co_spawn(io, body(*this), [&](std::exception_ptr e) { thrown = e, done = true; });
    for (auto end = std::chrono::steady_clock::now() + 20s; !done && std::chrono::steady_clock::now() < end;)
      io.run_one_for(1s);
    CHECK(done);
    if (thrown) std::rethrow_exception(thrown);
  }
};

Task<VmPtr> restore(Guests& g, bool from_pause = false) {
  auto vm = co_await g.hypervisor->restore(g.spec(from_pause));
  REQUIRE(vm.has_value());
  co_return *vm;
}

Task<http::Response> ask(Guests& g, VmPtr vm) {
  auto guest = make_guest_http(g.io.get_executor(), vm);
  auto introduced =
      co_await introduce(*guest, {SandboxId::random(), TemplateId::random(), Secret("t"), {}, {}, {}}, 10s);
  REQUIRE(introduced.has_value());
  auto answer = co_await guest->fetch({"GET", "/health", {}});
  REQUIRE(answer.has_value());
  co_return *answer;
}

Task<void> lives(Guests& g) {
  auto vm = co_await restore(g);
  CHECK((co_await ask(g, vm)).status == 204);
  CHECK(vm->usage()->memory_bytes > 0);
  auto handle = vm->handle();
  CHECK((co_await vm->pause()).has_value());
  co_await vm->exited();
  CHECK(g.hypervisor->has_pause_image(g.spec().directory));

  g.hypervisor = g.make();
  co_await g.hypervisor->clean_orphans({});
  vm = co_await restore(g, true);
  CHECK(vm->handle().pid == handle.pid);
  CHECK((co_await ask(g, vm)).status == 204);
  CHECK_FALSE(g.hypervisor->has_pause_image(g.spec().directory));

  auto adopted = co_await g.hypervisor->adopt(g.spec(), handle);
  REQUIRE(adopted.has_value());
  co_await vm->kill();
  co_await (*adopted)->exited();
  auto again = co_await g.hypervisor->adopt(g.spec(), handle);
  CHECK(again.error().code == Errc::not_found);
}

Task<void> snapshot_keeps_home(Guests& g) {
  auto vm = co_await restore(g);
  std::ofstream(g.spec().directory / "home" / "note") << "kept";
  auto into = g.state.path / "snapshot";
  CHECK((co_await vm->snapshot(into)).has_value());
  co_await vm->kill();
  auto spec = g.spec();
  spec.directory = g.state.path / "sandboxes" / "two";
  std::filesystem::create_directories(spec.directory);
  spec.image.directory = into;
  auto copy = co_await g.hypervisor->restore(spec);
  REQUIRE(copy.has_value());
  CHECK(std::filesystem::exists(spec.directory / "home" / "note"));
  co_await (*copy)->kill();
}

Task<void> cleans_up(Guests& g) {
  auto kept = co_await restore(g);
  auto spec = g.spec();
  spec.directory = g.state.path / "sandboxes" / "two";
  std::filesystem::create_directories(spec.directory);
  auto stray = co_await g.hypervisor->restore(spec);
  REQUIRE(stray.has_value());
  CHECK((co_await ask(g, *stray)).status == 204);
  co_await g.hypervisor->clean_orphans({kept->handle()});
  co_await (*stray)->exited();
  CHECK(open_process(static_cast<pid_t>(kept->handle().pid), kept->handle().start_time).has_value());
  co_await kept->kill();
}

}  // namespace

TEST_CASE("a fake VM answers, pauses, and is found again by another run of the agent") {
  Guests().run(lives);
}
TEST_CASE("a fake snapshot takes the home folder along") { Guests().run(snapshot_keeps_home); }
TEST_CASE("fake VMs that nobody knows are ended, the others are not") { Guests().run(cleans_up); }
