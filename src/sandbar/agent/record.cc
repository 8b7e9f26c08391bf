// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/record.h"

#include <fcntl.h>

#include "sandbar/agent/disk/files.h"
#include "sandbar/json/encode.h"

namespace sandbar::agent {
namespace {

constexpr std::size_t kMaxRecord = 256 * 1024;

Result<void> replace_unsynced(const fs::path& path, std::string_view bytes) {
  auto fresh = path;
  fresh += ".new";
  TRY(auto file, open_file(fresh, O_WRONLY | O_CREAT | O_TRUNC));
  TRY_VOID(write_fully(file.get(), bytes));
  if (::rename(fresh.c_str(), path.c_str()) != 0)
    return fail(errno_error(fmt::format("rename {}", path.string()), errno));
  return {};
}

}  // namespace

fs::path record_path(const fs::path& sandbox_directory) { return sandbox_directory / "record.json"; }

Result<void> save_record(const fs::path& sandbox_directory, const SandboxRecord& record,
                         Durability durability) {
  auto text = json::encode(record);
  auto path = record_path(sandbox_directory);
  return durability == Durability::machine ? replace_file(path, text) : replace_unsynced(path, text);
}

Result<SandboxRecord> load_record(const fs::path& sandbox_directory) {
  TRY(auto text, read_file(record_path(sandbox_directory), kMaxRecord));
  return json::decode_text<SandboxRecord>(text);
}

VmHandle handle_of(const HandleRecord& record) {
  return {record.pid, record.start_time, record.slot, record.extra.value};
}

HandleRecord record_of(const VmHandle& handle) {
  return {handle.pid, handle.start_time, handle.slot, {handle.extra}};
}

RestoreSpec spec_of(const SandboxRecord& record, const fs::path& sandbox_directory) {
  RestoreSpec spec;
  spec.id = record.id;
  spec.directory = sandbox_directory;
  spec.image.directory = record.image;
  spec.shape = {record.vcpus, record.memory_mib, record.disk_mib};
  spec.network = {record.network.deny_egress, record.network.allow_cidrs, record.network.deny_cidrs};
  return spec;
}

}  // namespace sandbar::agent
