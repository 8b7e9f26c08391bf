// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "sandbar/agent/vm/hypervisor.h"
#include "sandbar/base/secret.h"
#include "sandbar/http/client.h"

// What the agent itself says to the guest program of a sandbox. The guest is hostile: every answer is bounded
// in size and time, and nothing in it is believed beyond "it answered".

namespace sandbar::agent {

// Who a sandbox is. Empty members leave what the guest has.
struct GuestIdentity {
  SandboxId id;
  TemplateId template_id;
  Secret access_token;
  std::map<std::string, std::string> env;
  std::string user, workdir;
  int disk_mib = 0;  // if it is larger than the template's
};

// Connections to the guest's port in a VM, kept alive: by the quickest way, or for what is long or large, by
// the network, which has room for any number.
enum class GuestWay { quickest, network };
http::ClientPtr make_guest_http(Executor executor, VmPtr vm, GuestWay way = GuestWay::quickest);

// Sets clock, entropy, identity and token: to be called after every restore, before anything of the user's
// runs. Tries again until the guest answers or `limit` is over.
Task<Result<void>> introduce(http::Client& guest, GuestIdentity who, std::chrono::milliseconds limit);

// Starts a shell command in the background and does not wait for its end.
Task<Result<void>> start_in_background(http::Client& guest, std::string command, std::string user,
                                       Secret access_token);

// What a shell command led to. `output` is the end of what it said.
struct CommandEnd {
  int exit_code = 0;
  std::string output;
};
// Runs a shell command to its end; deadline_exceeded after `limit`.
Task<Result<CommandEnd>> run_to_end(http::Client& guest, std::string command, std::string user,
                                    Secret access_token, std::chrono::milliseconds limit);

}  // namespace sandbar::agent
