// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "sandbar/agent/parking.h"
#include "sandbar/agent/sandbox.h"
#include "sandbar/agent/variants.h"

// All sandboxes of this host. Every call that changes something can be repeated: the second one answers like
// the first. A call goes on to its end although the caller stops waiting.

namespace sandbar::agent {

struct NewSandbox {
  SandboxId id;
  std::string team_id;
  TemplateId template_id;
  VmShape shape{.vcpus = 0, .memory_mib = 0, .disk_mib = 0};  // zero takes the template's
  std::int64_t timeout_s = 0;
  bool destroy_on_timeout = false;
  std::map<std::string, std::string> env;
  Secret access_token;
  NetworkRecord network;
};

class Manager {
 public:
  Manager(World& world, const TemplateCatalogue& templates, Parking& parking, std::filesystem::path state);

  // Finds what an earlier run left: adopts VMs, removes half-made things. Once, before anything else.
  Task<Result<void>> recover();

  Task<Result<SandboxReport>> create(NewSandbox wanted);
  Task<Result<void>> destroy(SandboxId id);  // a success if there is none
  Task<Result<SandboxReport>> pause(SandboxId id, PauseCause cause);
  Task<Result<SandboxReport>> resume(SandboxId id, std::optional<std::int64_t> timeout_s,
                                     Secret access_token);
  // Restarts the idle timer.
  Result<SandboxReport> set_timeout(SandboxId id, std::optional<std::int64_t> timeout_s);
  std::vector<SandboxReport> list() const;
  Result<std::vector<MetricPoint>> metrics(SandboxId id, Time since) const;
  // Which totals the points of metrics() are a part of.
  Result<VmShape> shape(SandboxId id) const;

  Task<Result<TemplateInfo>> snapshot(SandboxId id, TemplateId into);
  Task<Result<void>> remove_template(TemplateId id);  // a success if there is none
  bool uses(TemplateId id) const;                     // some sandbox is based on it
  // Boots those templates again that an update has outdated, or that fit this machine no more: before
  // somebody waits for one. From then on the first VM of each is parked.
  Task<void> rewarm();

  // Pauses all that run, several at a time; those that fail are logged and go on. At most `limit`.
  Task<void> pause_all(PauseCause cause, std::chrono::milliseconds limit);
  Task<void> destroy_all();
  // Acts on one whose time is over; does nothing if somebody has spoken with it meanwhile.
  Task<void> expire(SandboxId id);

  SandboxPtr find(SandboxId id) const;  // may be in any state; empty if there is none
  std::vector<SandboxPtr> all() const;

 private:
  struct PauseRound;
  Task<void> pause_some(std::shared_ptr<PauseRound> round, PauseCause cause);
  Task<Result<SandboxReport>> do_create(NewSandbox wanted);
  Task<Result<void>> build(SandboxPtr sandbox, NewSandbox wanted, TemplateInfo tpl);
  Task<Result<void>> do_destroy(SandboxId id);
  Task<Result<SandboxReport>> do_pause(SandboxId id, PauseCause cause);
  Task<Result<void>> pause_or_halt(SandboxPtr sandbox, PauseCause cause);
  Task<Result<SandboxReport>> do_resume(SandboxId id, std::optional<std::int64_t> timeout_s,
                                        Secret access_token);
  Task<Result<TemplateInfo>> do_snapshot(SandboxId id, TemplateId into);
  Task<Result<void>> do_expire(SandboxId id);
  Task<void> rewarm_one(TemplateInfo tpl);
  void renew_soon(TemplateInfo tpl, VmShape shape, TemplateImage outdated);
  Task<void> renew(TemplateInfo tpl, VmShape shape, TemplateImage outdated);
  Task<void> recover_one(std::filesystem::path directory, std::vector<VmHandle>& known);
  Task<VmPtr> adopt(const SandboxRecord& record, std::filesystem::path directory);
  Task<void> watch(SandboxPtr sandbox, VmPtr vm);
  void watch_vm_of(const SandboxPtr& sandbox);
  void forget(const SandboxPtr& sandbox);
  std::filesystem::path directory_of(SandboxId id) const { return directory_ / id.str(); }

  World& world_;
  const TemplateCatalogue& templates_;
  Parking& parking_;
  std::filesystem::path directory_;
  Variants variants_;
  std::set<std::filesystem::path> renewed_;  // outdated images: tried once in this program's life
  std::unordered_map<SandboxId, SandboxPtr> sandboxes_;
};

}  // namespace sandbar::agent
