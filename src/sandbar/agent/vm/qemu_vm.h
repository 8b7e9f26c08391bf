// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/agent/vm/hypervisor.h"
#include "sandbar/agent/vm/image_builder.h"
#include "sandbar/agent/vm/qemu_process.h"
#include "sandbar/agent/vm/sandbox_files.h"

// One sandbox that runs (or stands still) in a QEMU.

namespace sandbar::agent {

class QemuVm final : public Vm {
 public:
  QemuVm(QemuHostPtr host, RestoreSpec spec, Manifest manifest, QemuProcessPtr process);

  // Brings the fresh process of a restore to life: pages, device state, disk size, go.
  Task<Result<void>> load();

  VmHandle handle() const override;
  Task<Result<http::ByteStreamPtr>> dial(std::uint16_t port) override;
  Task<Result<http::ByteStreamPtr>> dial_guest() override;
  Task<Result<void>> pause(AfterPause after) override;
  Task<Result<void>> wake() override;
  Task<Result<void>> snapshot(std::filesystem::path into) override;
  Task<void> kill() override;
  Task<void> exited() override;
  Result<VmUsage> usage() override;
  Task<Result<void>> stop() override;
  Task<Result<void>> go_on() override;
  void become(SandboxId id, std::filesystem::path directory) override;
  Task<Result<void>> set_network(NetworkRules rules) override;

 private:
  Task<Result<void>> inject();
  Task<Result<void>> leave_pause();
  Task<Result<void>> grow_disk();
  Task<Result<void>> save(std::filesystem::path pages, std::filesystem::path devices);
  Task<Result<void>> store_pause();
  Task<Result<void>> add_disk_layer();
  Task<Result<void>> freeze(const ImageBuilder& image);

  std::filesystem::path base_memory() const { return spec_.image.directory / "memory"; }

  QemuHostPtr host_;
  RestoreSpec spec_;
  SandboxFiles files_;
  Manifest manifest_;
  QemuProcessPtr process_;
};

// Disk size of a sandbox: its own wish, but never less than the template's.
int disk_size(const Manifest& manifest, const VmShape& shape);
// Builds and publishes the image of a sandbox whose pages and devices are in `image` already. Blocks.
Result<void> finish_image(const QemuHost& host, std::uint32_t slot, ImageBuilder& image,
                          const RestoreSpec& spec, Manifest manifest, std::size_t own_layers);
Result<EgressRules> egress_of(const NetworkRules& rules);

}  // namespace sandbar::agent
