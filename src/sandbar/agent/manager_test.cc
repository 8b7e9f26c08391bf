// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/manager.h"

#include "sandbar/agent/testing/fixture.h"

using namespace sandbar;
using namespace sandbar::agent;
using namespace sandbar::agent::testing;

namespace {

std::string text_at(const boost::json::value& value) { return std::string(value.get_string()); }

Task<void> creates_once(Fixture& f) {
  auto spec = f.wanted();
  auto first = co_await f.manager().create(spec);
  REQUIRE(first.has_value());
  CHECK(first->record.status == Status::running);
  CHECK(first->record.vcpus == 1);
  CHECK(first->record.memory_mib == 512);
  auto second = co_await f.manager().create(spec);
  REQUIRE(second.has_value());
  CHECK(second->record.epoch == first->record.epoch);
  CHECK(f.machine.alive.size() == 1);
  CHECK(f.guest.inits.size() == 1);
}

Task<void> introduces(Fixture& f) {
  auto id = co_await f.create();
  auto init = *json::parse(f.guest.inits.at(0));
  CHECK(text_at(init.at("sandboxId")) == id.str());
  CHECK(text_at(init.at("templateId")) == f.base.str());
  CHECK(text_at(init.at("accessToken")) == "token");
  CHECK(text_at(init.at("envVars").at("MINE")) == "1");
  CHECK(text_at(init.at("envVars").at("FROM")) == "template");
  CHECK(from_base64(std::string_view(init.at("entropy").get_string()))->size() >= 32);
  auto record = load_record(f.directory(id));
  REQUIRE(record.has_value());
  CHECK(record->status == Status::running);
  CHECK(record->vm->pid == 100);
}

Task<void> leaves_nothing(Fixture& f, NewSandbox spec, Errc wanted) {
  auto created = co_await f.manager().create(spec);
  REQUIRE_FALSE(created.has_value());
  CHECK(created.error().code == wanted);
  CHECK(f.manager().all().empty());
  CHECK(f.machine.alive.empty());
  CHECK_FALSE(std::filesystem::exists(f.directory(spec.id)));
}

Task<void> failures(Fixture& f) {
  auto unknown = f.wanted();
  unknown.template_id = TemplateId::random();
  co_await leaves_nothing(f, unknown, Errc::not_found);
  f.machine.fail_restore = true;
  co_await leaves_nothing(f, f.wanted(), Errc::no_space);
  f.machine.fail_restore = false;
  f.guest.answer = 500;
  co_await leaves_nothing(f, f.wanted(), Errc::agent_error);
  f.guest.answer = 204;
  f.guest.silent = true;
  f.run_->world.guest_ready = 30ms;
  co_await leaves_nothing(f, f.wanted(), Errc::deadline_exceeded);
}

Task<void> pauses_and_resumes(Fixture& f) {
  auto id = co_await f.create();
  auto before = f.manager().find(id)->record().epoch;
  auto paused = co_await f.manager().pause(id, PauseCause::requested);
  REQUIRE(paused.has_value());
  CHECK(paused->record.status == Status::paused);
  CHECK(paused->record.epoch > before);
  CHECK_FALSE(paused->record.vm.has_value());
  CHECK(f.machine.alive.empty());
  CHECK(load_record(f.directory(id))->status == Status::paused);
  auto again = co_await f.manager().pause(id, PauseCause::requested);
  CHECK(again->record.epoch == paused->record.epoch);

  auto resumed = co_await f.manager().resume(id, 60, Secret("token"));
  REQUIRE(resumed.has_value());
  CHECK(resumed->record.status == Status::running);
  CHECK(resumed->record.timeout_s == 60);
  CHECK(resumed->record.pause_cause == PauseCause::none);
  auto twice = co_await f.manager().resume(id, {}, Secret("token"));
  CHECK(twice->record.epoch == resumed->record.epoch);
  CHECK(f.machine.alive.size() == 1);
}

Task<void> failed_steps_lose_nothing(Fixture& f) {
  auto id = co_await f.create();
  f.machine.fail_pause = true;
  CHECK((co_await f.manager().pause(id, PauseCause::requested)).error().code == Errc::no_space);
  CHECK(f.status(id) == Status::running);
  f.machine.fail_pause = false;
  CHECK((co_await f.manager().pause(id, PauseCause::requested)).has_value());
  f.machine.fail_restore = true;
  CHECK((co_await f.manager().resume(id, {}, Secret())).error().code == Errc::no_space);
  CHECK(f.status(id) == Status::paused);
  f.machine.fail_restore = false;
  f.guest.answer = 500;
  CHECK((co_await f.manager().resume(id, {}, Secret())).error().code == Errc::agent_error);
  CHECK(f.status(id) == Status::paused);
  CHECK(f.machine.alive.empty());
  f.guest.answer = 204;
  CHECK((co_await f.manager().resume(id, {}, Secret())).has_value());
}

Task<void> destroys(Fixture& f) {
  auto id = co_await f.create();
  CHECK((co_await f.manager().destroy(id)).has_value());
  CHECK((co_await f.manager().destroy(id)).has_value());
  CHECK(f.machine.alive.empty());
  CHECK_FALSE(std::filesystem::exists(f.directory(id)));
  CHECK((co_await f.manager().pause(id, PauseCause::requested)).error().code == Errc::not_found);
  CHECK((co_await f.manager().resume(id, {}, Secret())).error().code == Errc::not_found);
}

Task<void> notices_death(Fixture& f) {
  auto id = co_await f.create();
  f.machine.kill(100);
  co_await Fixture::until([&] { return !f.manager().find(id); });
  CHECK_FALSE(std::filesystem::exists(f.directory(id)));
}

Task<void> warms_again(Fixture& f) {
  auto own = f.templates.path_of(f.base);
  auto image_of = [&f](SandboxId id) { return f.manager().find(id)->record().image; };
  auto before = co_await f.create();
  f.machine.unfit.insert(own.string());
  auto after = co_await f.create();
  CHECK(f.machine.warmed == 1);
  CHECK(image_of(before) == own.string());
  CHECK(image_of(after) == (own / "variants/1x512").string());
  co_await f.manager().rewarm();
  CHECK(f.machine.warmed == 1);
  f.machine.unfit.insert((own / "variants/1x512").string());
  co_await f.manager().rewarm();
  CHECK(f.machine.warmed == 2);
  CHECK(std::filesystem::exists(own / "variants/1x512"));  // a sandbox is based on it
  auto destroyed = co_await f.manager().destroy(after);
  REQUIRE(destroyed.has_value());
  co_await f.manager().rewarm();
  CHECK(!std::filesystem::exists(own / "variants/1x512"));
  CHECK(std::filesystem::exists(own / "manifest.json"));
}

Task<void> renews_behind_its_users(Fixture& f) {
  auto own = f.templates.path_of(f.base), renewed = own / "variants/1x512";
  auto image_of = [&f](SandboxId id) { return f.manager().find(id)->record().image; };
  f.machine.outdated.insert(own.string());
  CHECK(image_of(co_await f.create()) == own.string());
  co_await Fixture::until([&] { return std::filesystem::exists(renewed / "manifest.json"); });
  CHECK(image_of(co_await f.create()) == renewed.string());
  CHECK(f.machine.warmed == 1);
}

Task<void> does_not_insist(Fixture& f) {
  auto own = f.templates.path_of(f.base);
  f.machine.outdated.insert(own.string());
  f.machine.fail_warm = true;
  co_await f.create();
  co_await Fixture::until([&] { return f.machine.warmed == 1; });
  CHECK(f.manager().find(co_await f.create())->record().image == own.string());
  co_await f.manager().rewarm();  // as at the start of the next agent
  CHECK(f.machine.warmed == 2);
  CHECK(f.manager().find(co_await f.create())->record().image == own.string());
}

Task<void> cleans_up_after_updates(Fixture& f) {
  auto own = f.templates.path_of(f.base), variants = own / "variants";
  auto larger = f.wanted();
  larger.shape = {.vcpus = 2, .memory_mib = 1024};
  co_await f.create(larger);
  co_await f.manager().destroy(larger.id);
  for (const char* name : {"", "variants/1x512", "variants/2x1024"})
    f.machine.outdated.insert((*name ? own / name : own).string());
  co_await f.manager().rewarm();
  CHECK(std::filesystem::exists(variants / "1x512"));
  f.machine.outdated.erase((variants / "1x512").string());
  CHECK(f.machine.warmed == 2);
  co_await f.manager().rewarm();
  CHECK(f.machine.warmed == 2);
  f.machine.outdated.insert((variants / "1x512").string());
  co_await f.manager().rewarm();
  CHECK(f.machine.warmed == 3);
  CHECK_FALSE(std::filesystem::exists(variants / "1x512"));
  CHECK(std::filesystem::exists(variants / "1x512-2"));
  CHECK(std::filesystem::exists(variants / "2x1024"));  // there is no newer one of that shape
}

Task<void> warms_variants_once(Fixture& f) {
  auto first = f.wanted(), second = f.wanted();
  first.shape = second.shape = {.vcpus = 2, .memory_mib = 1024};
  co_await f.create(first);
  co_await f.create(second);
  CHECK(f.machine.warmed == 1);
  CHECK(f.manager().find(first.id)->record().memory_mib == 1024);
  CHECK(f.manager().find(first.id)->record().disk_mib == 2048);
  CHECK(f.manager().find(first.id)->record().image ==
        (f.templates.path_of(f.base) / "variants/2x1024").string());
}

Task<void> guards_templates(Fixture& f) {
  auto id = co_await f.create();
  CHECK((co_await f.manager().remove_template(f.base)).error().code == Errc::template_in_use);
  co_await f.manager().destroy(id);
  CHECK((co_await f.manager().remove_template(f.base)).has_value());
  CHECK((co_await f.manager().remove_template(f.base)).has_value());
}

Task<void> snapshots(Fixture& f) {
  auto id = co_await f.create();
  auto into = TemplateId::random();
  auto made = co_await f.manager().snapshot(id, into);
  REQUIRE(made.has_value());
  CHECK(f.status(id) == Status::running);
  CHECK(made->settings.env.at("FROM") == "template");
  co_await f.manager().pause(id, PauseCause::requested);
  CHECK((co_await f.manager().snapshot(id, TemplateId::random())).has_value());
  CHECK(f.status(id) == Status::paused);
  CHECK((co_await f.manager().snapshot(SandboxId::random(), into)).error().code == Errc::not_found);
}

Task<void> pauses_all(Fixture& f) {
  std::vector<SandboxId> ids;
  for (int i = 0; i < 9; ++i) ids.push_back(co_await f.create());
  f.machine.fail_pause_of.insert(ids[4].str());
  co_await f.manager().pause_all(PauseCause::isolated, 10s);
  for (std::size_t i = 0; i < ids.size(); ++i)
    CHECK(f.status(ids[i]) == (i == 4 ? Status::running : Status::paused));
  CHECK(f.manager().find(ids[0])->record().pause_cause == PauseCause::isolated);
}

Task<void> give_up(Manager& manager, NewSandbox spec) { co_await manager.create(spec); }

Task<void> goes_on_without_its_caller(Fixture& f) {
  auto spec = f.wanted();
  {
    Supervisor caller(co_await boost::asio::this_coro::executor);
    caller.spawn("caller", give_up(f.manager(), spec));
    co_await Fixture::until([&] { return f.manager().find(spec.id) != nullptr; });
    co_await caller.shut_down();
  }
  co_await Fixture::until([&] { return f.status(spec.id) == Status::running; });
}

}  // namespace

TEST_CASE("creating twice makes one sandbox and answers the same") { Fixture().run(creates_once); }
TEST_CASE("a new sandbox learns who it is before anybody speaks with it") { Fixture().run(introduces); }
TEST_CASE("a create that fails leaves nothing, whatever failed") { Fixture().run(failures); }
TEST_CASE("pause and resume can be repeated and are on disk before they are answered") {
  Fixture().run(pauses_and_resumes);
}
TEST_CASE("a failed pause keeps it running, a failed resume keeps it paused") {
  Fixture().run(failed_steps_lose_nothing);
}
TEST_CASE("destroy removes everything and can be repeated") { Fixture().run(destroys); }
TEST_CASE("a VM that ends by itself takes its sandbox with it") { Fixture().run(notices_death); }
TEST_CASE("a template that fits the machine no more is warmed again beside the old image") {
  Fixture().run(warms_again);
}
TEST_CASE("an outdated template is in use until a new image has been made behind it") {
  Fixture().run(renews_behind_its_users);
}
TEST_CASE("a template that cannot be renewed goes on as it is, and is tried once by each agent") {
  Fixture().run(does_not_insist);
}
TEST_CASE("variants that a newer one has replaced are removed") { Fixture().run(cleans_up_after_updates); }
TEST_CASE("sandboxes of another shape share one warm-up") { Fixture().run(warms_variants_once); }
TEST_CASE("a template is kept as long as a sandbox needs it") { Fixture().run(guards_templates); }
TEST_CASE("a snapshot changes nothing about its sandbox") { Fixture().run(snapshots); }
TEST_CASE("pausing all goes on when one fails") { Fixture().run(pauses_all); }
TEST_CASE("a create goes on when the one who asked has left") { Fixture().run(goes_on_without_its_caller); }
