// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "sandbar/control/access/rate_limiter.h"
#include "sandbar/control/access/secrets.h"
#include "sandbar/control/teams/types.h"
#include "sandbar/pg/database.h"

// Asking people to join by their address, whether or not they have an account yet: the answer is the same for
// both, so that nobody learns from it. An invitation is good for some days and ends when it is accepted,
// declined or revoked. Whoever is signed in with the address sees it; accepting takes the invitation's token
// too, unless the account has proved already that the address is its own. Only the token's hash is stored.

namespace sandbar::control::teams {

struct InvitationOptions {
  std::chrono::milliseconds lifetime{std::chrono::hours(7 * 24)};
  bool are_mailed = false;  // else whoever invites gets the token, and passes it on
};

class InvitationsService {
 public:
  InvitationsService(pg::Database& database, const access::Keys& keys, access::RateLimiter& limiter,
                     InvitationOptions options)
      : database_(database), keys_(keys), limiter_(limiter), options_(options) {}

  // Replaces an earlier one to that address. already_member; quota_exceeded for too many that are open.
  Task<Result<NewInvitation>> create(access::Actor actor, TeamId team, std::string email, TeamRole role);
  Task<Result<std::vector<Invitation>>> list(TeamId team);
  Task<Result<void>> revoke(access::Actor actor, TeamId team, InvitationId id);

  Task<Result<std::vector<ReceivedInvitation>>> list_received(access::Actor actor);
  // The team that the actor is now a member of. not_found, forbidden for a wrong or missing token.
  Task<Result<TeamOfUser>> accept(access::Actor actor, InvitationId id, std::optional<std::string> token);
  Task<Result<void>> decline(access::Actor actor, InvitationId id);

  access::RateLimiter& limiter() { return limiter_; }

 private:
  struct Wanted {
    TeamId team;
    std::string email;
    TeamRole role = TeamRole::member;
  };
  Task<Result<NewInvitation>> create_in(access::Actor actor, Wanted wanted, pg::Transaction& tx);
  Task<Result<bool>> revoke_in(access::Actor actor, TeamId team, InvitationId id, pg::Transaction& tx);
  Task<Result<TeamOfUser>> accept_in(access::Actor actor, InvitationId id, std::optional<std::string> token,
                                     pg::Transaction& tx);
  Task<Result<bool>> decline_in(access::Actor actor, InvitationId id, pg::Transaction& tx);

  pg::Database& database_;
  const access::Keys& keys_;
  access::RateLimiter& limiter_;
  InvitationOptions options_;
};

}  // namespace sandbar::control::teams
