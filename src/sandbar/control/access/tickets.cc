// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/tickets.h"

#include "sandbar/base/random.h"
#include "sandbar/base/try.h"
#include "sandbar/control/access/actors.h"
#include "sandbar/control/access/store.h"

namespace sandbar::control::access {
namespace {

constexpr std::size_t kTokenBytes = 32;
constexpr std::chrono::seconds kLifetime{30};

}  // namespace

Task<Result<Ticket>> Tickets::issue(Actor actor) {
  auto token = random_hex(kTokenBytes);
  TicketRow row{actor.user, actor.session, actor.meant_team, actor.api_key};
  CO_TRY(auto expires_at, co_await insert_ticket(database_, stored_form(token), std::move(row), kLifetime));
  co_return Ticket{std::move(token), expires_at};
}

Task<Result<Actor>> Tickets::redeem(std::string token) {
  Error bad{Errc::unauthorized, "this ticket is not valid, or not any more"};
  if (token.size() != 2 * kTokenBytes) co_return fail(std::move(bad));
  CO_TRY(auto row, co_await take_ticket(database_, stored_form(token)));
  if (!row) co_return fail(std::move(bad));
  if (row->api_key_id) co_return co_await actor_of_key(database_, *row->api_key_id, Look::is_use);
  UserClaims named{.sub = *row->user_id, .sid = *row->session_id, .team_id = row->team_id};
  co_return co_await actor_of_session(database_, std::move(named), Look::is_use);
}

}  // namespace sandbar::control::access
