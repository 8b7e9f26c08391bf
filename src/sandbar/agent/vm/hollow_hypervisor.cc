// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/vm/hollow_hypervisor.h"

#include <fcntl.h>

#include <set>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/vm/fake_hypervisor.h"
#include "sandbar/agent/vm/hollow_guest.h"
#include "sandbar/agent/vm/manifest.h"
#include "sandbar/async/event.h"
#include "sandbar/base/random.h"
#include "sandbar/log/log.h"
#include "sandbar/model/limits.h"

namespace sandbar::agent {
namespace {

constexpr std::string_view kPrefix = "vm-";

fs::path pages_in(const fs::path& sandbox) { return sandbox / "vm" / "pages"; }

// No syncing: a machine that crashes has no VMs either.
Result<void> touch(const fs::path& path) {
  auto file = open_file(path, O_WRONLY | O_CREAT);
  return file ? Result<void>{} : fail(file.error());
}

class HollowVm final : public Vm {
 public:
  HollowVm(Executor executor, RestoreSpec spec, fs::path file)
      : executor_(executor), spec_(std::move(spec)), file_(std::move(file)), ended_(std::move(executor)) {}

  VmHandle handle() const override { return {1, 1, 0, file_.string()}; }

  Task<Result<http::ByteStreamPtr>> dial(std::uint16_t port) override {
    if (gone_ || port != limits::kGuestPort) co_return fail(Error{Errc::unavailable, "refused"});
    co_return make_hollow_guest(executor_);
  }

  Task<Result<void>> wake() override { co_return fail(Error{Errc::unavailable, "it was let go"}); }
  Task<Result<void>> pause(AfterPause) override {
    std::error_code error;
    fs::create_directories(pages_in(spec_.directory).parent_path(), error);
    CO_TRY_VOID(touch(pages_in(spec_.directory)));
    end();
    co_return Result<void>{};
  }

  Task<Result<void>> snapshot(fs::path into) override { co_return publish_fake_snapshot(into, spec_.shape); }

  Task<void> kill() override {
    end();
    co_return;
  }

  Task<void> exited() override {
    while (!gone_) co_await ended_.wait();
  }

  Result<VmUsage> usage() override { return VmUsage{}; }
  Task<Result<void>> stop() override { co_return Result<void>{}; }
  Task<Result<void>> go_on() override { co_return Result<void>{}; }
  void become(SandboxId id, fs::path directory) override {
    spec_.id = id;
    spec_.directory = std::move(directory);
  }
  Task<Result<void>> set_network(NetworkRules) override { co_return Result<void>{}; }

 private:
  void end() {
    std::error_code ignored;
    fs::remove(file_, ignored);
    gone_ = true;
    ended_.notify_all();
  }

  Executor executor_;
  RestoreSpec spec_;
  fs::path file_;
  Event ended_;
  bool gone_ = false;
};

class HollowHypervisor final : public Hypervisor {
 public:
  HollowHypervisor(Executor executor, fs::path run) : executor_(std::move(executor)), run_(std::move(run)) {}

  std::string name() const override { return "fake (hollow)"; }

  Task<Result<VmPtr>> restore(RestoreSpec spec) override {
    std::error_code ignored;
    if (spec.from_pause && !fs::exists(pages_in(spec.directory), ignored))
      co_return fail(Error{Errc::data_loss, "the sandbox's stored memory is gone"});
    auto file = run_ / fmt::format("{}{}", kPrefix, random_hex(8));
    CO_TRY_VOID(touch(file));
    if (spec.started) spec.started({1, 1, 0, file.string()});
    fs::remove(pages_in(spec.directory), ignored);
    co_return std::make_shared<HollowVm>(executor_, std::move(spec), std::move(file));
  }

  Task<Result<VmPtr>> adopt(RestoreSpec spec, VmHandle handle) override {
    std::error_code error;
    if (!fs::exists(handle.extra, error)) co_return fail(not_found("machine", handle.extra));
    co_return std::make_shared<HollowVm>(executor_, std::move(spec), handle.extra);
  }

  Task<Result<void>> snapshot_paused(RestoreSpec spec, fs::path into) override {
    co_return publish_fake_snapshot(into, spec.shape);
  }

  Task<Result<void>> warm(fs::path disk, VmShape shape, fs::path into) override {
    std::error_code ignored;
    fs::remove(disk, ignored);
    co_return publish_fake_image(into, shape);
  }

  Task<void> clean_orphans(std::vector<VmHandle> known) override {
    std::set<std::string> kept;
    for (const auto& handle : known) kept.insert(handle.extra);
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(run_, ignored)) {
      auto path = entry.path().string();
      if (entry.path().filename().string().starts_with(kPrefix) && !kept.contains(path))
        fs::remove(path, ignored);
    }
    co_return;
  }

 private:
  Executor executor_;
  fs::path run_;
};

}  // namespace

Result<HypervisorPtr> make_hollow_hypervisor(Executor executor, const fs::path& state) {
  auto run = state / "run";
  std::error_code error;
  fs::create_directories(run, error);
  if (error) return fail(errno_error("mkdir " + run.string(), error.value()));
  return std::make_unique<HollowHypervisor>(std::move(executor), std::move(run));
}

}  // namespace sandbar::agent
