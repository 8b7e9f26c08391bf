// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/json/decode.h"

// What the commands show of the server's answers. Everything but an id is optional, so that a newer or older
// server still works; --json shows the answer as it came.

namespace sandbar::cli {

struct SandboxView {
  std::string id;
  std::optional<std::string> status, status_cause, template_, created_at, last_active_at, on_timeout,
      expires_at;
  std::optional<std::int64_t> vcpus, memory_mb, disk_mb, timeout_sec;
  std::optional<std::map<std::string, std::string>> metadata;
};
BOOST_DESCRIBE_STRUCT(SandboxView, (),
                      (id, status, status_cause, template_, created_at, last_active_at, on_timeout,
                       expires_at, vcpus, memory_mb, disk_mb, timeout_sec, metadata))

struct TemplateView {
  std::optional<std::string> id, name, type, status, created_at;
  std::optional<std::string> parent, source_sandbox_id;
  std::optional<std::int64_t> vcpus, memory_mb, disk_mb, size_bytes, in_use;
  std::optional<bool> platform;
  std::vector<std::string> hosts;
};
BOOST_DESCRIBE_STRUCT(TemplateView, (),
                      (id, name, type, status, created_at, parent, source_sandbox_id, vcpus, memory_mb,
                       disk_mb, size_bytes, in_use, platform, hosts))

struct BuildView {
  std::string id;
  std::optional<std::string> name, status, error, created_at;
  std::optional<std::int64_t> current_step, total_steps;
};
BOOST_DESCRIBE_STRUCT(BuildView, (), (id, name, status, error, created_at, current_step, total_steps))

struct ApiKeyView {
  std::string id;
  std::optional<std::string> name, key_prefix, creator_email, created_at, expires_at, last_used, key;
  std::vector<std::string> scopes;
};
BOOST_DESCRIBE_STRUCT(ApiKeyView, (),
                      (id, name, key_prefix, creator_email, created_at, expires_at, last_used, key, scopes))

struct SessionView {
  std::string id;
  std::optional<std::string> ip, user_agent, created_at, last_seen_at;
  std::optional<bool> is_current;
};
BOOST_DESCRIBE_STRUCT(SessionView, (), (id, ip, user_agent, created_at, last_seen_at, is_current))

struct HostView {
  std::string id;
  std::optional<std::string> type, status, team_id, team_name, provider, availability_zone, address, arch,
      agent_version, hostname, last_heartbeat_at;
  std::optional<std::int64_t> cpu_cores, memory_mb, disk_gb, running, paused;
  std::optional<std::vector<std::string>> tags;
};
BOOST_DESCRIBE_STRUCT(HostView, (),
                      (id, type, status, team_id, team_name, provider, availability_zone, address, arch,
                       agent_version, hostname, last_heartbeat_at, cpu_cores, memory_mb, disk_gb, running,
                       paused, tags))

struct AuditView {
  std::optional<std::string> actor_type, actor_name, resource_type, resource_id, action, status, created_at;
};
BOOST_DESCRIBE_STRUCT(AuditView, (),
                      (actor_type, actor_name, resource_type, resource_id, action, status, created_at))

struct AuditPage {
  std::vector<boost::json::value> items;
  std::optional<std::string> next_before, next_before_id;
};
BOOST_DESCRIBE_STRUCT(AuditPage, (), (items, next_before, next_before_id))

struct VerifyAnswer {
  struct Broken {
    std::string damage;
    std::optional<std::int64_t> seq;
    std::optional<std::string> id;
  };
  bool ok = false;
  std::int64_t checked = 0;
  std::optional<std::int64_t> head_seq, next_after_seq;
  std::optional<Broken> broken;
};
BOOST_DESCRIBE_STRUCT(VerifyAnswer::Broken, (), (damage, seq, id))
BOOST_DESCRIBE_STRUCT(VerifyAnswer, (), (ok, checked, head_seq, next_after_seq, broken))

struct ProcessView {
  std::int64_t pid = 0;
  std::optional<std::string> tag, cmd, cwd;
  std::vector<std::string> args;
};
BOOST_DESCRIBE_STRUCT(ProcessView, (), (pid, tag, cmd, cwd, args))

struct EntryView {
  std::string name, path, type;  // type is "file", "directory" or "symlink"
  std::optional<std::int64_t> size, mode;

  bool is_folder() const { return type == "directory"; }
  bool is_executable() const { return (mode.value_or(0) & 0111) != 0; }
};
BOOST_DESCRIBE_STRUCT(EntryView, (), (name, path, type, size, mode))

struct LoginAnswer {
  std::string token;
  std::optional<std::string> team_id, email, name;
};
BOOST_DESCRIBE_STRUCT(LoginAnswer, (), (token, team_id, email, name))

// An answer that does not fit is the server's fault, not the user's.
template <class T>
Result<T> view_of(const boost::json::value& answer) {
  auto view = json::decode<T>(answer);
  if (!view)
    return fail(Error{Errc::unknown, "the server's answer is not understood: " + view.error().message});
  return view;
}

}  // namespace sandbar::cli
