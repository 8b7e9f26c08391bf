// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "sandbar/agent/vm/hypervisor.h"
#include "sandbar/agent/vm/qemu_command.h"
#include "sandbar/agent/vm/qemu_host.h"
#include "sandbar/agent/vm/qmp.h"
#include "sandbar/serial/line.h"

// One jailed QEMU with its network slot and its control connection. It lives on when this object goes; when
// the process ends, whoever ended it, slot, cgroup and socket are cleaned up behind everybody's back.

namespace sandbar::agent {

struct QemuStart {
  QemuCommand command;
  std::filesystem::path image;   // seen as /image, read-only
  std::filesystem::path own;     // seen as /own; only files of the slot's user can be written
  std::uint64_t file_bytes = 0;  // largest file that it may write
  bool in_background = false;    // until come_forward()
};

class QemuProcess : public std::enable_shared_from_this<QemuProcess> {
 public:
  // Returns when the control connection is up. The slot is taken over in any case.
  static Task<Result<std::shared_ptr<QemuProcess>>> start(QemuHostPtr host, NetSlot slot, QemuStart start);
  static Task<Result<std::shared_ptr<QemuProcess>>> adopt(QemuHostPtr host, VmHandle handle);

  QmpClient& qmp() { return *qmp_; }
  // A connection to the guest over the serial port; unavailable if there is none or it is in use.
  Task<Result<http::ByteStreamPtr>> open_line();
  const NetSlot& slot() const { return slot_; }
  pid_t pid() const { return pid_; }
  std::uint64_t start_time() const { return start_time_; }
  uid_t uid() const { return host_->instance.uid(slot_.number); }
  bool ended() const { return ended_; }
  void come_forward();
  void kill();
  Task<void> wait_end();
  // The last of what it printed, for error reports; empty after adopt().
  std::string output() const;

  QemuProcess(QemuHostPtr host, NetSlot slot);

 private:
  Task<Result<void>> launch(QemuStart start);
  void connect_line();
  Result<JailedProcess> spawn(const QemuStart& start);
  void watch();
  static Task<void> watch_end(std::shared_ptr<QemuProcess> self);
  void clean_up();

  QemuHostPtr host_;
  NetSlot slot_;
  pid_t pid_ = 0;
  std::uint64_t start_time_ = 0;
  proc::Fd pidfd_, output_;
  std::unique_ptr<QmpClient> qmp_;
  serial::LinePtr line_;
  bool ended_ = false;
  Event end_;
};
using QemuProcessPtr = std::shared_ptr<QemuProcess>;

}  // namespace sandbar::agent
