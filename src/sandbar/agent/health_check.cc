// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/health_check.h"

#include "sandbar/agent/vm/manifest.h"
#include "sandbar/async/timer.h"
#include "sandbar/base/random.h"

namespace sandbar::agent {
namespace {

using std::chrono::steady_clock;

Result<SandboxRecord> record_for(const TemplateImage& image) {
  TRY(auto manifest, load_manifest(image.directory));
  SandboxRecord record;
  record.id = SandboxId::random();
  record.vcpus = manifest.vcpus;
  record.memory_mib = manifest.memory_mib;
  record.disk_mib = manifest.disk_mib;
  record.network.deny_egress = true;
  return record;
}

Error unhealthy(const Result<CommandEnd>& last, std::chrono::milliseconds limit) {
  auto why = !last ? last.error().message : fmt::format("it ended with {}", last->exit_code);
  if (last && !last->output.empty()) why += " and said: " + last->output;
  return invalid_request(
      fmt::format("the health check did not succeed within {} s: {}", limit.count() / 1000, why));
}

Task<Result<void>> until_healthy(Sandbox& sandbox, GuestIdentity who, std::string command,
                                 HealthLimits limits) {
  auto deadline = steady_clock::now() + limits.whole;
  for (;;) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
    auto guest = sandbox.guest();
    auto end = co_await run_to_end(*guest, command, who.user, who.access_token, std::max(left, limits.pause));
    if (end && end->exit_code == 0) co_return Result<void>{};
    if (limits.cancelled && limits.cancelled())
      co_return fail(Error{Errc::canceled, "the build was cancelled"});
    if (steady_clock::now() + limits.pause > deadline) co_return fail(unhealthy(end, limits.whole));
    co_await sleep_for(limits.pause);
  }
}

}  // namespace

Task<Result<void>> check_health(World& world, std::filesystem::path work, TemplateImage image,
                                TemplateSettings settings, std::string command, HealthLimits limits) {
  CO_TRY(auto record, record_for(image));
  GuestIdentity who{record.id, {}, Secret(random_hex(16)), settings.env, settings.user, settings.workdir};
  auto folder = std::move(work) / ("health-" + record.id.str());
  Sandbox sandbox(world, std::move(folder), std::move(record));
  auto healthy = co_await sandbox.start(image.directory.string(), who, settings.start.value_or(""));
  if (!healthy)
    co_return fail(std::move(healthy).error().with_context("starting a sandbox for the health check"));
  healthy = co_await until_healthy(sandbox, std::move(who), std::move(command), limits);
  co_await sandbox.destroy();
  co_return healthy;
}

}  // namespace sandbar::agent
