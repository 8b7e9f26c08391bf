// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/setup.h"

#include <fcntl.h>
#include <sys/file.h>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/vm/fake_hypervisor.h"
#include "sandbar/agent/vm/hollow_hypervisor.h"
#include "sandbar/agent/vm/qemu_hypervisor.h"
#include "sandbar/model/names.h"

namespace sandbar::agent {
namespace {

constexpr VmShape kFakeBaseShape{.vcpus = 1, .memory_mib = 512, .disk_mib = 2048};

fs::path program_folder() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path();
}

}  // namespace

Result<proc::Fd> lock_state(const fs::path& state) {
  std::error_code error;
  fs::create_directories(state, error);
  if (error) return fail(errno_error("mkdir " + state.string(), error.value()));
  TRY(auto lock, open_file(state / "agent.lock", O_RDWR | O_CREAT));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(Error{Errc::conflict, fmt::format("another sandbar-agent uses {}", state.string())});
  return lock;
}

Task<Result<HypervisorPtr>> make_hypervisor(const Config& config) {
  if (config.hypervisor == HypervisorKind::qemu) co_return co_await create_qemu({.state = config.state});
  auto executor = co_await boost::asio::this_coro::executor;
  if (config.fake_guests == FakeGuests::none) co_return make_hollow_hypervisor(executor, config.state);
  co_return make_fake_hypervisor(executor, {config.state, program_folder() / "sandbar-guest"});
}

Result<void> provide_fake_base(const TemplateCatalogue& templates) {
  TRY(auto base, TemplateId::parse(kBaseTemplateId));
  if (templates.has(base)) return {};
  std::error_code ignored;
  fs::create_directories(templates.path_of(base).parent_path(), ignored);
  TRY_VOID(publish_fake_image(templates.path_of(base), kFakeBaseShape));
  TemplateSettings settings{.name = std::string(kBaseTemplateName),
                            .disk_mib = kFakeBaseShape.disk_mib,
                            .user = {},
                            .workdir = {},
                            .env = {},
                            .start = {}};
  return templates.set_settings(base, settings);
}

TemplateBuilderConfig builder_config(const Config& config) {
  auto kind = config.hypervisor == HypervisorKind::fake ? BuildKind::plain : BuildKind::debian;
  return {config.state, program_folder(), fs::path(config.state) / "definitions", kind};
}

}  // namespace sandbar::agent
