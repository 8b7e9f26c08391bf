// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/users/admin.h"

#include "sandbar/base/try.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/users/events.h"
#include "sandbar/control/users/store.h"
#include "sandbar/model/cursor.h"

namespace sandbar::control::users {
namespace {

using access::UserStatus;

constexpr int kPage = 100;
constexpr std::size_t kMaxSearch = 320;

// Holds the lock under which admins are made; the actor must still be one.
Task<Result<void>> begin_as_admin(const access::Actor& actor, pg::Transaction& tx) {
  CO_TRY_VOID(co_await lock_admins(tx));
  CO_TRY(auto self, co_await lock_user(tx, *actor.user));
  if (!self.is_admin || self.status != UserStatus::active)
    co_return fail(Error{Errc::forbidden, "only platform admins may do this"});
  co_return Result<void>{};
}

Task<Result<UserRow>> lock_present_user(UserId id, pg::Transaction& tx) {
  CO_TRY(auto user, co_await lock_user(tx, id));
  if (user.status == UserStatus::deleted) co_return fail(not_found("user", id.str()));
  co_return user;
}

}  // namespace

Task<Result<UserPage>> AdminUsersService::list(ListUsers list) {
  if (list.limit < 1 || list.limit > kPage)
    co_return fail(invalid_request("limit must be 1 to 100", {{"limit", "must be 1 to 100"}}));
  if (list.search.size() > kMaxSearch)
    co_return fail(invalid_request("search is too long", {{"search", "is too long"}}));
  UserPage page;
  CO_TRY(page.items, co_await list_users(database_, list));
  page.next_cursor = cut_page(page.items, list.limit);
  co_return page;
}

Task<Result<void>> AdminUsersService::set_rank(access::Actor actor, UserId user, Rank rank) {
  CO_TRY_VOID(co_await database_.transaction<bool>(
      std::bind_front(&AdminUsersService::set_rank_in, this, std::move(actor), user, rank)));
  co_return Result<void>{};
}

Task<Result<bool>> AdminUsersService::set_rank_in(access::Actor actor, UserId user, Rank rank,
                                                  pg::Transaction& tx) {
  CO_TRY_VOID(co_await begin_as_admin(actor, tx));
  CO_TRY(auto row, co_await lock_present_user(user, tx));
  if (rank == Rank::admin && row.status != UserStatus::active)
    co_return fail(invalid_state("only an active user can become a platform admin"));
  CO_TRY(int admins, co_await count_admins(tx));
  if (rank == Rank::user && row.is_admin && row.status == UserStatus::active && admins <= 1)
    co_return fail(Error{Errc::last_admin, "there must be another platform admin first"});
  CO_TRY(bool changed, co_await users::set_admin(tx, user, rank == Rank::admin));
  if (!changed) co_return false;
  auto what = rank == Rank::admin ? audit::What::user_grant_admin : audit::What::user_revoke_admin;
  auto moved = event(what, std::move(actor), user);
  CO_TRY_VOID(co_await audit::record(tx, std::move(moved)));
  co_return true;
}

Task<Result<void>> AdminUsersService::enable(access::Actor actor, UserId user) {
  CO_TRY_VOID(co_await database_.transaction<bool>(
      std::bind_front(&AdminUsersService::move_in, this, std::move(actor), user, UserStatus::active)));
  co_return Result<void>{};
}

Task<Result<void>> AdminUsersService::disable(access::Actor actor, UserId user) {
  if (user == actor.user) co_return fail(invalid_request("you cannot disable yourself"));
  CO_TRY_VOID(co_await database_.transaction<bool>(
      std::bind_front(&AdminUsersService::move_in, this, std::move(actor), user, UserStatus::disabled)));
  co_return Result<void>{};
}

Task<Result<bool>> AdminUsersService::move_in(access::Actor actor, UserId user, UserStatus to,
                                              pg::Transaction& tx) {
  CO_TRY_VOID(co_await begin_as_admin(actor, tx));
  CO_TRY(auto row, co_await lock_present_user(user, tx));
  if (row.status == UserStatus::inactive)
    co_return fail(invalid_state("the account has not been activated yet"));
  auto from = to == UserStatus::active ? UserStatus::disabled : UserStatus::active;
  CO_TRY(bool changed, co_await set_status(tx, user, from, to));
  if (!changed) co_return false;
  if (to == UserStatus::disabled) CO_TRY_VOID(co_await sessions::end_all(tx, user));
  auto what = to == UserStatus::disabled ? audit::What::user_deactivate : audit::What::user_activate;
  auto moved = event(what, std::move(actor), user);
  CO_TRY_VOID(co_await audit::record(tx, std::move(moved)));
  co_return true;
}

}  // namespace sandbar::control::users
