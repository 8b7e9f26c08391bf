// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/vm/fake_hypervisor.h"

#include <signal.h>
#include <sys/wait.h>

#include <set>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/jail/process.h"
#include "sandbar/agent/vm/fake_processes.h"
#include "sandbar/agent/vm/manifest.h"
#include "sandbar/async/event.h"
#include "sandbar/async/spawn.h"
#include "sandbar/async/timer.h"
#include "sandbar/base/random.h"
#include "sandbar/base/try.h"
#include "sandbar/json/encode.h"
#include "sandbar/log/log.h"
#include "sandbar/model/limits.h"
#include "sandbar/proc/ended.h"

namespace sandbar::agent {

// What a paused fake VM leaves behind, where a real one leaves its memory.
struct FakePause {
  std::int64_t pid = 0;
  std::uint64_t start_time = 0;
  std::string socket;
};
BOOST_DESCRIBE_STRUCT(FakePause, (), (pid, start_time, socket))

namespace {

// As in a virtual machine, what listens on 127.0.0.1 alone is out of reach here.
constexpr const char* kOutside = "127.0.0.2";

fs::path marker_in(const fs::path& sandbox) { return sandbox / "vm" / "pages"; }
fs::path home_in(const fs::path& directory) { return directory / "home"; }

Result<void> make_directory(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  return error ? fail(errno_error("mkdir " + path.string(), error.value())) : Result<void>{};
}

Result<void> copy_home(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (!fs::exists(home_in(from), error)) return make_directory(home_in(to));
  fs::copy(home_in(from), home_in(to), fs::copy_options::recursive | fs::copy_options::copy_symlinks, error);
  return error ? fail(errno_error("copy " + from.string(), error.value())) : Result<void>{};
}

// Stands for the version of a real one: an image of another version does not fit.
constexpr const char* kVersion = "fake 1";

Result<void> publish_image(const fs::path& directory, VmShape shape, std::vector<std::string> layers,
                           const fs::path& home_of) {
  auto staging = directory;
  staging += ".new";
  std::error_code ignored;
  fs::remove_all(staging, ignored);
  TRY_VOID(make_directory(staging));
  if (!home_of.empty()) TRY_VOID(copy_home(home_of, staging));
  for (const auto& layer : layers) TRY_VOID(replace_file(staging / layer, ""));
  Manifest manifest{.version = kManifestVersion,
                    .machine = {.qemu = kVersion},
                    .vcpus = shape.vcpus,
                    .memory_mib = shape.memory_mib,
                    .disk_mib = shape.disk_mib,
                    .devices = {},
                    .layers = std::move(layers)};
  TRY_VOID(save_manifest(staging, manifest));
  return rename_durably(staging, directory);
}

constexpr int kLeastDiskMib = 2048;

struct Process {
  pid_t pid = 0;
  std::uint64_t start_time = 0;
  std::string socket;
};

class FakeVm final : public Vm {
 public:
  FakeVm(Executor executor, RestoreSpec spec, Process process)
      : executor_(executor), spec_(std::move(spec)), process_(std::move(process)), let_go_(executor) {}

  VmHandle handle() const override { return {process_.pid, process_.start_time, 0, process_.socket}; }

  Task<Result<http::ByteStreamPtr>> dial(std::uint16_t port) override {
    auto stream = co_await (port == limits::kGuestPort ? http::connect_unix(process_.socket)
                                                       : http::connect_tcp(kOutside, port));
    if (!stream) stream.error().code = Errc::unavailable;
    co_return stream;
  }

  // The stopped processes are what is stored: they stand still in any case.
  Task<Result<void>> pause(AfterPause) override {
    CO_TRY_VOID(make_directory(marker_in(spec_.directory).parent_path()));
    stop_tree(process_.pid);
    FakePause pause{process_.pid, process_.start_time, process_.socket};
    auto stored = replace_file(marker_in(spec_.directory), json::encode(pause));
    if (!stored) signal_tree(process_.pid, SIGCONT);
    if (stored) let_go();
    co_return stored;
  }

  Task<Result<void>> snapshot(fs::path into) override {
    stop_tree(process_.pid);
    auto published = publish_image(into, spec_.shape, {"disk.0.raw", "disk.1", "disk.2"}, spec_.directory);
    signal_tree(process_.pid, SIGCONT);
    co_return published;
  }

  Task<void> kill() override {
    signal_tree(process_.pid, SIGKILL);
    ::unlink(process_.socket.c_str());
    co_return;
  }

  Task<void> exited() override {
    using namespace boost::asio::experimental::awaitable_operators;
    auto pidfd = open_process(process_.pid, process_.start_time);
    if (!pidfd || paused_) co_return;
    co_await (proc::wait_until_ended(*std::move(pidfd)) || let_go_.wait());
  }

  Result<VmUsage> usage() override {
    VmUsage usage;
    for (auto pid : process_tree(process_.pid)) {
      auto stat = stat_process(pid);
      if (stat) usage.cpu_ns += stat->cpu_ns;
      usage.memory_bytes += private_memory(pid).value_or(0);
    }
    return usage;
  }

  Task<Result<void>> stop() override {
    stop_tree(process_.pid);
    co_return Result<void>{};
  }
  Task<Result<void>> go_on() override {
    signal_tree(process_.pid, SIGCONT);
    co_return Result<void>{};
  }
  Task<Result<void>> wake() override { co_return fail(Error{Errc::unavailable, "it was let go"}); }
  void become(SandboxId id, fs::path directory) override {
    spec_.id = id;
    spec_.directory = std::move(directory);
  }
  Task<Result<void>> set_network(NetworkRules) override { co_return Result<void>{}; }

 private:
  void let_go() {
    paused_ = true;
    let_go_.notify_all();
  }

  Executor executor_;
  RestoreSpec spec_;
  Process process_;
  Event let_go_;
  bool paused_ = false;
};

// Our own children stay as zombies until somebody waits for them.
Task<void> reap(Process process) {
  auto pidfd = open_process(process.pid, process.start_time);
  if (!pidfd) co_return;
  co_await proc::wait_until_ended(*std::move(pidfd));
  ::waitpid(process.pid, nullptr, WNOHANG);
}

Task<void> reap_child(proc::Child child) {
  co_await proc::wait_until_ended(std::move(child.pidfd));
  ::waitpid(child.pid, nullptr, WNOHANG);
}

class FakeHypervisor final : public Hypervisor {
 public:
  FakeHypervisor(Executor executor, FakeConfig config)
      : executor_(std::move(executor)), config_(std::move(config)), own_pids_(can_unshare_pids()) {}

  std::string name() const override { return "fake"; }

  Result<Fit> check(const TemplateImage& image) const override {
    TRY(auto manifest, load_manifest(image.directory));
    if (manifest.machine.qemu == kVersion) return Fit::current;
    return fail(
        Error{Errc::invalid_state, "the template was made for another machine and must be built again",
              fmt::format("the image has \"{}\", this host \"{}\"", manifest.machine.qemu, kVersion)});
  }

  Task<Result<VmPtr>> restore(RestoreSpec spec) override {
    CO_TRY(auto manifest, load_manifest(spec.image.directory));
    if (auto fit = check(spec.image); !fit) co_return fail(std::move(fit).error());
    if (manifest.vcpus != spec.shape.vcpus || manifest.memory_mib != spec.shape.memory_mib)
      co_return fail(invalid_state("the image has another shape"));
    spec.shape.disk_mib = std::max(spec.shape.disk_mib, manifest.disk_mib);
    Result<Process> process = spec.from_pause ? wake(spec) : launch(spec);
    if (!process) co_return fail(std::move(process).error());
    if (spec.started) spec.started({process->pid, process->start_time, 0, process->socket});
    co_return std::make_shared<FakeVm>(executor_, std::move(spec), std::move(*process));
  }

  Task<Result<VmPtr>> adopt(RestoreSpec spec, VmHandle handle) override {
    Process process{static_cast<pid_t>(handle.pid), handle.start_time, handle.extra};
    CO_TRY_VOID(open_process(process.pid, process.start_time));
    signal_tree(process.pid, SIGCONT);
    co_return std::make_shared<FakeVm>(executor_, std::move(spec), std::move(process));
  }

  Task<Result<void>> snapshot_paused(RestoreSpec spec, fs::path into) override {
    co_return publish_image(into, spec.shape, {"disk.0.raw", "disk.1", "disk.2"}, spec.directory);
  }

  Task<Result<void>> warm(fs::path disk, VmShape shape, fs::path into) override {
    std::error_code ignored;
    shape.disk_mib = std::max(shape.disk_mib, kLeastDiskMib);
    auto published = publish_image(into, shape, {"disk.0.raw", "disk.1"},
                                   fs::is_directory(disk, ignored) ? disk : fs::path());
    fs::remove_all(disk, ignored);
    co_return published;
  }

  Task<void> clean_orphans(std::vector<VmHandle> known) override {
    std::set<std::string> kept;
    for (const auto& handle : known) kept.insert(handle.extra);
    std::error_code ignored;
    for (const auto& sandbox : fs::directory_iterator(config_.state / "sandboxes", ignored))
      if (auto pause = load_pause(sandbox.path())) kept.insert(pause->socket);
    for (const auto& [pid, socket] : guests_below(run())) {
      if (kept.contains(socket)) continue;
      log::warn("leftover process ended", {{"pid", pid}});
      signal_tree(pid, SIGKILL);
    }
    for (const auto& entry : fs::directory_iterator(run(), ignored))
      if (entry.path().filename().string().starts_with(kSocketPrefix) &&
          !kept.contains(entry.path().string()))
        fs::remove(entry.path(), ignored);
    co_return;
  }

 private:
  static constexpr std::string_view kSocketPrefix = "guest-";

  fs::path run() const { return config_.state / "run"; }

  static Result<FakePause> load_pause(const fs::path& sandbox) {
    TRY(auto text, read_file(marker_in(sandbox), 4096));
    return json::decode_text<FakePause>(text);
  }

  Result<Process> launch(const RestoreSpec& spec) {
    TRY_VOID(make_directory(run()));
    std::error_code ignored;
    fs::remove_all(home_in(spec.directory), ignored);
    TRY_VOID(copy_home(spec.image.directory, spec.directory));
    auto socket = run() / fmt::format("{}{}", kSocketPrefix, random_hex(6));
    TRY(auto pid, start_fake_guest({config_.guest, socket, home_in(spec.directory),
                                    spec.directory / "guest.log", own_pids_}));
    TRY(auto stat, stat_process(pid));
    Process process{pid, stat.start_time, socket.string()};
    spawn(executor_, "reap a guest", reap(process));
    return process;
  }

  Result<Process> wake(const RestoreSpec& spec) {
    auto pause = load_pause(spec.directory);
    if (!pause) return fail(Error{Errc::data_loss, "the sandbox's stored memory is gone"});
    Process process{static_cast<pid_t>(pause->pid), pause->start_time, pause->socket};
    if (!open_process(process.pid, process.start_time))
      return fail(Error{Errc::data_loss, "the paused processes have ended"});
    std::error_code ignored;
    fs::remove(marker_in(spec.directory), ignored);
    signal_tree(process.pid, SIGCONT);
    return process;
  }

  Executor executor_;
  FakeConfig config_;
  bool own_pids_;
};

}  // namespace

Result<void> publish_fake_image(const fs::path& directory, VmShape shape) {
  return publish_image(directory, shape, {"disk.0.raw", "disk.1"}, {});
}

Result<void> publish_fake_snapshot(const fs::path& directory, VmShape shape) {
  return publish_image(directory, shape, {"disk.0.raw", "disk.1", "disk.2"}, {});
}

Result<HypervisorPtr> make_fake_hypervisor(Executor executor, FakeConfig config) {
  std::error_code error;
  if (!fs::exists(config.guest, error)) return fail(not_found("program", config.guest.string()));
  TRY_VOID(make_directory(config.state / "run"));
  TRY(auto keeper, start_fake_keeper(config.state));
  spawn(executor, "reap the keeper", reap_child(std::move(keeper)));
  return std::make_unique<FakeHypervisor>(std::move(executor), std::move(config));
}

}  // namespace sandbar::agent
