// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "sandbar/agent/vm/qemu_hypervisor.h"

// Stage for tests with real QEMUs: a state directory with the guest kernel (fetched once into the build
// folder) and a template warmed from guest.cc. Each case runs on a hypervisor of its own over it; where that
// is impossible, cases do nothing and say so once.

namespace sandbar::agent::live {

bool can_run();  // root, QEMU, and a kernel that is there or can be fetched

std::filesystem::path state();
TemplateImage base();
// A new sandbox directory on `image`, shape included.
RestoreSpec spec_of(TemplateImage image);
RestoreSpec fresh_spec();
RestoreSpec resumed(RestoreSpec spec);

using Body = std::function<Task<void>(Hypervisor&)>;
struct Settings {
  std::size_t ready_slots = 2;
  std::size_t flatten_above = 8;
  std::filesystem::path state = {};  // empty = live::state()
  bool leave_running = false;        // like a crash of the agent: VMs and slots stay
};
void run(Body body, Settings settings = {});

// Throws with the error's text.
void must(Result<void> result);
template <class T>
T must(Result<T> result) {
  if (!result) must(Result<void>(fail(std::move(result).error())));
  return std::move(*result);
}

Task<VmPtr> restored(Hypervisor& hypervisor, RestoreSpec spec);
// The guest's answer to GET `path`.
Task<std::string> ask(VmPtr vm, std::string path);
// Ends it, and waits.
Task<void> end(VmPtr vm);

class Stopwatch {
 public:
  double ms() const { return std::chrono::duration<double, std::milli>(Clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};
void print_times(const char* what, std::vector<double> times);

}  // namespace sandbar::agent::live
