// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/agent/registration/credentials.h"
#include "sandbar/http/client.h"

// The three calls that a host makes to control (REQUIREMENTS section 9).

namespace sandbar::agent {

struct HostFacts {
  std::string arch;  // "amd64", "arm64"
  std::string hostname;
  int cpu_cores = 0;
  std::int64_t memory_mb = 0, disk_gb = 0;
};
// Of this machine; the disk is the one that holds `state`.
HostFacts host_facts(const std::filesystem::path& state);

struct HeartbeatBody {
  std::string agent_version, hostname;
  int cpu_cores = 0;
  std::int64_t memory_mb = 0, disk_gb = 0;
  std::vector<std::string> templates;
  std::int64_t running = 0, paused = 0;
};
BOOST_DESCRIBE_STRUCT(HeartbeatBody, (),
                      (agent_version, hostname, cpu_cores, memory_mb, disk_gb, templates, running, paused))

struct GrantedHost {
  HostId id;
};
BOOST_DESCRIBE_STRUCT(GrantedHost, (), (id))

// What control grants at registration and at each refresh.
struct Grant {
  GrantedHost host;
  std::string token, refresh_token;
  std::optional<std::string> certificate_pem, ca_pem;
};
BOOST_DESCRIBE_STRUCT(Grant, (), (host, token, refresh_token, certificate_pem, ca_pem))

struct ControlReply {
  int status = 0;
  std::string code;  // of control's error body, if there is one
  std::string body;
  std::vector<std::string> tunnels =
      {};                  // of a heartbeat: each process of control, for an agent that dials out
  bool is_reached = true;  // of a heartbeat: control has been able to call us
};

class ControlClient {
 public:
  explicit ControlClient(http::Client& http) : http_(http) {}

  // A new key and its certificate, for a registration token that works once.
  Task<Result<Credentials>> register_host(std::string token, std::string address, std::string control_url,
                                          HostFacts facts);
  // An error means that control was not reached; everything it says is a reply.
  Task<Result<ControlReply>> heartbeat(const Credentials& credentials, HeartbeatBody body);
  Task<Result<ControlReply>> refresh(const Credentials& credentials);

 private:
  Task<Result<ControlReply>> post(std::string path, http::Headers headers, std::string body,
                                  std::chrono::milliseconds limit);
  http::Client& http_;
};

// The grant of a reply, checked: a certificate in it must be one.
Result<Grant> grant_of(const ControlReply& reply);
void apply(const Grant& grant, Credentials& credentials, Time now);

}  // namespace sandbar::agent
