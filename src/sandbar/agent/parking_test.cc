// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/parking.h"

#include "sandbar/agent/testing/fixture.h"

using namespace sandbar;
using namespace sandbar::agent;
using namespace sandbar::agent::testing;
namespace fs = std::filesystem;

namespace {

constexpr VmShape kShape{.vcpus = 1, .memory_mib = 512, .disk_mib = 2048};

// A new run of the agent, with VMs that stand still.
Task<void> begin(Fixture& f, ParkingLimits limits) {
  f.parking_limits = limits;
  co_await f.restart();
  REQUIRE(f.parking().clean_up().has_value());
  f.run_->watchers.spawn("parking", f.parking().run());
}

TemplateImage image(const char* name) { return {fs::path("/templates") / name}; }

std::size_t directories(const Fixture& f) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(f.state.path / "parked"), {}));
}

Task<void> keeps_one(Fixture& f) {
  co_await begin(f, {.most = 4});
  f.parking().expect(image("a"), kShape);
  co_await f.until([&] { return f.parking().parked() == 1; });
  auto taken = f.parking().take(image("a"), kShape);
  REQUIRE(taken.has_value());
  CHECK(fs::is_directory(taken->directory));
  CHECK(f.machine.halted.contains(taken->vm->handle().pid));
  CHECK_FALSE(f.guest.inits.empty());
  CHECK_FALSE(f.parking().take(image("b"), kShape).has_value());
  // Two of a, for which somebody has asked, and of b likewise.
  co_await f.until([&] { return f.parking().parked() == 4; });
  co_await f.parking().shut_down();
  CHECK(f.machine.alive == std::set{taken->vm->handle().pid});
  CHECK_FALSE(f.parking().take(image("a"), kShape).has_value());
}

Task<void> follows_demand(Fixture& f) {
  co_await begin(f, {.most = 3});
  for (const char* name : {"a", "b", "c", "d"}) {
    f.clock.advance(1s);
    CHECK_FALSE(f.parking().take(image(name), kShape).has_value());
  }
  co_await f.until([&] { return f.parking().parked() == 3; });
  CHECK_FALSE(f.parking().take(image("a"), kShape).has_value());  // asked for first, so without a place
  f.clock.advance(1s);
  bool taken = false;
  co_await f.until([&] { return taken = taken || f.parking().take(image("a"), kShape).has_value(); });
  CHECK(f.parking().parked() <= 3);
}

Task<void> forgets_demand(Fixture& f) {
  co_await begin(f, {.most = 4});
  for (int i = 0; i < 3; ++i) (void)f.parking().take(image("a"), kShape);
  co_await f.until([&] { return f.parking().parked() == 4; });
  f.clock.advance(1h);
  f.parking().expect(image("a"), kShape);
  co_await f.until([&] { return f.machine.alive.size() == 1; });
  CHECK(f.parking().parked() == 1);
  co_await f.until([&] { return directories(f) == 1; });
}

Task<void> leaves_snapshots_untouched(Fixture& f) {
  co_await begin(f, {.most = 4});
  CHECK_FALSE(f.parking().take(image("a"), kShape, Rehearsal::forbidden).has_value());
  f.clock.advance(1s);
  f.parking().look();
  co_await f.until([&] { return f.parking().parked() == 2; });
  auto taken = f.parking().take(image("a"), kShape, Rehearsal::forbidden);
  REQUIRE(taken.has_value());
  CHECK(f.guest.inits.empty());
  CHECK(f.machine.halted == f.machine.alive);
  f.clock.advance(1h);
  f.parking().look();
  co_await f.until([&] { return f.machine.alive.size() == 1; });
  CHECK(f.parking().parked() == 0);
}

Task<void> leaves_memory(Fixture& f) {
  co_await begin(f, {.most = 4});
  f.memory.available = 2 * kGib - 1;
  CHECK_FALSE(f.parking().take(image("a"), kShape).has_value());
  auto looks = f.memory_reads;
  co_await f.until([&] { return f.memory_reads >= looks + 2; });  // to end some, and to make some
  CHECK(f.machine.alive.empty());
  f.memory.available = 2 * kGib;
  f.parking().expect(image("a"), kShape);
  co_await f.until([&] { return f.parking().parked() == 2; });
  f.memory.available = kGib - 1;
  f.parking().expect(image("a"), kShape);
  co_await f.until([&] { return f.machine.alive.empty(); });
}

Task<void> skips_the_dead(Fixture& f) {
  co_await begin(f, {.most = 4});
  f.parking().expect(image("a"), kShape);
  co_await f.until([&] { return f.parking().parked() == 1; });
  f.machine.kill(*f.machine.alive.begin());
  CHECK_FALSE(f.parking().take(image("a"), kShape).has_value());
  co_await f.until([&] { return f.machine.alive.size() == 2; });
  co_await f.until([&] { return directories(f) == 2; });
}

Task<void> does_without(Fixture& f) {
  co_await begin(f, {.most = 4});
  f.machine.fail_restore = true;
  for (int i = 1; i <= 3; ++i) {
    CHECK_FALSE(f.parking().take(image("a"), kShape).has_value());
    auto reads = f.memory_reads;
    co_await f.until([&] { return f.memory_reads > reads && directories(f) == 0; });
  }
  CHECK(f.machine.restores == 1);
  f.machine.fail_restore = false;
  f.clock.advance(10min);
  f.parking().expect(image("a"), kShape);
  co_await f.until([&] { return f.parking().parked() == 1; });
  f.guest.answer = 500;
  (void)f.parking().take(image("a"), kShape);
  co_await f.until([&] { return f.machine.alive.size() == 1; });
  CHECK(f.parking().parked() == 0);
}

Task<void> drops(Fixture& f) {
  co_await begin(f, {.most = 4});
  for (const char* name : {"a", "a/variants/2x512", "ab"}) f.parking().expect(image(name), kShape);
  co_await f.until([&] { return f.parking().parked() == 3; });
  f.parking().drop(image("a").directory);
  co_await f.until([&] { return f.machine.alive.size() == 1; });
  CHECK(f.parking().take(image("ab"), kShape).has_value());
}

// With a manager: what becomes of a VM that is taken.

Task<void> with_one_parked(Fixture& f) {
  co_await begin(f, {.most = 2});
  co_await f.manager().rewarm();
  co_await f.until([&] { return f.parking().parked() == 1; });
}

Task<void> becomes_a_sandbox(Fixture& f) {
  co_await with_one_parked(f);
  auto parked = *f.machine.alive.begin();
  auto id = co_await f.create();
  auto record = load_record(f.directory(id));
  REQUIRE(record.has_value());
  CHECK(record->status == Status::running);
  CHECK(record->vm->pid == parked);
  CHECK_FALSE(f.machine.halted.contains(parked));
  CHECK(f.machine.became[parked] == id.str());
  auto told = std::ranges::find_if(f.guest.inits, [&](const auto& init) { return init.contains(id.str()); });
  REQUIRE(told != f.guest.inits.end());
  CHECK(told->find(R"("MINE":"1")") != told->npos);
  auto paused = co_await f.manager().pause(id, PauseCause::requested);
  CHECK(paused.has_value());
  CHECK(fs::exists(f.directory(id) / "vm" / "pages"));
}

Task<void> replaces_a_broken_one(Fixture& f) {
  co_await with_one_parked(f);
  auto parked = *f.machine.alive.begin();
  f.machine.fail_go_on = true;
  auto id = co_await f.create();
  f.machine.fail_go_on = false;
  CHECK(f.status(id) == Status::running);
  CHECK(load_record(f.directory(id))->vm->pid != parked);
  CHECK_FALSE(f.machine.alive.contains(parked));
}

Task<void> other_wishes(Fixture& f) {
  co_await with_one_parked(f);
  auto parked = *f.machine.alive.begin();
  auto larger = f.wanted();
  larger.shape.disk_mib = 4096;
  CHECK(load_record(f.directory(co_await f.create(larger)))->vm->pid != parked);
  auto closed = f.wanted();
  closed.network.deny_egress = true;
  CHECK(load_record(f.directory(co_await f.create(closed)))->vm->pid == parked);
  CHECK(f.machine.rules.at(parked).deny_egress);
}

// A parked VM needs the files of its image.
Task<void> ends_with_its_image(Fixture& f) {
  auto own = f.templates.path_of(f.base);
  f.machine.outdated.insert(own.string());
  co_await with_one_parked(f);
  auto parked = *f.machine.alive.begin();
  f.machine.outdated.insert((own / "variants/1x512").string());
  co_await f.manager().rewarm();
  CHECK_FALSE(fs::exists(own / "variants/1x512"));
  co_await f.until([&] { return !f.machine.alive.contains(parked) && f.parking().parked() == 1; });
}

// The VM of a sandbox that was paused.

Task<void> wakes(Fixture& f) {
  co_await begin(f, {.keep_paused = 5min});
  auto id = co_await f.create();
  auto pid = f.pid(id);
  auto watchers = f.run_->watchers.running();
  for (int i = 0; i < 3; ++i) {
    REQUIRE((co_await f.manager().pause(id, PauseCause::requested)).has_value());
    CHECK(f.status(id) == Status::paused);
    CHECK(f.machine.halted.contains(pid));
    CHECK(fs::exists(f.directory(id) / "vm" / "pages"));
    auto told = f.guest.inits.size();
    REQUIRE((co_await f.manager().resume(id, {}, Secret("fresh"))).has_value());
    CHECK(f.status(id) == Status::running);
    CHECK(f.pid(id) == pid);
    CHECK_FALSE(f.machine.halted.contains(pid));
    CHECK_FALSE(fs::exists(f.directory(id) / "vm" / "pages"));
    CHECK(f.guest.inits.size() == told + 1);
    CHECK(f.guest.inits.back().contains("fresh"));
  }
  CHECK(f.run_->watchers.running() == watchers);
  f.machine.kill(pid);
  co_await f.until([&] { return !f.manager().find(id); });
}

Task<void> keeps_no_ended_vm(Fixture& f) {
  co_await f.restart();
  auto id = co_await f.create();
  std::weak_ptr<Vm> vm = f.manager().find(id)->vm();
  REQUIRE((co_await f.manager().pause(id, PauseCause::requested)).has_value());
  co_await f.until([&] { return vm.expired(); });
}

struct Paused {
  SandboxId id;
  std::int64_t pid = 0;  // of the VM that it had
};

Task<Paused> pause_new(Fixture& f) {
  auto id = co_await f.create();
  auto pid = f.pid(id);
  REQUIRE((co_await f.manager().pause(id, PauseCause::timeout)).has_value());
  CHECK(f.machine.alive.contains(pid));
  co_return Paused{id, pid};
}

// For whatever reason: it comes back from what was written.
Task<void> loses_its_vm(Fixture& f, Paused paused) {
  auto [id, pid] = paused;
  co_await f.until([&] { return !f.machine.alive.contains(pid); });
  CHECK(f.status(id) == Status::paused);
  co_await f.until([&] { return !load_record(f.directory(id))->vm; });
  REQUIRE((co_await f.manager().resume(id, {}, Secret())).has_value());
  CHECK(f.pid(id) != pid);
}

Task<void> lets_go_in_time(Fixture& f) {
  co_await begin(f, {.keep_paused = 5min});
  auto paused = co_await pause_new(f);
  f.clock.advance(5min);
  f.parking().look();
  co_await loses_its_vm(f, paused);
}

Task<void> lets_go_for_memory(Fixture& f) {
  co_await begin(f, {.keep_paused = 5min});
  auto paused = co_await pause_new(f);
  f.memory.available = 2 * kGib - 1;
  f.parking().look();
  co_await loses_its_vm(f, paused);
  co_await f.manager().pause(paused.id, PauseCause::requested);
  CHECK(f.machine.alive.empty());
}

Task<void> lets_go_of_the_oldest(Fixture& f) {
  co_await begin(f, {.keep_paused = 5min});
  auto first = co_await pause_new(f);
  for (int others = 16; others > 0; --others) (void)co_await pause_new(f);
  co_await loses_its_vm(f, first);
  CHECK(f.machine.alive.size() == 17);  // those of the others, and its new one
}

Task<void> lets_go_of_the_dead(Fixture& f) {
  co_await begin(f, {.keep_paused = 5min});
  auto paused = co_await pause_new(f);
  f.machine.kill(paused.pid);
  co_await loses_its_vm(f, paused);
}

Task<void> snapshots_without(Fixture& f) {
  co_await begin(f, {.keep_paused = 5min});
  auto id = co_await f.create();
  auto pid = f.pid(id);
  co_await f.manager().pause(id, PauseCause::requested);
  REQUIRE((co_await f.manager().snapshot(id, TemplateId::random())).has_value());
  CHECK_FALSE(f.machine.alive.contains(pid));
  REQUIRE((co_await f.manager().resume(id, {}, Secret())).has_value());
  co_await f.manager().pause(id, PauseCause::requested);
  co_await f.manager().destroy(id);
  CHECK(f.machine.alive.empty());
}

Task<void> fails_to_wake(Fixture& f) {
  co_await begin(f, {.keep_paused = 5min});
  auto id = co_await f.create();
  co_await f.manager().pause(id, PauseCause::requested);
  auto pid = f.pid(id);
  f.machine.fail_go_on = true;
  REQUIRE((co_await f.manager().resume(id, {}, Secret())).has_value());
  f.machine.fail_go_on = false;
  CHECK(f.pid(id) != pid);
  CHECK_FALSE(f.machine.alive.contains(pid));
}

Task<void> wakes_to_silence(Fixture& f) {
  co_await begin(f, {.keep_paused = 5min});
  auto id = co_await f.create();
  co_await f.manager().pause(id, PauseCause::requested);
  f.guest.answer = 500;
  CHECK_FALSE((co_await f.manager().resume(id, {}, Secret())).has_value());
  CHECK(f.status(id) == Status::paused);
  CHECK(fs::exists(f.directory(id) / "vm" / "pages"));
  f.guest.answer = 204;
  CHECK((co_await f.manager().resume(id, {}, Secret())).has_value());
}

Task<void> forgets_after_a_crash(Fixture& f) {
  co_await begin(f, {.keep_paused = 5min});
  auto id = co_await f.create();
  co_await f.manager().pause(id, PauseCause::requested);
  co_await f.restart();
  CHECK(f.machine.alive.empty());
  CHECK(f.status(id) == Status::paused);
  CHECK_FALSE(load_record(f.directory(id))->vm.has_value());
  CHECK((co_await f.manager().resume(id, {}, Secret())).has_value());
}

Task<void> ends_with_the_agent(Fixture& f) {
  co_await begin(f, {.keep_paused = 5min});
  auto id = co_await f.create();
  co_await f.manager().pause(id, PauseCause::requested);
  co_await f.parking().shut_down();
  CHECK(f.machine.alive.empty());
  auto other = co_await f.create();
  co_await f.manager().pause(other, PauseCause::shutdown);
  CHECK(f.machine.alive.empty());
}

}  // namespace

TEST_CASE("a VM of a snapshot is parked before it has run, and only while some are asked for") {
  Fixture().run(leaves_snapshots_untouched);
}
TEST_CASE("one VM of an image is kept ready, and another for each that is asked for") {
  Fixture().run(keeps_one);
}
TEST_CASE("what is asked for last has a place before what was asked for earlier") {
  Fixture().run(follows_demand);
}
TEST_CASE("VMs that nobody asks for any more are ended") { Fixture().run(forgets_demand); }
TEST_CASE("none is parked when memory is short, and those that are make way") {
  Fixture().run(leaves_memory);
}
TEST_CASE("a parked VM that has died is not handed out") { Fixture().run(skips_the_dead); }
TEST_CASE("an image that cannot be restored is tried again later, and nothing is left") {
  Fixture().run(does_without);
}
TEST_CASE("the parked VMs of a template go with it and its variants") { Fixture().run(drops); }
TEST_CASE("and those of an image that a newer one replaces, with it") { Fixture().run(ends_with_its_image); }
TEST_CASE("a sandbox takes the parked VM, with its own name and identity") {
  Fixture().run(becomes_a_sandbox);
}
TEST_CASE("a parked VM that does not go on is replaced") { Fixture().run(replaces_a_broken_one); }
TEST_CASE("a parked VM gets the sandbox's network rules; a larger disk is made anew") {
  Fixture().run(other_wishes);
}
TEST_CASE("a sandbox that was just paused goes on in the VM that it had") { Fixture().run(wakes); }
TEST_CASE("nothing is kept of a VM that has ended with the pause") { Fixture().run(keeps_no_ended_vm); }
TEST_CASE("the VM of a paused sandbox is ended when its time is over, and restored") {
  Fixture().run(lets_go_in_time);
}
TEST_CASE("VMs of paused sandboxes make way when memory is short, and none is kept then") {
  Fixture().run(lets_go_for_memory);
}
TEST_CASE("of too many paused sandboxes, the one that was paused first loses its VM") {
  Fixture().run(lets_go_of_the_oldest);
}
TEST_CASE("a halted VM that has died is restored from what was written") {
  Fixture().run(lets_go_of_the_dead);
}
TEST_CASE("a snapshot of a paused sandbox, and its end, leave no halted VM") {
  Fixture().run(snapshots_without);
}
TEST_CASE("a halted VM that does not wake is restored from what was written") {
  Fixture().run(fails_to_wake);
}
TEST_CASE("a sandbox whose guest does not answer when it wakes is paused as it is then") {
  Fixture().run(wakes_to_silence);
}
TEST_CASE("a crash of the agent ends halted VMs, not their sandboxes") {
  Fixture().run(forgets_after_a_crash);
}
TEST_CASE("an agent that stops leaves no halted VM") { Fixture().run(ends_with_the_agent); }
