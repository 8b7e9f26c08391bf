// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/builds.h"

#include <algorithm>

#include "sandbar/agent/health_check.h"
#include "sandbar/base/scope_exit.h"
#include "sandbar/log/log.h"

namespace sandbar::agent {
namespace {

constexpr std::size_t kRemembered = 8, kMostWaiting = 16;

}  // namespace

Builds::Builds(World& world, const Manager& manager, TemplateBuilder& builder, std::filesystem::path state)
    : world_(world), manager_(manager), builder_(builder), work_(std::move(state) / "build") {}

// A build replaces the template's files, which sandboxes may still be based on.
Result<BuildLogPtr> Builds::begin(BuildOrder order) {
  if (auto known = find(order.id)) return known;
  if (manager_.uses(order.id))
    return fail(Error{Errc::template_in_use, "a sandbox of this host still needs the template"});
  if (running_.size() >= kMostWaiting)
    return fail(Error{Errc::unavailable, "too many builds wait on this host"});
  Running build{std::make_shared<BuildLog>(world_.executor), std::make_shared<Event>(world_.executor),
                std::make_shared<bool>(false)};
  running_[order.id] = build;
  world_.tasks.spawn("build template", run(std::move(order), build));
  return build.log;
}

Result<BuildLogPtr> Builds::find(TemplateId id) const {
  if (auto running = running_.find(id); running != running_.end()) return running->second.log;
  auto ended = std::ranges::find(ended_, id, [](const auto& pair) { return pair.first; });
  if (ended != ended_.end()) return ended->second;
  return fail(not_found("build of template", id.str()));
}

Task<void> Builds::cancel(TemplateId id) {
  auto found = running_.find(id);
  if (found == running_.end()) co_return;
  auto build = found->second;
  *build.cancelled = true;
  build.cancel->notify_all();
  while (!build.log->outcome) co_await build.log->changed.wait();
}

Task<void> Builds::run(BuildOrder order, Running build) {
  auto id = order.id;
  auto log = build.log;
  ScopeExit leave([&] {
    running_.erase(id);
    std::erase_if(ended_, [id](const auto& pair) { return pair.first == id; });
    ended_.emplace_back(id, log);
    if (ended_.size() > kRemembered) ended_.pop_front();
    if (!log->outcome) log->end(fail(Error{Errc::canceled, "the build was given up"}));
  });
  log::info("template build begun", {{"template", id}});
  BuildWatch watch{.log = [log](std::string line) { log->add(std::move(line)); },
                   .step = [log](int done, int total) { log->tell(done, total); },
                   .cancel = build.cancel,
                   .cancelled = [flag = build.cancelled] { return *flag; }};
  auto built = co_await builder_.build(std::move(order), std::move(watch), health_check(build.cancelled));
  if (built) {
    log::info("template built", {{"template", id}});
  } else {
    log::warn("template not built", {{"template", id}, {"error", built.error()}});
  }
  log->end(std::move(built));
}

TemplateBuilder::Check Builds::health_check(std::shared_ptr<bool> cancelled) {
  return [this, cancelled](TemplateImage image, const TemplateSettings& settings, std::string command) {
    return check_health(world_, work_, std::move(image), settings, std::move(command),
                        {.cancelled = [cancelled] { return *cancelled; }});
  };
}

}  // namespace sandbar::agent
