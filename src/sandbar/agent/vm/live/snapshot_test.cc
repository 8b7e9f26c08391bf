// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/vm/live/world.h"
#include "sandbar/agent/vm/manifest.h"

using namespace sandbar;
using namespace sandbar::agent;
using namespace sandbar::agent::live;

namespace {

TemplateImage image_named(const std::string& name) { return {state() / "templates" / name}; }

Task<void> expect(VmPtr vm, std::string hash, std::string disk) {
  CHECK(co_await ask(vm, "/hash") == hash);
  CHECK(co_await ask(vm, "/read") == disk);
}

// One sandbox, a snapshot of it, a snapshot of a sandbox made from that, and a snapshot of a paused third.
Task<void> chains(Hypervisor& hypervisor) {
  auto one = image_named("one"), two = image_named("two"), three = image_named("three");
  auto spec = fresh_spec();
  auto first = co_await restored(hypervisor, spec);
  auto hash = co_await ask(first, "/dirty/20");
  CHECK(co_await ask(first, "/write/one") == "ok");
  Stopwatch watch;
  must(co_await first->snapshot(one.directory));
  CHECK(fs::hard_link_count(one.directory / "disk.2") == 2);  // the sandbox only reads it now
  print_times("snapshot of a running sandbox, 20 MiB", {watch.ms()});
  CHECK(co_await ask(first, "/write/later") == "ok");
  co_await expect(first, hash, "later");

  auto second = co_await restored(hypervisor, spec_of(one));
  co_await expect(second, hash, "one");
  auto other_hash = co_await ask(second, "/dirty/5");
  CHECK(co_await ask(second, "/write/two") == "ok");
  must(co_await second->snapshot(two.directory));

  auto third_spec = spec_of(two);
  auto third = co_await restored(hypervisor, third_spec);
  co_await expect(third, other_hash, "two");
  CHECK(co_await ask(third, "/write/three") == "ok");
  must(co_await third->pause());
  must(co_await hypervisor.snapshot_paused(third_spec, three.directory));
  third = co_await restored(hypervisor, resumed(third_spec));
  co_await expect(third, other_hash, "three");
  CHECK(co_await ask(third, "/write/beyond") == "ok");

  auto fourth = co_await restored(hypervisor, spec_of(three));
  co_await expect(fourth, other_hash, "three");

  // The first one's layers have grown; they come back together.
  must(co_await first->pause());
  first = co_await restored(hypervisor, resumed(spec));
  co_await expect(first, hash, "later");
  for (auto& vm : {first, second, third, fourth}) co_await end(vm);
  for (auto& image : {one, two, three}) fs::remove_all(image.directory);
}

// An image needs no file of its origin: names are links or copies.
Task<void> stands_alone(Hypervisor& hypervisor) {
  auto one = image_named("parent"), two = image_named("child");
  auto vm = co_await restored(hypervisor, fresh_spec());
  must(co_await vm->snapshot(one.directory));
  co_await end(vm);
  vm = co_await restored(hypervisor, spec_of(one));
  CHECK(co_await ask(vm, "/write/child") == "ok");
  must(co_await vm->snapshot(two.directory));
  co_await end(vm);
  fs::remove_all(one.directory);
  vm = co_await restored(hypervisor, spec_of(two));
  CHECK(co_await ask(vm, "/read") == "child");
  co_await end(vm);
  fs::remove_all(two.directory);
}

Task<void> flattens(Hypervisor& hypervisor) {
  auto image = image_named("flat");
  auto vm = co_await restored(hypervisor, fresh_spec());
  CHECK(co_await ask(vm, "/write/flat") == "ok");
  must(co_await vm->snapshot(image.directory));
  CHECK(must(load_manifest(image.directory)).layers == std::vector<std::string>{"disk.0"});
  co_await end(vm);
  vm = co_await restored(hypervisor, spec_of(image));
  CHECK(co_await ask(vm, "/read") == "flat");
  co_await end(vm);
  fs::remove_all(image.directory);
}

// A sandbox that is snapshotted again and again must not end with a chain that cannot be opened.
Task<void> compacts(Hypervisor& hypervisor) {
  auto image = image_named("again");
  auto spec = fresh_spec();
  auto vm = co_await restored(hypervisor, spec);
  for (int i = 0; i < 4; ++i) {
    CHECK(co_await ask(vm, fmt::format("/write/round{}", i)) == "ok");
    must(co_await vm->snapshot(image.directory));
    fs::remove_all(image.directory);
  }
  CHECK(fs::exists(spec.directory / "vm/layer.4"));
  must(co_await vm->pause());
  vm = co_await restored(hypervisor, resumed(spec));
  CHECK(co_await ask(vm, "/read") == "round3");
  CHECK_FALSE(fs::exists(spec.directory / "vm/layer.2"));
  co_await end(vm);
}

Task<void> refuses(Hypervisor& hypervisor) {
  auto spec = fresh_spec();
  auto vm = co_await restored(hypervisor, spec);
  CHECK((co_await vm->snapshot(base().directory)).error().code == Errc::already_exists);
  CHECK((co_await hypervisor.snapshot_paused(spec, image_named("x").directory)).error().code ==
        Errc::invalid_state);
  CHECK_FALSE(fs::exists(image_named("x").directory));
  CHECK(co_await ask(vm, "/health") == "");
  co_await end(vm);
}

}  // namespace

TEST_CASE("snapshots of snapshots bring back memory and disk as they were") { run(chains); }
TEST_CASE("an image outlives the image that it came from") { run(stands_alone); }
TEST_CASE("a long chain of disk layers becomes one") { run(flattens, {.flatten_above = 2}); }
TEST_CASE("a sandbox's own layers are put together when it is resumed") {
  run(compacts, {.flatten_above = 3});
}
TEST_CASE("a snapshot neither replaces an image nor takes what is not paused for paused") { run(refuses); }
