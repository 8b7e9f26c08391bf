// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/agent/vm/hypervisor.h"
#include "sandbar/json/decode.h"

// What the agent must know about a sandbox after it was killed: sandboxes/sb-…/record.json, beside the
// sandbox's own files. It is replaced as a whole, so that it can be read at any moment. No secret is in it.

namespace sandbar::agent {

enum class Status { starting, running, pausing, paused, resuming, stopping };
BOOST_DESCRIBE_ENUM(Status, starting, running, pausing, paused, resuming, stopping)

// Why a sandbox is paused.
enum class PauseCause { none, requested, timeout, isolated, shutdown };
BOOST_DESCRIBE_ENUM(PauseCause, none, requested, timeout, isolated, shutdown)

struct HandleRecord {
  std::int64_t pid = 0;
  std::uint64_t start_time = 0;
  std::uint32_t slot = 0;
  json::Defaulted<std::string> extra;
};
BOOST_DESCRIBE_STRUCT(HandleRecord, (), (pid, start_time, slot, extra))

struct NetworkRecord {
  bool deny_egress = false;
  std::vector<std::string> allow_cidrs, deny_cidrs;
};
BOOST_DESCRIBE_STRUCT(NetworkRecord, (), (deny_egress, allow_cidrs, deny_cidrs))

struct SandboxRecord {
  SandboxId id;
  json::Defaulted<std::string> team_id;
  TemplateId template_id;
  std::string image;  // directory of the template image that the memory and disk are based on
  int vcpus = 0, memory_mib = 0, disk_mib = 0;
  Status status = Status::starting;
  PauseCause pause_cause = PauseCause::none;
  std::uint64_t epoch = 0;  // grows with each change of status
  std::int64_t timeout_s = 0;
  bool destroy_on_timeout = false;
  std::int64_t created_at_ms = 0, last_active_at_ms = 0;
  NetworkRecord network;
  std::optional<HandleRecord> vm;  // while there is a process
};
BOOST_DESCRIBE_STRUCT(SandboxRecord, (),
                      (id, team_id, template_id, image, vcpus, memory_mib, disk_mib, status, pause_cause,
                       epoch, timeout_s, destroy_on_timeout, created_at_ms, last_active_at_ms, network, vm))

enum class Durability {
  process,  // survives a crash of the agent: rename only
  machine,  // survives a crash of the machine too: synced
};

std::filesystem::path record_path(const std::filesystem::path& sandbox_directory);
Result<void> save_record(const std::filesystem::path& sandbox_directory, const SandboxRecord& record,
                         Durability durability);
// not_found if there is none.
Result<SandboxRecord> load_record(const std::filesystem::path& sandbox_directory);

VmHandle handle_of(const HandleRecord& record);
HandleRecord record_of(const VmHandle& handle);
RestoreSpec spec_of(const SandboxRecord& record, const std::filesystem::path& sandbox_directory);

}  // namespace sandbar::agent
