// SPDX-License-Identifier: Apache-2.0
// The agent is killed between any two steps, and started again: memory, files and VMs must agree afterwards.
#include "sandbar/agent/testing/fixture.h"

using namespace sandbar;
using namespace sandbar::agent;
using namespace sandbar::agent::testing;

namespace {

Task<void> finds_running_again(Fixture& f) {
  auto id = co_await f.create();
  auto epoch = f.manager().find(id)->record().epoch;
  co_await f.restart();
  REQUIRE(f.manager().find(id));
  CHECK(f.status(id) == Status::running);
  CHECK(f.manager().find(id)->record().epoch >= epoch);
  CHECK(f.machine.cleaned_up_except == std::vector<std::int64_t>{100});
  CHECK((co_await f.manager().pause(id, PauseCause::requested)).has_value());
}

Task<void> finds_paused_again(Fixture& f) {
  auto id = co_await f.create();
  co_await f.manager().pause(id, PauseCause::timeout);
  co_await f.restart();
  CHECK(f.status(id) == Status::paused);
  CHECK(f.manager().find(id)->record().pause_cause == PauseCause::timeout);
  CHECK((co_await f.manager().resume(id, {}, Secret())).has_value());
}

Task<void> notices_what_died_meanwhile(Fixture& f) {
  auto id = co_await f.create();
  co_await f.stop_run();
  f.machine.alive.clear();
  f.run_ = std::make_unique<Fixture::Run>(f);
  CHECK((co_await f.manager().recover()).has_value());
  CHECK_FALSE(f.manager().find(id));
  CHECK_FALSE(std::filesystem::exists(f.directory(id)));
}

struct Case {
  Status was;
  bool alive, image;
  std::optional<Status> becomes;
};

// What the crash left: the record's status, whether the VM lives, whether a complete pause image is there.
constexpr auto kCases = std::to_array<Case>({
    {Status::starting, true, false, std::nullopt},
    {Status::starting, false, false, std::nullopt},
    {Status::running, true, false, Status::running},
    {Status::running, false, false, std::nullopt},
    {Status::pausing, true, false, Status::running},
    {Status::pausing, false, false, std::nullopt},
    {Status::pausing, false, true, Status::paused},
    {Status::pausing, true, true, Status::paused},
    {Status::paused, false, true, Status::paused},
    {Status::paused, false, false, std::nullopt},
    {Status::resuming, true, false, Status::paused},
    {Status::resuming, true, true, Status::paused},
    {Status::resuming, false, true, Status::paused},
    {Status::resuming, false, false, std::nullopt},
    {Status::stopping, true, false, std::nullopt},
    {Status::stopping, false, true, std::nullopt},
});

Task<void> check_case(Fixture& f, Case c) {
  CAPTURE(enum_name(c.was));
  CAPTURE(c.alive);
  CAPTURE(c.image);
  auto id = co_await f.create();
  auto record = f.manager().find(id)->record();
  co_await f.stop_run();
  record.status = c.was;
  if (c.was == Status::paused) record.vm.reset();
  REQUIRE(save_record(f.directory(id), record, Durability::process).has_value());
  if (!c.alive) f.machine.alive.clear();
  if (c.image) ScriptedVm::leave_pause_image(f.directory(id));
  f.run_ = std::make_unique<Fixture::Run>(f);
  CHECK((co_await f.manager().recover()).has_value());
  auto sandbox = f.manager().find(id);
  REQUIRE((sandbox != nullptr) == c.becomes.has_value());
  CHECK(std::filesystem::exists(f.directory(id)) == c.becomes.has_value());
  if (sandbox) CHECK(sandbox->status() == *c.becomes);
  CHECK(f.machine.alive.size() == (c.becomes == Status::running ? 1 : 0));
  if (sandbox) CHECK(load_record(f.directory(id))->status == *c.becomes);
}

Task<void> removes_half_made(Fixture& f) {
  auto directory = f.directory(SandboxId::random());
  std::filesystem::create_directories(directory / "vm");
  f.machine.alive.insert(55);
  co_await f.restart();
  CHECK_FALSE(std::filesystem::exists(directory));
  CHECK(f.machine.alive.empty());
}

Task<void> leaves_unreadable(Fixture& f) {
  auto directory = f.directory(SandboxId::random());
  std::filesystem::create_directories(directory);
  std::ofstream(directory / "record.json") << "{\"from\":\"the future\"}";
  co_await f.restart();
  CHECK(std::filesystem::exists(directory));
  CHECK(f.manager().all().empty());
}

}  // namespace

TEST_CASE("a restarted agent finds its running sandboxes again") { Fixture().run(finds_running_again); }
TEST_CASE("a restarted agent finds its paused sandboxes again, with the cause") {
  Fixture().run(finds_paused_again);
}
TEST_CASE("a sandbox whose VM died while the agent was away is gone") {
  Fixture().run(notices_what_died_meanwhile);
}
TEST_CASE("whatever step was interrupted, the outcome is a whole sandbox or none") {
  for (const auto& c : kCases) Fixture().run([c](Fixture& f) { return check_case(f, c); });
}
TEST_CASE("a directory without record and a VM without directory are removed") {
  Fixture().run(removes_half_made);
}
TEST_CASE("files of a sandbox whose record cannot be read are not touched") {
  Fixture().run(leaves_unreadable);
}
