// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/access/call.h"
#include "sandbar/control/users/api.h"
#include "sandbar/control/users/service.h"

namespace sandbar::control::users {

// The body of the answer; a new refresh token goes into its cookie.
inline AuthView view_of(SignIn in, const sessions::SessionService& sessions, access::Call& call) {
  if (!in.refresh_token.empty()) sessions.set_cookie(call, in.refresh_token);
  return {std::move(in.token), in.user_id, in.team_id, std::move(in.email), std::move(in.name)};
}

inline void tell_wait(access::Call& call, std::optional<std::chrono::seconds> wait) {
  if (wait) call.answer_headers.set("Retry-After", std::to_string(std::max<std::int64_t>(1, wait->count())));
}

}  // namespace sandbar::control::users
