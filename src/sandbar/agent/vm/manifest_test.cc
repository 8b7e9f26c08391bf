// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/vm/manifest.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/vm/accelerator.h"
#include "sandbar/agent/vm/boot_files.h"
#include "sandbar/agent/vm/qemu_command.h"
#include "sandbar/json/encode.h"

using namespace sandbar;
using namespace sandbar::agent;

namespace {

struct Scratch {
  fs::path path = [] {
    char name[] = "/tmp/sandbar-manifest-XXXXXX";
    return fs::path(::mkdtemp(name));
  }();
  ~Scratch() { fs::remove_all(path); }
};

Manifest sample() {
  auto machine = machine_with(false, 2'800'000);
  machine.qemu = "7.2.22 (Debian)";
  return {kManifestVersion,           machine, 1, 512, 1024, sandbox_devices(), {"disk.0.raw", "disk.1"},
          "programs and command line"};
}

bool has(const std::vector<std::string>& arguments, std::string_view text) {
  for (const auto& argument : arguments)
    if (argument.find(text) != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("a stored manifest is read back as it was") {
  Scratch scratch;
  REQUIRE(save_manifest(scratch.path, sample()));
  auto read = load_manifest(scratch.path);
  REQUIRE(read);
  CHECK(json::encode(*read) == json::encode(sample()));
}

TEST_CASE("an image without manifest is not there, and a manifest beyond the limits is refused") {
  Scratch scratch;
  CHECK(load_manifest(scratch.path).error().code == Errc::not_found);
  auto bad = sample();
  SUBCASE("no CPU") { bad.vcpus = 0; }
  SUBCASE("too much memory") { bad.memory_mib = 1 << 30; }
  SUBCASE("a layer elsewhere") { bad.layers = {"disk./../../../etc/shadow"}; }
  SUBCASE("a layer with options") { bad.layers = {"disk.0,driver=raw"}; }
  SUBCASE("no layer") { bad.layers = {}; }
  SUBCASE("of the future") { bad.version = 99; }
  REQUIRE(save_manifest(scratch.path, bad));
  CHECK(load_manifest(scratch.path).error().code == Errc::invalid_state);
}

TEST_CASE("what an image was booted with has the same name on every host, and another with other programs") {
  BootFiles files{"linux-image-6.1.0-56-cloud-amd64", "6.1.192-2", "0123"};
  auto here = sample().machine, elsewhere = here;
  elsewhere.tsc_khz = 3'100'000;
  auto newer_kernel = files, newer_guest = files, unfinished = files;
  newer_kernel.version = "6.1.200-1";
  newer_guest.programs = "4567";
  unfinished.programs.reset();
  CHECK(boot_name(files, here) == boot_name(newer_kernel, elsewhere));
  CHECK(boot_name(files, here) != boot_name(newer_guest, here));
  CHECK(boot_name(files, here) != boot_name(files, machine_with(true, 0)));
  CHECK_FALSE(boot_name(unfinished, here));
}

TEST_CASE("an image of another machine is refused with a word on what differs") {
  auto here = sample().machine;
  CHECK(check_fit(sample(), here));
  std::string word;
  SUBCASE("QEMU") { here.qemu = "8.0.0", word = "QEMU"; }
  SUBCASE("accelerator") { here.accelerator = "kvm", word = "accelerator"; }
  SUBCASE("CPU") { here.cpu = "host x", word = "CPU"; }
  SUBCASE("board") { here.board = "q35", word = "board"; }
  SUBCASE("clock") { here.tsc_khz = 2'900'000, word = "time stamp counter"; }
  auto fit = check_fit(sample(), here);
  REQUIRE_FALSE(fit);
  CHECK(fit.error().code == Errc::invalid_state);
  CHECK(fit.error().detail.starts_with(word));
}

TEST_CASE("a clock that was measured anew fits within its error, and an unknown QEMU is checked later") {
  auto here = sample().machine;
  here.tsc_khz += 50;
  here.qemu.clear();
  CHECK(check_fit(sample(), here));
}

TEST_CASE("an image of the processor that was emulated before still fits, and is run with that one") {
  auto older = sample();
  older.machine.cpu = "max";
  CHECK(check_fit(older, sample().machine));
  CHECK_FALSE(check_fit(older, machine_with(true, 0)));
  QemuCommand command{.program = "/qemu",
                      .machine = older.machine,
                      .devices = sandbox_devices(),
                      .layers = {"/image/disk.0.raw", "/own/layer.0"}};
  auto arguments = arguments_of(command);
  CHECK(std::ranges::find(arguments, "max") != arguments.end());
}

TEST_CASE("an image from before there was a serial port still fits, and is run without one") {
  auto older = sample();
  older.devices.resize(3);
  CHECK(check_fit(older, sample().machine));
  QemuCommand command{
      .program = "/qemu", .machine = older.machine, .devices = older.devices, .layers = {"/own/layer.0"}};
  CHECK_FALSE(has(arguments_of(command), "serial-device"));
  CHECK_FALSE(has(arguments_of(command), "fd=5"));
  command.devices = sandbox_devices();
  CHECK(has(arguments_of(command), "socket,id=line,fd=5"));
  older.devices.pop_back();
  CHECK_FALSE(check_fit(older, sample().machine));
}

TEST_CASE("booting and restoring agree on every device, and only booting may write the image") {
  QemuCommand command{.program = "/qemu",
                      .machine = sample().machine,
                      .devices = sandbox_devices(),
                      .layers = {"/image/disk.0.raw", "/own/layer.0"}};
  auto restore = arguments_of(command);
  command.boot = QemuCommand::Boot{kernel_command_line(command.machine)};
  auto boot = arguments_of(command);
  for (const auto& device : sandbox_devices()) {
    CHECK(has(restore, device));
    CHECK(has(boot, device));
  }
  CHECK(has(restore, "mem-path=/image/memory,share=off"));
  CHECK_FALSE(has(restore, "share=on"));
  CHECK_FALSE(has(restore, "-kernel"));
  CHECK(has(boot, "tsc=reliable tsc_early_khz=2800000"));
  CHECK_FALSE(has({kernel_command_line(machine_with(true, 1))}, "tsc"));
}

TEST_CASE("programs have the same addresses each time under the emulator only") {
  CHECK(has({kernel_command_line(machine_with(false, 1))}, "norandmaps"));
  CHECK_FALSE(has({kernel_command_line(machine_with(true, 1))}, "norandmaps"));
}
