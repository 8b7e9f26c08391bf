// SPDX-License-Identifier: Apache-2.0
// Real QEMUs, real packets. Skipped without root, QEMU, or a kernel with the test guest (SANDBAR_TEST_KERNEL: a folder
// with vmlinux and initrd.cpio). Prints what it measures.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <thread>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/jail/process.h"
#include "sandbar/agent/net/namespace.h"
#include "sandbar/agent/net/netlink.h"
#include "sandbar/agent/vm/kvm_trial.h"
#include "sandbar/agent/vm/qemu_hypervisor.h"
#include "sandbar/async/spawn.h"
#include "sandbar/async/timer.h"
#include "sandbar/base/strings.h"
#include "sandbar/log/log.h"
#include "sandbar/base/try.h"

using namespace sandbar;
using namespace sandbar::agent;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;
double ms_since(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

std::string kernel_directory() {
  auto* value = std::getenv("SANDBAR_TEST_KERNEL");
  return value ? value : "";
}

bool can_run() { return ::geteuid() == 0 && fs::exists("/usr/bin/qemu-system-x86_64") && fs::exists(kernel_directory() + "/initrd.cpio"); }

void print_times(const char* what, std::vector<double> times) {
  std::ranges::sort(times);
  auto at = [&](std::size_t percent) { return times[std::min(times.size() - 1, times.size() * percent / 100)]; };
  std::printf("  %-34s n=%-3zu min %7.1f  p50 %7.1f  p95 %7.1f  max %7.1f ms\n", what, times.size(), times.front(), at(50),
              at(95), times.back());
  std::fflush(stdout);
}

// One state directory with a warmed template, shared by all cases; every case starts a hypervisor of its own on it.
struct World {
  fs::path state = [] {
    char name[] = "/var/tmp/sandbar-vm-XXXXXX";
    return fs::path(::mkdtemp(name));
  }();
  World() {
    fs::create_directories(state / "templates");
    fs::create_directories(state / "sandboxes");
    fs::create_directories(state / "kernel");
    for (const char* name : {"vmlinux", "initrd.cpio"})
      fs::copy_file(fs::path(kernel_directory()) / name, state / "kernel" / name);
  }
  ~World() {
    fs::remove_all(state / "templates");
    fs::remove_all(state / "sandboxes");
    std::error_code ignored;
    fs::remove_all(state, ignored);
  }
  TemplateImage base() const { return {state / "templates" / "base"}; }
};

World& world() {
  static World one;
  return one;
}

Task<Result<HypervisorPtr>> open_hypervisor(std::size_t ready = 2) {
  QemuConfig config{.state = world().state};
  config.network.ready_slots = ready;
  co_return co_await create_qemu(std::move(config));
}

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(sandbar::log::describe(result.error()));
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

RestoreSpec spec_of(TemplateImage image) {
  RestoreSpec spec{.id = SandboxId::random(), .image = std::move(image)};
  spec.directory = world().state / "sandboxes" / spec.id.str();
  fs::create_directories(spec.directory);
  return spec;
}

RestoreSpec fresh_spec() { return spec_of(world().base()); }

// GET `path` from the guest's test server: the body.
Task<Result<std::string>> get(VmPtr vm, std::string path) {
  CO_TRY(auto stream, co_await vm->dial(49983));
  CO_TRY_VOID(co_await http::write_all(*stream, "GET " + path + " HTTP/1.1\r\n\r\n"));
  std::string all;
  while (true) {
    char piece[1024];
    CO_TRY(auto size, co_await stream->read_some(piece));
    all.append(piece, size);
    auto head = all.find("\r\n\r\n");
    auto length = all.find("Content-Length: ");
    if (head == std::string::npos || length == std::string::npos) continue;
    auto want = static_cast<std::size_t>(std::atoi(all.c_str() + length + 16));
    if (all.size() >= head + 4 + want) co_return all.substr(head + 4);
    if (size == 0) co_return fail(internal_error("answer cut off"));
  }
}

Task<std::string> ask(VmPtr vm, std::string path) {
  co_return must(co_await with_timeout(60s, path, get(vm, path)));
}

Task<void> end(VmPtr vm) {
  co_await vm->kill();
  co_await vm->exited();
}

using Body = std::function<Task<void>(Hypervisor&)>;

Task<void> ensure_template(Hypervisor& hypervisor) {
  if (fs::exists(world().base().directory)) co_return;
  auto disk = world().state / "disk.raw";
  REQUIRE(::truncate((replace_file(disk, ""), disk.c_str()), 512 << 20) == 0);
  auto start = Clock::now();
  must(co_await hypervisor.warm(disk, {.memory_mib = 256}, world().base().directory));
  std::printf("  warmed in %.1f s\n", ms_since(start) / 1000);
}

Task<void> in_world(Body body, bool& done) {
  auto hypervisor = must(co_await open_hypervisor());
  co_await ensure_template(*hypervisor);
  co_await body(*hypervisor);
  co_await hypervisor->clean_orphans({});
  co_await hypervisor->shut_down();
  done = true;
}

// Runs the body on a hypervisor, cleans up after it.
void run(Body body) {
  boost::asio::io_context io;
  std::exception_ptr thrown;
  bool done = false;
  boost::asio::co_spawn(io, in_world(std::move(body), done), [&](std::exception_ptr e) {
    thrown = e;
    boost::asio::post(io, [&] { io.stop(); });
  });
  io.run();
  if (thrown) std::rethrow_exception(thrown);
  CHECK(done);
}

RestoreSpec& small(RestoreSpec& spec) {
  spec.shape = {.memory_mib = 256};
  return spec;
}

Task<VmPtr> restored(Hypervisor& hypervisor, RestoreSpec spec) {
  small(spec);
  co_return must(co_await hypervisor.restore(spec));
}

}  // namespace

#define LIVE_TEST(text) TEST_CASE(text * doctest::skip(!can_run()))

namespace {

Task<void> restores(Hypervisor& hypervisor) {
  std::vector<double> start_times, reply_times, kill_times;
  for (int i = 0; i < 12; ++i) {
    co_await sleep_for(150ms);
    auto begin = Clock::now();
    auto vm = co_await restored(hypervisor, fresh_spec());
    start_times.push_back(ms_since(begin));
    CHECK(co_await ask(vm, "/health") == "");
    reply_times.push_back(ms_since(begin));
    auto usage = must(vm->usage());
    CHECK(usage.memory_bytes > 1 << 20);
    auto killing = Clock::now();
    co_await vm->kill();
    kill_times.push_back(ms_since(killing));
    co_await vm->exited();
  }
  print_times("restore: running", start_times);
  print_times("restore: guest has answered", reply_times);
  print_times("kill", kill_times);
}

}  // namespace

LIVE_TEST("a sandbox starts from its template and answers") { run(restores); }

namespace {

RestoreSpec resumed(RestoreSpec spec) {
  spec.from_pause = true;
  return spec;
}

// Dirties, pauses and resumes: the guest's memory must be as it was.
Task<void> pauses(Hypervisor& hypervisor) {
  std::vector<double> idle, resume, resume_reply;
  auto spec = fresh_spec();
  auto vm = co_await restored(hypervisor, spec);
  CHECK(co_await ask(vm, "/health") == "");
  for (int i = 0; i < 6; ++i) {
    auto begin = Clock::now();
    must(co_await vm->pause());
    idle.push_back(ms_since(begin));
    co_await vm->exited();
    begin = Clock::now();
    vm = co_await restored(hypervisor, resumed(spec));
    resume.push_back(ms_since(begin));
    CHECK(co_await ask(vm, "/health") == "");
    resume_reply.push_back(ms_since(begin));
  }
  print_times("pause, idle", idle);
  print_times("resume, idle: running", resume);
  print_times("resume, idle: guest has answered", resume_reply);
  auto hash = co_await ask(vm, "/dirty/50");
  for (int i = 0; i < 3; ++i) {
    auto begin = Clock::now();
    must(co_await vm->pause());
    print_times("pause, 50 MiB written", {ms_since(begin)});
    CHECK(allocated_bytes(spec.directory / "vm/pages") > 50 << 20);
    begin = Clock::now();
    vm = co_await restored(hypervisor, resumed(spec));
    print_times("resume, 50 MiB: running", {ms_since(begin)});
    CHECK_FALSE(fs::exists(spec.directory / "vm/pages"));
    CHECK(co_await ask(vm, "/hash") == hash);
  }
  co_await end(vm);
}

}  // namespace

LIVE_TEST("what a sandbox had in memory is there after pause and resume") { run(pauses); }
