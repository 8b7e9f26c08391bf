// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>

#include <algorithm>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/jail/process.h"
#include "sandbar/agent/vm/accelerator.h"
#include "sandbar/agent/vm/kvm_trial.h"
#include "sandbar/agent/vm/live/world.h"
#include "sandbar/agent/vm/manifest.h"
#include "sandbar/async/spawn.h"
#include "sandbar/async/timer.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/units.h"

using namespace sandbar;
using namespace sandbar::agent;
using namespace sandbar::agent::live;
using namespace std::chrono_literals;

namespace {

std::uint64_t hash_of(const fs::path& file) {
  auto bytes = must(read_file(file, kGib));
  return std::hash<std::string>{}(bytes);
}

Task<void> starts(Hypervisor& hypervisor) {
  std::vector<double> running, replied, killed;
  auto before = hash_of(base().directory / "memory");
  for (int i = 0; i < 12; ++i) {
    Stopwatch watch;
    auto vm = co_await restored(hypervisor, fresh_spec());
    running.push_back(watch.ms());
    CHECK(co_await ask(vm, "/health") == "");
    replied.push_back(watch.ms());
    CHECK(must(vm->usage()).memory_bytes > kMib);
    Stopwatch killing;
    co_await vm->kill();
    killed.push_back(killing.ms());
    co_await vm->exited();
  }
  print_times("restore: running", running);
  print_times("restore: guest has answered", replied);
  print_times("kill", killed);
  CHECK(hash_of(base().directory / "memory") == before);
}

Task<void> pauses_idle(Hypervisor& hypervisor) {
  std::vector<double> paused, running, replied;
  auto spec = fresh_spec();
  auto vm = co_await restored(hypervisor, spec);
  CHECK(co_await ask(vm, "/write/kept") == "ok");
  for (int i = 0; i < 8; ++i) {
    Stopwatch pausing;
    must(co_await vm->pause());
    paused.push_back(pausing.ms());
    Stopwatch resuming;
    vm = co_await restored(hypervisor, resumed(spec));
    running.push_back(resuming.ms());
    CHECK(co_await ask(vm, "/health") == "");
    replied.push_back(resuming.ms());
  }
  CHECK(co_await ask(vm, "/read") == "kept");
  co_await end(vm);
  print_times("pause, idle", paused);
  print_times("resume, idle: running", running);
  print_times("resume, idle: guest has answered", replied);
}

Task<void> pauses_busy(Hypervisor& hypervisor) {
  std::vector<double> paused, replied;
  auto spec = fresh_spec();
  auto vm = co_await restored(hypervisor, spec);
  auto hash = co_await ask(vm, "/dirty/50");
  for (int i = 0; i < 4; ++i) {
    Stopwatch pausing;
    must(co_await vm->pause());
    paused.push_back(pausing.ms());
    CHECK(allocated_bytes(spec.directory / "vm/pages") > 50 * kMib);
    Stopwatch resuming;
    vm = co_await restored(hypervisor, resumed(spec));
    CHECK_FALSE(fs::exists(spec.directory / "vm/pages"));
    CHECK(co_await ask(vm, "/health") == "");
    replied.push_back(resuming.ms());
    CHECK(co_await ask(vm, "/hash") == hash);
  }
  co_await end(vm);
  print_times("pause, 50 MiB written", paused);
  print_times("resume, 50 MiB: guest has answered", replied);
}

Task<void> calls_over_port(Hypervisor& hypervisor) {
  auto spec = fresh_spec();
  auto vm = co_await restored(hypervisor, spec);
  CHECK(co_await ask(vm, "/way") == "port");
  {
    auto held = must(co_await vm->dial_guest());
    CHECK(co_await ask(vm, "/way") == "network");
    CHECK(co_await ask(vm, "/way") == "network");
  }
  CHECK(co_await ask(vm, "/way") == "port");
  auto held = must(co_await vm->dial_guest());
  TemplateImage image{state() / "templates/midway"};
  must(co_await vm->snapshot(image.directory));
  must(co_await vm->pause());
  auto copy = co_await restored(hypervisor, spec_of(image));
  CHECK(co_await ask(copy, "/way") == "port");
  co_await end(copy);
  vm = co_await restored(hypervisor, resumed(spec));
  CHECK(co_await ask(vm, "/way") == "port");
  co_await end(vm);
}

Task<void> survives_full_disk(Hypervisor& hypervisor) {
  auto spec = fresh_spec();
  REQUIRE(::mount("small", spec.directory.c_str(), "tmpfs", 0, "size=8m") == 0);
  auto vm = co_await restored(hypervisor, spec);
  auto hash = co_await ask(vm, "/dirty/50");
  auto paused = co_await vm->pause();
  REQUIRE_FALSE(paused);
  CHECK(paused.error().code == Errc::no_space);
  CHECK(co_await ask(vm, "/hash") == hash);
  CHECK_FALSE(fs::exists(spec.directory / "vm/pages.new"));
  REQUIRE(::mount(nullptr, spec.directory.c_str(), nullptr, MS_REMOUNT, "size=200m") == 0);
  must(co_await vm->pause());
  vm = co_await restored(hypervisor, resumed(spec));
  CHECK(co_await ask(vm, "/hash") == hash);
  co_await end(vm);
  ::umount2(spec.directory.c_str(), MNT_DETACH);
}

Task<void> fails_to_resume(Hypervisor& hypervisor) {
  auto spec = fresh_spec();
  auto vm = co_await restored(hypervisor, spec);
  auto hash = co_await ask(vm, "/dirty/2");
  must(co_await vm->pause());
  auto devices = spec.directory / "vm/devices", pages = spec.directory / "vm/pages";
  auto state = must(read_file(devices, kMib));
  must(replace_file(devices, state.substr(0, state.size() / 2)));
  CHECK_FALSE(co_await hypervisor.restore(resumed(spec)));
  must(replace_file(devices, state));
  bool told_in_time = false;
  auto again = resumed(spec);
  again.started = [&](const VmHandle& handle) { told_in_time = handle.pid > 0 && fs::exists(pages); };
  vm = co_await restored(hypervisor, again);
  CHECK(told_in_time);
  CHECK(co_await ask(vm, "/hash") == hash);
  co_await end(vm);
  CHECK((co_await hypervisor.restore(resumed(spec))).error().code == Errc::data_loss);
}

Task<void> notices_death(Hypervisor& hypervisor) {
  auto vm = co_await restored(hypervisor, fresh_spec());
  ::kill(static_cast<pid_t>(vm->handle().pid), SIGKILL);
  co_await vm->exited();
  CHECK((co_await vm->dial(49983)).error().code == Errc::unavailable);
  CHECK((co_await vm->pause()).error().code == Errc::unavailable);
  CHECK_FALSE(vm->usage());
  co_await vm->kill();
}

Task<void> parks(Hypervisor& hypervisor) {
  auto spec = fresh_spec();
  auto vm = co_await restored(hypervisor, spec);
  CHECK(co_await ask(vm, "/health") == "");
  std::vector<double> taken;
  for (int i = 0; i < 5; ++i) {
    must(co_await vm->stop());
    Stopwatch watch;
    must(co_await vm->go_on());
    CHECK(co_await ask(vm, "/health") == "");
    taken.push_back(watch.ms());
  }
  print_times("parked: guest has answered", taken);
  auto taken_by = fresh_spec();
  fs::remove(taken_by.directory);
  fs::rename(spec.directory, taken_by.directory);
  vm->become(taken_by.id, taken_by.directory);
  must(co_await vm->pause());
  vm = co_await restored(hypervisor, resumed(taken_by));
  CHECK(co_await ask(vm, "/health") == "");
  co_await end(vm);
}

// The guest's kernel learns of a new size from an interrupt, which comes some time after it goes on.
Task<bool> has_size(VmPtr vm, std::string mebibytes) {
  for (auto end = std::chrono::steady_clock::now() + 10s; std::chrono::steady_clock::now() < end;) {
    if (co_await ask(vm, "/size") == mebibytes) co_return true;
    co_await sleep_for(10ms);
  }
  co_return false;
}

Task<void> grows_disk(Hypervisor& hypervisor) {
  auto spec = fresh_spec();
  spec.shape.disk_mib = 2048;
  auto vm = co_await restored(hypervisor, spec);
  CHECK(co_await has_size(vm, "2048"));
  must(co_await vm->pause());
  vm = co_await restored(hypervisor, resumed(spec));
  CHECK(co_await has_size(vm, "2048"));
  co_await end(vm);
}

Task<void> refuses_misfits(Hypervisor& hypervisor) {
  auto spec = fresh_spec();
  spec.shape.vcpus = 2;
  CHECK((co_await hypervisor.restore(spec)).error().code == Errc::invalid_state);
  auto foreign = state() / "templates/foreign";
  fs::create_directories(foreign);
  auto manifest = must(load_manifest(base().directory));
  manifest.machine.qemu = "9.9.9";
  for (const auto& entry : fs::directory_iterator(base().directory))
    if (entry.path().filename() != "manifest.json")
      must(link_or_copy(entry.path(), foreign / entry.path().filename()));
  must(save_manifest(foreign, manifest));
  CHECK((co_await hypervisor.restore(spec_of({foreign}))).error().code == Errc::invalid_state);
  CHECK((co_await hypervisor.restore(spec_of({state() / "templates/none"}))).error().code == Errc::not_found);
}

Task<void> restore_one(Hypervisor& hypervisor, std::vector<VmPtr>& out, std::vector<double>& times) {
  Stopwatch watch;
  auto vm = co_await restored(hypervisor, fresh_spec());
  CHECK(co_await ask(vm, "/health") == "");
  times.push_back(watch.ms());
  out.push_back(vm);
}

Task<void> runs_many(Hypervisor& hypervisor) {
  constexpr std::size_t kMany = 20;
  std::vector<VmPtr> vms;
  std::vector<double> times;
  Stopwatch watch;
  Supervisor tasks(co_await boost::asio::this_coro::executor);
  for (std::size_t i = 0; i < kMany; ++i) tasks.spawn("restore", restore_one(hypervisor, vms, times));
  co_await tasks.drained();
  auto all = watch.ms();
  REQUIRE(vms.size() == kMany);
  print_times("20 at once: guest has answered", times);
  print_times("20 at once: all", {all});
  for (auto& vm : vms) CHECK(co_await ask(vm, "/health") == "");
  for (auto& vm : vms) co_await end(vm);
}

std::string status_line(pid_t pid, std::string_view key) {
  auto text = must(read_file(fmt::format("/proc/{}/status", pid), 64 * kKib));
  for (auto line : split(text, '\n'))
    if (line.starts_with(key)) return std::string(trim(line.substr(key.size() + 1)));
  return {};
}

// Every descriptor of the process that can be written, by what it is open on.
std::vector<std::string> writable_files(pid_t pid) {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(fmt::format("/proc/{}/fd", pid))) {
    auto info =
        must(read_file(fmt::format("/proc/{}/fdinfo/{}", pid, entry.path().filename().string()), 4096));
    auto flags = std::strtol(info.c_str() + info.find("flags:") + 6, nullptr, 8);
    auto target = fs::read_symlink(entry.path()).string();
    if ((flags & O_ACCMODE) != O_RDONLY && target.starts_with('/')) out.push_back(target);
  }
  std::ranges::sort(out);
  return out;
}

Task<void> is_confined(Hypervisor& hypervisor) {
  auto spec = fresh_spec();
  auto vm = co_await restored(hypervisor, spec);
  auto pid = static_cast<pid_t>(vm->handle().pid);
  CHECK(status_line(pid, "Uid").starts_with("19"));
  CHECK(status_line(pid, "Groups").empty());
  CHECK(status_line(pid, "CapEff") == "0000000000000000");
  CHECK(status_line(pid, "CapBnd") == "0000000000000000");
  CHECK(status_line(pid, "NoNewPrivs") == "1");
  CHECK(status_line(pid, "Seccomp") == "2");
  for (const char* ns : {"mnt", "pid", "net", "ipc", "uts"})
    CHECK_MESSAGE(fs::read_symlink(fmt::format("/proc/{}/ns/{}", pid, ns)) !=
                      fs::read_symlink(fmt::format("/proc/self/ns/{}", ns)),
                  ns);
  auto files = writable_files(pid);
  CHECK(std::ranges::count_if(files, [](const auto& f) {
          return f.starts_with("/own/") || f.starts_with("/dev/net/tun") || f.starts_with("/memfd:output");
        }) == static_cast<long>(files.size()));
  std::vector<std::string> root;
  for (const auto& entry : fs::directory_iterator(fmt::format("/proc/{}/root", pid)))
    root.push_back(entry.path().filename());
  std::ranges::sort(root);
  CHECK(root == std::vector<std::string>{"dev", "etc", "image", "lib", "lib64", "own", "shim.so", "usr"});
  CHECK(must(read_file(fmt::format("/proc/{}/cgroup", pid), 4096)).find("sandbar-") != std::string::npos);
  CHECK(must(read_file(fmt::format("/proc/{}/oom_score_adj", pid), 64)) == "500\n");
  co_await end(vm);
}

struct Left {
  RestoreSpec spec;
  VmHandle handle;
  std::string hash;
};

Task<void> leave(Hypervisor& hypervisor, std::vector<Left>& left) {
  for (int i = 0; i < 3; ++i) {
    auto spec = fresh_spec();
    auto vm = co_await restored(hypervisor, spec);
    auto hash = co_await ask(vm, "/dirty/3");
    left.push_back({spec, vm->handle(), hash});
  }
  must(co_await (co_await restored(hypervisor, left.emplace_back(Left{fresh_spec(), {}, {}}).spec))->stop());
}

Task<void> take_up(Hypervisor& hypervisor, std::vector<Left>& left) {
  co_await hypervisor.clean_orphans({left[0].handle, left[2].handle});
  CHECK((co_await hypervisor.adopt(left[1].spec, left[1].handle)).error().code == Errc::not_found);
  auto vm = must(co_await hypervisor.adopt(left[0].spec, left[0].handle));
  CHECK(co_await ask(vm, "/way") == "port");
  CHECK(co_await ask(vm, "/hash") == left[0].hash);
  must(co_await vm->pause());
  vm = co_await restored(hypervisor, resumed(left[0].spec));
  CHECK(co_await ask(vm, "/hash") == left[0].hash);
  co_await end(vm);
  must(replace_file(state() / "run/line" / std::to_string(left[2].handle.slot), ""));
  auto lineless = must(co_await hypervisor.adopt(left[2].spec, left[2].handle));
  CHECK(co_await ask(lineless, "/way") == "network");
  CHECK(co_await ask(lineless, "/hash") == left[2].hash);
  co_await end(lineless);
  auto reused = left[0].handle;
  reused.pid = 1;
  CHECK((co_await hypervisor.adopt(left[0].spec, reused)).error().code == Errc::not_found);
}

Task<void> starts_beside(Hypervisor& hypervisor) {
  auto vm = co_await restored(hypervisor, fresh_spec());
  run([](Hypervisor& other) -> Task<void> { co_await other.clean_orphans({}); });
  CHECK(co_await ask(vm, "/health") == "");
  co_await end(vm);
}

std::size_t strays() {
  auto instance = must(claim_instance(state(), QemuConfig{}.claims));
  std::size_t count = processes_of_users(instance.first_uid, Instance::kMaxSlots).size();
  for (const auto& entry : fs::directory_iterator("/sys/class/net"))
    count += entry.path().filename().string().starts_with(instance.prefix());
  return count + static_cast<std::size_t>(std::distance(fs::directory_iterator(state() / "run/netns"), {}));
}

}  // namespace

TEST_CASE("a sandbox starts from its template, which stays untouched") { run(starts); }
TEST_CASE("an idle sandbox is paused and resumed quickly, its disk with it") { run(pauses_idle); }
TEST_CASE("what a sandbox had in memory is there after pause and resume") { run(pauses_busy); }
TEST_CASE("a guest is called over its serial port, and over the network while that is in use") {
  run(calls_over_port);
}
TEST_CASE("a sandbox goes on when the disk is too full to pause it") { run(survives_full_disk); }
TEST_CASE("a failed resume loses nothing, and a lost memory is not replaced by the template's") {
  run(fails_to_resume);
}
TEST_CASE("the end of a QEMU is noticed, whoever caused it") { run(notices_death); }
TEST_CASE("a parked VM becomes a sandbox within milliseconds") { run(parks); }
TEST_CASE("a sandbox may have a larger disk than its template") { run(grows_disk); }
TEST_CASE("images that do not fit this machine are refused") { run(refuses_misfits); }
TEST_CASE("twenty sandboxes start at once") { run(runs_many, {.ready_slots = 8}); }
TEST_CASE("QEMU runs without privileges, in its own world, with its own files only") { run(is_confined); }

TEST_CASE("VMs outlive the agent: known ones are adopted, others removed") {
  std::vector<Left> left;
  run([&](Hypervisor& hypervisor) { return leave(hypervisor, left); }, {.leave_running = true});
  run([&](Hypervisor& hypervisor) { return take_up(hypervisor, left); });
  if (can_run()) CHECK(strays() == 0);
}

TEST_CASE("another installation's sandboxes are not taken for orphans") {
  if (!can_run()) return;
  auto elsewhere = state() / "other";
  fs::create_directories(elsewhere);
  run(starts_beside, {.state = elsewhere});
}

TEST_CASE("the trial of an accelerator tells a kernel that boots from one that does not in time") {
  if (!can_run()) return;
  boost::asio::io_context io;
  must(prepare_run_directory(state() / "run"));
  QemuConfig config{.state = state()};
  QemuHost host(io.get_executor(), config, must(claim_instance(state(), config.claims)), {});
  auto machine = machine_with(false, measure_tsc_khz());
  CHECK(boots_kernel(host, machine, 60s));
  CHECK_FALSE(boots_kernel(host, machine, 20ms));
}
