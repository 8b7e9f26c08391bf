// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/manager.h"

#include <algorithm>

#include "sandbar/async/detach.h"
#include "sandbar/base/scope_exit.h"
#include "sandbar/log/log.h"
#include "sandbar/model/limits.h"

namespace sandbar::agent {
namespace {

using namespace std::chrono_literals;

constexpr auto kRetryPause = 30s;  // after the reaper failed to pause a sandbox
constexpr int kAtOnce = 4;

Error no_such_sandbox(SandboxId id) { return not_found("sandbox", id.str()); }

Error wrong_state(const Sandbox& sandbox, std::string_view wanted) {
  return invalid_state(fmt::format("the sandbox is {}, it must be {}", enum_name(sandbox.status()), wanted));
}

// Of a snapshot, only the disk may be larger.
VmShape effective_shape(VmShape wanted, const TemplateInfo& tpl) {
  auto own = Variants::own_shape(tpl);
  bool fixed = !Variants::can_vary(tpl);
  if (wanted.vcpus == 0 || fixed) wanted.vcpus = own.vcpus;
  if (wanted.memory_mib == 0 || fixed) wanted.memory_mib = own.memory_mib;
  wanted.disk_mib = std::max(wanted.disk_mib, own.disk_mib);
  return wanted;
}

SandboxRecord first_record(const NewSandbox& wanted, VmShape shape, Time now) {
  SandboxRecord record;
  record.id = wanted.id;
  record.team_id = {wanted.team_id};
  record.template_id = wanted.template_id;
  record.vcpus = shape.vcpus;
  record.memory_mib = shape.memory_mib;
  record.disk_mib = shape.disk_mib;
  record.timeout_s = wanted.timeout_s;
  record.destroy_on_timeout = wanted.destroy_on_timeout;
  record.network = wanted.network;
  record.epoch = 1;
  record.created_at_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  record.last_active_at_ms = record.created_at_ms;
  return record;
}

GuestIdentity identity_of(const NewSandbox& wanted, const TemplateSettings& settings) {
  GuestIdentity who{wanted.id,    wanted.template_id, wanted.access_token,
                    settings.env, settings.user,      settings.workdir};
  for (const auto& [name, value] : wanted.env) who.env[name] = value;
  return who;
}

}  // namespace

Manager::Manager(World& world, const TemplateCatalogue& templates, Parking& parking,
                 std::filesystem::path state)
    : world_(world),
      templates_(templates),
      parking_(parking),
      directory_(std::move(state) / "sandboxes"),
      variants_(world) {}

SandboxPtr Manager::find(SandboxId id) const {
  auto it = sandboxes_.find(id);
  return it == sandboxes_.end() ? nullptr : it->second;
}

std::vector<SandboxPtr> Manager::all() const {
  std::vector<SandboxPtr> found;
  for (const auto& [id, sandbox] : sandboxes_) found.push_back(sandbox);
  return found;
}

std::vector<SandboxReport> Manager::list() const {
  std::vector<SandboxReport> reports;
  for (const auto& [id, sandbox] : sandboxes_) reports.push_back(sandbox->report());
  return reports;
}

void Manager::forget(const SandboxPtr& sandbox) {
  auto it = sandboxes_.find(sandbox->record().id);
  if (it != sandboxes_.end() && it->second == sandbox) sandboxes_.erase(it);
}

void Manager::watch_vm_of(const SandboxPtr& sandbox) {
  world_.watchers.spawn("watch vm", watch(sandbox, sandbox->vm()));
}

Task<void> Manager::watch(SandboxPtr sandbox, VmPtr vm) {
  co_await vm->exited();
  sandbox->note_end_of(vm);
  auto hold = co_await sandbox->lock().take();
  if (sandbox->vm() != vm) co_return;
  log::warn("sandbox ended by itself", {{"sandbox", sandbox->record().id}});
  co_await sandbox->destroy();
  forget(sandbox);
}

Task<Result<SandboxReport>> Manager::create(NewSandbox wanted) {
  co_return co_await detached(world_.tasks, "create", do_create(std::move(wanted)));
}

Task<Result<SandboxReport>> Manager::do_create(NewSandbox wanted) {
  while (auto existing = find(wanted.id)) {
    auto hold = co_await existing->lock().take();
    if (!existing->gone()) co_return existing->report();
  }
  CO_TRY(auto tpl, templates_.get(wanted.template_id));
  auto record = first_record(wanted, effective_shape(wanted.shape, tpl), world_.clock.now());
  auto sandbox = std::make_shared<Sandbox>(world_, directory_of(wanted.id), std::move(record));
  sandboxes_[wanted.id] = sandbox;
  auto hold = co_await sandbox->lock().take();
  if (auto built = co_await build(sandbox, std::move(wanted), std::move(tpl)); !built) {
    forget(sandbox);
    co_return fail(std::move(built).error().with_context("creating " + sandbox->record().id.str()));
  }
  watch_vm_of(sandbox);
  co_return sandbox->report();
}

Task<Result<void>> Manager::build(SandboxPtr sandbox, NewSandbox wanted, TemplateInfo tpl) {
  VmShape shape{sandbox->record().vcpus, sandbox->record().memory_mib, sandbox->record().disk_mib};
  auto found = co_await variants_.provide(tpl, shape);
  if (!found) {
    co_await sandbox->destroy();
    co_return fail(std::move(found).error());
  }
  const auto& image = found->image;
  if (found->fit == Fit::outdated && Variants::can_vary(tpl)) renew_soon(tpl, shape, image);
  auto who = identity_of(wanted, tpl.settings);
  bool larger = shape.disk_mib > Variants::own_shape(tpl).disk_mib;
  if (larger) who.disk_mib = shape.disk_mib;
  std::optional<ParkedVm> parked;
  if (!larger)
    parked = parking_.take(image, shape, Variants::can_vary(tpl) ? Rehearsal::done : Rehearsal::forbidden);
  co_return co_await sandbox->start(image.directory.string(), std::move(who), tpl.settings.start.value_or(""),
                                    std::move(parked));
}

Task<Result<void>> Manager::destroy(SandboxId id) {
  co_return co_await detached(world_.tasks, "destroy", do_destroy(id));
}

Task<Result<void>> Manager::do_destroy(SandboxId id) {
  auto sandbox = find(id);
  if (!sandbox) co_return Result<void>{};
  auto hold = co_await sandbox->lock().take();
  if (!sandbox->gone()) co_await sandbox->destroy();
  forget(sandbox);
  co_return Result<void>{};
}

Task<Result<SandboxReport>> Manager::pause(SandboxId id, PauseCause cause) {
  co_return co_await detached(world_.tasks, "pause", do_pause(id, cause));
}

Task<Result<SandboxReport>> Manager::do_pause(SandboxId id, PauseCause cause) {
  auto sandbox = find(id);
  if (!sandbox) co_return fail(no_such_sandbox(id));
  auto hold = co_await sandbox->lock().take();
  if (sandbox->gone()) co_return fail(no_such_sandbox(id));
  if (sandbox->status() == Status::running) CO_TRY_VOID(co_await pause_or_halt(sandbox, cause));
  if (sandbox->status() != Status::paused) co_return fail(wrong_state(*sandbox, "running"));
  co_return sandbox->report();
}

Task<Result<void>> Manager::pause_or_halt(SandboxPtr sandbox, PauseCause cause) {
  auto after = parking_.after_pause();
  CO_TRY_VOID(co_await sandbox->pause(cause, after));
  if (after == AfterPause::halt) parking_.keep(sandbox);
  co_return Result<void>{};
}

Task<Result<SandboxReport>> Manager::resume(SandboxId id, std::optional<std::int64_t> timeout_s,
                                            Secret access_token) {
  co_return co_await detached(world_.tasks, "resume", do_resume(id, timeout_s, std::move(access_token)));
}

Task<Result<SandboxReport>> Manager::do_resume(SandboxId id, std::optional<std::int64_t> timeout_s,
                                               Secret access_token) {
  auto sandbox = find(id);
  if (!sandbox) co_return fail(no_such_sandbox(id));
  auto hold = co_await sandbox->lock().take();
  if (sandbox->gone()) co_return fail(no_such_sandbox(id));
  if (sandbox->status() == Status::paused) {
    auto watched = sandbox->halted_vm();
    CO_TRY_VOID(
        co_await sandbox->resume({id, sandbox->record().template_id, std::move(access_token), {}, {}, {}}));
    if (sandbox->vm() != watched) watch_vm_of(sandbox);
  }
  if (sandbox->status() != Status::running) co_return fail(wrong_state(*sandbox, "paused"));
  if (timeout_s) sandbox->set_timeout(*timeout_s);
  co_return sandbox->report();
}

Result<SandboxReport> Manager::set_timeout(SandboxId id, std::optional<std::int64_t> timeout_s) {
  auto sandbox = find(id);
  if (!sandbox) return fail(no_such_sandbox(id));
  if (sandbox->status() != Status::running) return fail(wrong_state(*sandbox, "running"));
  sandbox->touch();
  if (timeout_s) sandbox->set_timeout(*timeout_s);
  return sandbox->report();
}

Result<std::vector<MetricPoint>> Manager::metrics(SandboxId id, Time since) const {
  auto sandbox = find(id);
  if (!sandbox) return fail(no_such_sandbox(id));
  return sandbox->metrics().since(since);
}

Result<VmShape> Manager::shape(SandboxId id) const {
  auto sandbox = find(id);
  if (!sandbox) return fail(no_such_sandbox(id));
  const auto& record = sandbox->record();
  return VmShape{record.vcpus, record.memory_mib, record.disk_mib};
}

Task<Result<TemplateInfo>> Manager::snapshot(SandboxId id, TemplateId into) {
  co_return co_await detached(world_.tasks, "snapshot", do_snapshot(id, into));
}

Task<Result<TemplateInfo>> Manager::do_snapshot(SandboxId id, TemplateId into) {
  auto sandbox = find(id);
  if (!sandbox) co_return fail(no_such_sandbox(id));
  auto hold = co_await sandbox->lock().take();
  if (sandbox->gone()) co_return fail(no_such_sandbox(id));
  if (templates_.has(into)) co_return templates_.get(into);
  if (sandbox->status() != Status::running && sandbox->status() != Status::paused)
    co_return fail(wrong_state(*sandbox, "running or paused"));
  const auto& record = sandbox->record();
  CO_TRY(auto origin, templates_.get(record.template_id));
  CO_TRY_VOID(co_await sandbox->snapshot(templates_.path_of(into)));
  auto settings = origin.settings;
  settings.vcpus = record.vcpus;
  settings.memory_mib = record.memory_mib;
  settings.disk_mib = record.disk_mib;
  settings.start.reset();  // what it started lives on in the memory
  CO_TRY_VOID(templates_.set_settings(into, settings));
  co_return templates_.get(into);
}

bool Manager::uses(TemplateId id) const {
  return std::ranges::any_of(sandboxes_,
                             [id](const auto& entry) { return entry.second->record().template_id == id; });
}

Task<Result<void>> Manager::remove_template(TemplateId id) {
  if (uses(id))
    co_return fail(Error{Errc::template_in_use, "a sandbox of this host still needs the template"});
  parking_.drop(templates_.path_of(id));
  auto removed = templates_.remove(id);
  if (!removed && removed.error().code == Errc::not_found) co_return Result<void>{};
  co_return removed;
}

Task<void> Manager::rewarm() {
  auto all = templates_.list();
  if (!all) co_return log::error("templates not looked through", {{"error", all.error()}});
  for (auto& tpl : *all) co_await rewarm_one(std::move(tpl));
}

Task<void> Manager::rewarm_one(TemplateInfo tpl) {
  auto is_used = [this](const std::filesystem::path& image) {
    return std::ranges::any_of(
        sandboxes_, [&](const auto& entry) { return entry.second->record().image == image.string(); });
  };
  auto shape = Variants::own_shape(tpl);
  auto current = co_await variants_.provide_current(tpl, shape);
  parking_.drop(tpl.image.directory);  // of what is removed none may be taken
  variants_.remove_stale(tpl, is_used);
  auto found = current ? current : variants_.find(tpl, shape);
  if (!found)
    co_return log::error("template of no use on this machine",
                         {{"template", tpl.id}, {"error", current.error()}});
  if (!current) log::error("template not renewed", {{"template", tpl.id}, {"error", current.error()}});
  if (Variants::can_vary(tpl)) parking_.expect(found->image, shape);
}

void Manager::renew_soon(TemplateInfo tpl, VmShape shape, TemplateImage outdated) {
  if (!renewed_.insert(outdated.directory).second) return;
  world_.tasks.spawn("renew a template", renew(std::move(tpl), shape, std::move(outdated)));
}

Task<void> Manager::renew(TemplateInfo tpl, VmShape shape, TemplateImage outdated) {
  auto current = co_await variants_.provide_current(tpl, shape);
  if (!current)
    co_return log::error("template not renewed", {{"template", tpl.id}, {"error", current.error()}});
  parking_.drop(outdated.directory);
  parking_.expect(current->image, shape);
}

struct Manager::PauseRound {
  std::vector<SandboxPtr> waiting;
  int workers = 0;
  Event done;
};

Task<void> Manager::pause_some(std::shared_ptr<PauseRound> round, PauseCause cause) {
  ScopeExit leave([&] {
    if (--round->workers == 0) round->done.notify_all();
  });
  while (!round->waiting.empty()) {
    auto sandbox = std::move(round->waiting.back());
    round->waiting.pop_back();
    if (sandbox->status() != Status::running) continue;
    auto paused = co_await do_pause(sandbox->record().id, cause);
    if (!paused)
      log::error("sandbox not paused", {{"sandbox", sandbox->record().id}, {"error", paused.error()}});
  }
}

Task<void> Manager::pause_all(PauseCause cause, std::chrono::milliseconds limit) {
  auto round = std::make_shared<PauseRound>(PauseRound{all(), kAtOnce, Event(world_.executor)});
  for (int i = 0; i < kAtOnce; ++i) world_.tasks.spawn("pause all", pause_some(round, cause));
  if (round->workers == 0 || co_await round->done.wait_for(limit)) co_return;
  log::error("not all sandboxes paused in time", {{"left", round->waiting.size()}});
  round->waiting.clear();
}

Task<void> Manager::destroy_all() {
  for (const auto& sandbox : all()) co_await destroy(sandbox->record().id);
}

Task<void> Manager::expire(SandboxId id) {
  if (auto done = co_await detached(world_.tasks, "expire", do_expire(id)); !done)
    log::warn("sandbox not paused by its timeout, it goes on", {{"sandbox", id}, {"error", done.error()}});
}

Task<Result<void>> Manager::do_expire(SandboxId id) {
  auto sandbox = find(id);
  if (!sandbox) co_return Result<void>{};
  auto hold = co_await sandbox->lock().take();
  auto expires = sandbox->expires_at();
  if (sandbox->gone() || !expires || *expires > world_.clock.now()) co_return Result<void>{};
  if (sandbox->record().destroy_on_timeout) {
    co_await sandbox->destroy();
    forget(sandbox);
    co_return Result<void>{};
  }
  auto paused = co_await pause_or_halt(sandbox, PauseCause::timeout);
  if (!paused) sandbox->postpone(kRetryPause);
  co_return paused;
}

}  // namespace sandbar::agent
