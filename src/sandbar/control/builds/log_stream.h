// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/access/call.h"
#include "sandbar/control/builds/service.h"

namespace sandbar::control::builds {

enum class Follow { no, yes };

// The log of a build, UTF-8, from a place on; as a download, since it is what other people's programs said;
// with Follow::yes what comes is sent as it comes, until the build has ended or the client has gone.
Task<Result<http::Streamed>> stream_log(BuildService& service, access::Call& call, TeamId team, BuildId id,
                                        std::int64_t from, Follow follow);

}  // namespace sandbar::control::builds
