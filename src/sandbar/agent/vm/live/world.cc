// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/vm/live/world.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/net/ruleset.h"
#include "sandbar/agent/templates/kernel.h"
#include "sandbar/async/timer.h"
#include "sandbar/base/try.h"
#include "sandbar/base/units.h"
#include "sandbar/log/log.h"

namespace sandbar::agent::live {
namespace {

using namespace std::chrono_literals;

const fs::path kCache = SANDBAR_LIVE_CACHE;
constexpr int kMemoryMib = 256;
constexpr std::uint64_t kDisk = 512 * kMib;

class World {
 public:
  World() {
    for (const char* name : {"templates", "sandboxes", "kernel"}) fs::create_directories(state / name);
    for (const char* name : {"vmlinux", "initrd.cpio", "version.json"})
      must(link_or_copy(kCache / "kernel" / name, state / "kernel" / name));
  }
  ~World() {
    auto instance = claim_instance(state, QemuConfig{}.claims);
    if (instance) (void)load_ruleset(fmt::format("delete table inet sandbar_{}", instance->number));
    std::error_code ignored;
    fs::remove_all(state, ignored);
  }
  fs::path state = [] {
    char name[] = "/var/tmp/sandbar-vm-XXXXXX";
    return fs::path(::mkdtemp(name));
  }();
};

World& world() {
  static World one;
  return one;
}

template <class T>
std::optional<T> run_alone(Task<T> task) {
  boost::asio::io_context io;
  std::optional<T> result;
  boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr error, T value) {
    if (!error) result.emplace(std::move(value));
  });
  io.run();
  return result;
}

void print_line(std::string line) { std::printf("  %s\n", line.c_str()); }

Task<Result<void>> fetch_kernel() {
  KernelPaths paths{kCache / "kernel", kCache / "work",    kCache / "work",
                    kCache / "apt",    SANDBAR_LIVE_GUEST, SANDBAR_LIVE_GUEST};
  fs::remove_all(paths.work);
  fs::create_directories(paths.work);
  auto made = co_await make_kernel(paths, print_line);
  if (made) co_return made;
  CO_TRY_VOID(co_await update_package_lists(paths.apt, print_line));
  co_return co_await make_kernel(paths, print_line);
}

bool have_kernel() {
  if (::geteuid() != 0 || !fs::exists(QemuConfig{}.program)) {
    std::printf("  skipped: needs root and QEMU\n");
    return false;
  }
  auto fetched = run_alone(fetch_kernel());
  if (fetched && *fetched) return true;
  std::printf("  skipped, no kernel: %s\n",
              fetched ? sandbar::log::describe(fetched->error()).c_str() : "interrupted");
  return false;
}

Task<void> ensure_template(Hypervisor& hypervisor) {
  if (fs::exists(base().directory)) co_return;
  auto disk = state() / "disk.raw";
  must(replace_file(disk, ""));
  fs::resize_file(disk, kDisk);
  Stopwatch watch;
  must(co_await hypervisor.warm(disk, {.memory_mib = kMemoryMib}, base().directory));
  std::printf("  template warmed in %.1f s\n", watch.ms() / 1000);
}

Task<void> in_world(Body body, Settings settings) {
  QemuConfig config{.state = settings.state, .flatten_above = settings.flatten_above, .boot_limit = 60s};
  config.network.ready_slots = settings.ready_slots;
  auto hypervisor = must(co_await create_qemu(std::move(config)));
  co_await ensure_template(*hypervisor);
  co_await body(*hypervisor);
  if (!settings.leave_running) co_await hypervisor->clean_orphans({});
  co_await hypervisor->shut_down();
}

Task<Result<std::string>> get(VmPtr vm, std::string path) {
  CO_TRY(auto stream, co_await vm->dial_guest());
  CO_TRY_VOID(co_await http::write_all(*stream, "GET " + path + " HTTP/1.1\r\n\r\n"));
  std::string all;
  while (true) {
    char piece[1024];
    CO_TRY(auto size, co_await stream->read_some(piece));
    if (size == 0) break;
    all.append(piece, size);
  }
  auto head = all.find("\r\n\r\n");
  if (head == std::string::npos) co_return fail(internal_error("the guest's answer is cut off"));
  co_return all.substr(head + 4);
}

}  // namespace

bool can_run() {
  static const bool answer = have_kernel();
  return answer;
}

fs::path state() { return world().state; }
TemplateImage base() { return {state() / "templates" / "base"}; }

RestoreSpec spec_of(TemplateImage image) {
  RestoreSpec spec{.id = SandboxId::random(), .image = std::move(image), .shape = {.memory_mib = kMemoryMib}};
  spec.directory = state() / "sandboxes" / spec.id.str();
  fs::create_directories(spec.directory);
  return spec;
}

RestoreSpec fresh_spec() { return spec_of(base()); }

RestoreSpec resumed(RestoreSpec spec) {
  spec.from_pause = true;
  return spec;
}

void run(Body body, Settings settings) {
  if (!can_run()) return;
  if (settings.state.empty()) settings.state = state();
  boost::asio::io_context io;
  std::exception_ptr thrown;
  boost::asio::co_spawn(io, in_world(std::move(body), std::move(settings)), [&](std::exception_ptr error) {
    thrown = error;
    io.stop();
  });
  io.run();
  if (thrown) std::rethrow_exception(thrown);
}

void must(Result<void> result) {
  if (!result) throw std::runtime_error(sandbar::log::describe(result.error()));
}

Task<VmPtr> restored(Hypervisor& hypervisor, RestoreSpec spec) {
  co_return must(co_await hypervisor.restore(spec));
}

Task<std::string> ask(VmPtr vm, std::string path) {
  co_return must(co_await with_timeout(60s, path, get(vm, path)));
}

Task<void> end(VmPtr vm) {
  co_await vm->kill();
  co_await vm->exited();
}

void print_times(const char* what, std::vector<double> times) {
  std::ranges::sort(times);
  auto at = [&](std::size_t percent) {
    return times[std::min(times.size() - 1, times.size() * percent / 100)];
  };
  std::printf("  %-36s n=%-3zu min %7.1f  p50 %7.1f  p95 %7.1f  max %7.1f ms\n", what, times.size(),
              times.front(), at(50), at(95), times.back());
  std::fflush(stdout);
}

}  // namespace sandbar::agent::live
