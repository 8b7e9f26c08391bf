// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/vm/qemu_command.h"

#include <fmt/format.h>

#include <algorithm>

#include "sandbar/agent/disk/overlay.h"

namespace sandbar::agent {
namespace {

using Arguments = std::vector<std::string>;

constexpr std::string_view kLineDevice = "virtserialport";

void append(Arguments& out, std::initializer_list<std::string> more) { out.insert(out.end(), more); }

// The manifest's CPU names the host's model after a space, which is not for QEMU.
std::string cpu_of(const Machine& machine) { return machine.cpu.substr(0, machine.cpu.find(' ')); }

Arguments base(const QemuCommand& c) {
  auto accelerator = c.machine.accelerator == "kvm"
                         ? std::string("kvm")
                         : fmt::format("tcg,thread=multi,tb-size={}", c.emulator_cache_mib);
  return {c.program,
          "-M",
          c.machine.board,
          "-accel",
          accelerator,
          "-cpu",
          cpu_of(c.machine),
          "-m",
          fmt::format("{}", c.memory_mib),
          "-smp",
          fmt::format("{}", c.vcpus),
          "-nodefaults",
          "-no-user-config",
          "-display",
          "none",
          "-no-reboot",
          "-L",
          "/usr/share/qemu",
          "-sandbox",
          "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"};
}

void append_memory(Arguments& out, const QemuCommand& c) {
  append(out, {"-object",
               fmt::format("memory-backend-file,id=ram,size={}M,{}", c.memory_mib,
                           c.boot ? "mem-path=/own/memory,share=on" : "mem-path=/image/memory,share=off")});
}

std::string device(const std::string& name) {
  if (name == "virtio-blk-device") return name + ",drive=disk";
  if (name == "virtio-net-device") return name + ",netdev=net,mac=02:fc:00:00:00:15";
  if (name == "virtio-serial-device") return name + ",max_ports=2";
  if (name == kLineDevice) return name + ",chardev=line,name=sandbar";
  return name;
}

void append_devices(Arguments& out, const QemuCommand& c) {
  append(out, {"-drive", drive_options(c.layers), "-netdev", "tap,id=net,fd=3"});
  if (has_line(c.devices)) append(out, {"-chardev", "socket,id=line,fd=5,server=on,wait=off"});
  for (const auto& name : c.devices) append(out, {"-device", device(name)});
  append(out, {"-chardev", "socket,id=qmp,fd=4,server=on,wait=off", "-mon", "chardev=qmp,mode=control"});
}

void append_start(Arguments& out, const QemuCommand& c) {
  if (c.boot) {
    append(out, {"-kernel", "/kernel/vmlinux", "-initrd", "/kernel/initrd", "-append", c.boot->command_line,
                 "-chardev", "ringbuf,id=console,size=65536", "-serial", "chardev:console"});
  } else {
    append(out, {"-serial", "null", "-global", "migration.send-configuration=off", "-machine",
                 "suppress-vmdesc=on", "-S", "-incoming", "defer"});
  }
}

}  // namespace

bool has_line(const Arguments& devices) { return std::ranges::find(devices, kLineDevice) != devices.end(); }

std::vector<std::string> arguments_of(const QemuCommand& command) {
  auto out = base(command);
  append_memory(out, command);
  append_devices(out, command);
  append_start(out, command);
  return out;
}

std::vector<std::string> trial_arguments(const QemuCommand& command) {
  auto out = base(command);
  append(out,
         {"-object", fmt::format("memory-backend-ram,id=ram,size={}M", command.memory_mib), "-kernel",
          "/kernel/vmlinux", "-append", command.boot ? command.boot->command_line : "", "-serial", "null"});
  return out;
}

}  // namespace sandbar::agent
