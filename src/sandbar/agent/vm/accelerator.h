// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

#include "sandbar/agent/vm/manifest.h"

// Which way of running guests works here. /dev/kvm may be there, open, and still not run an ordinary kernel,
// so the question is settled by trying: CPU flags, then a boot of the guest's own kernel within a deadline.
// The answer is kept beside the state and holds for that kernel, that QEMU and this boot of the host.

namespace sandbar::agent {

// vmx or svm, and /dev/kvm can be opened. Without, there is nothing to try.
bool kvm_is_worth_trying();
// The rate of this CPU's time stamp counter, which QEMU's emulator hands to the guest: measured, over some 50
// ms.
std::uint64_t measure_tsc_khz();
// "qemu" is left empty: known from the first answer of a running one.
Machine machine_with(bool kvm, std::uint64_t tsc_khz);
// Whether an image that was made with `cpu` runs here: the emulator still offers the one that it offered
// before.
bool can_run(const Machine& here, std::string_view cpu);
// For the guest that is booted to make a template. Without the settings for the emulator, a guest under load
// mistrusts its clock and ticks for ever, and commands take twice as long
// (docs/adr/0028-what-the-emulator-is-spared.md).
std::string kernel_command_line(const Machine& machine);

class AcceleratorCache {
 public:
  AcceleratorCache(std::filesystem::path file, std::filesystem::path kernel, std::filesystem::path qemu);
  std::optional<bool> kvm_works() const;
  void remember(bool works) const;

 private:
  std::string identity() const;
  std::filesystem::path file_, kernel_, qemu_;
};

}  // namespace sandbar::agent
