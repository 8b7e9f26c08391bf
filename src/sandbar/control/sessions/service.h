// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "sandbar/control/access/call.h"
#include "sandbar/control/access/service.h"
#include "sandbar/control/sessions/types.h"

// Sign-ins as rows: every token of a user names its session, and a session that is revoked lets nobody in any
// more, at once. Browsers renew a session with a cookie that no page can read. Each use gives a successor;
// the old cookie stays good until a successor is used, so that an answer which is lost locks nobody out. A
// cookie that comes back after that has been copied: the session ends.

namespace sandbar::control::sessions {

class SessionService {
 public:
  SessionService(pg::Database& database, access::AccessService& access, SessionOptions options)
      : database_(database), access_(access), options_(options) {}

  // As part of the transaction that signs the user in. A user has a bounded number of sessions.
  Task<Result<OpenedSession>> open(pg::Session& session, UserId user, std::optional<TeamId> team,
                                   access::Client client);
  // unauthorized for anything but a refresh token of a live session.
  Task<Result<Renewal>> renew(std::string refresh_token);
  // Which team a renewed session lands in.
  Task<Result<void>> note_team(SessionId id, TeamId team);

  Task<Result<std::vector<Session>>> list(UserId user);
  // not_found unless it is one of the actor's own.
  Task<Result<void>> end(access::Actor actor, SessionId id);
  Task<Result<void>> end_others(access::Actor actor);
  // Whoever holds one of these is signed out; both may be empty or stale.
  Task<Result<void>> sign_out(std::string bearer_token, std::string refresh_token);

  // The answer's cookie, and the request's; without a token the browser forgets it.
  void set_cookie(access::Call& call, const Secret& refresh_token) const;
  void clear_cookie(access::Call& call) const;
  static std::string cookie_of(const access::Call& call);

 private:
  struct Outcome {
    std::optional<Renewal> renewal;  // none: the token was used again
    UserId user_id;
  };
  Task<Result<Outcome>> renew_in(std::string refresh_token, pg::Transaction& tx);
  Task<Result<Outcome>> end_stolen(UserId user, SessionId id, pg::Transaction& tx);
  Task<Result<bool>> end_in(access::Actor actor, SessionId id, pg::Transaction& tx);
  Task<Result<bool>> end_others_in(access::Actor actor, pg::Transaction& tx);
  Task<Result<bool>> end_of_token_in(std::string refresh_token, pg::Transaction& tx);

  pg::Database& database_;
  access::AccessService& access_;
  SessionOptions options_;
};

// All of a user's sessions but the kept one, in the transaction that makes them worthless.
Task<Result<int>> end_all(pg::Session& session, UserId user, std::optional<SessionId> kept = std::nullopt);

}  // namespace sandbar::control::sessions
