// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/guest/session.h"
#include "sandbar/json/decode.h"

// POST /init: the host tells the guest who it is. It comes after every start and every resume, before any
// client.

namespace sandbar::guest {

struct InitRequest {
  std::optional<std::map<std::string, std::string>> envVars;  // added to what is there
  std::optional<std::string> accessToken;
  std::optional<std::string> timestamp;  // RFC 3339; sets the clock of a virtual machine
  std::optional<std::string> defaultUser, defaultWorkdir;
  std::optional<std::string> sandboxId, templateId;
  std::optional<std::string> entropy;  // base64; stirred into the kernel's random generator
  std::optional<int> diskMib;          // larger than the template's: the file system has to grow to it
};
BOOST_DESCRIBE_STRUCT(InitRequest, (),
                      (envVars, accessToken, timestamp, defaultUser, defaultWorkdir, sandboxId, templateId,
                       entropy, diskMib))

// Refused (unauthorized) when another token is already set, unless the caller is the machine's host: a
// sandbox that was made from a snapshot has its parent's token in memory.
enum class Caller { host, anybody };
Result<void> apply_init(Session& session, InitRequest request, Caller caller);

}  // namespace sandbar::guest
