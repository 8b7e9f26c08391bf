// SPDX-License-Identifier: Apache-2.0
#include "sandbar/base/try.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/teams/service.h"
#include "sandbar/control/users/events.h"
#include "sandbar/control/users/service.h"
#include "sandbar/control/users/store.h"
#include "sandbar/control/users/validate.h"

namespace sandbar::control::users {
namespace {

using access::UserStatus;

Error taken() { return {Errc::already_exists, "this identity signs in another account already"}; }

}  // namespace

Task<Result<UserId>> UsersService::user_of_identity(pg::Transaction& tx, Identity identity,
                                                    access::Client client) {
  identity.email = normal_email(identity.email);
  CO_TRY_VOID(co_await lock_identity(tx, identity));
  CO_TRY(auto known, co_await find_identity(tx, identity));
  if (!known) co_return co_await create_of_identity(tx, std::move(identity), std::move(client));
  if (known->status != UserStatus::active)
    co_return fail(Error{Errc::account_disabled, "this account is disabled"});
  co_return known->id;
}

// An account that waits for the proof of its address gives way: here is the proof, by somebody else perhaps.
Task<Result<UserId>> UsersService::create_of_identity(pg::Transaction& tx, Identity identity,
                                                      access::Client client) {
  if (!is_email(identity.email)) co_return fail(invalid_request("the provider told no usable address"));
  CO_TRY_VOID(co_await delete_inactive(tx, identity.email));
  UserRow user{.id = UserId::random(), .email = identity.email};
  user.name = usable_name(identity.name, identity.email);
  user.is_verified = true;
  CO_TRY_VOID(co_await insert_user(tx, user));
  CO_TRY_VOID(co_await teams::found_default_team(tx, user.id, user.name));
  CO_TRY_VOID(co_await insert_identity(tx, user.id, identity));
  auto signed_up = event(audit::What::user_signup, actor_of(user.id, user.name, client), user.id);
  signed_up.metadata = {{"provider", identity.provider}};
  CO_TRY_VOID(co_await audit::record(tx, std::move(signed_up)));
  co_return user.id;
}

Task<Result<void>> UsersService::connect_identity(pg::Transaction& tx, access::Actor actor,
                                                  Identity identity) {
  auto user = *actor.user;
  identity.email = normal_email(identity.email);
  CO_TRY_VOID(co_await lock_identity(tx, identity));
  CO_TRY(auto known, co_await find_identity(tx, identity));
  if (known && known->id == user) co_return Result<void>{};
  if (known) co_return fail(taken());
  CO_TRY_VOID(co_await lock_user(tx, user));
  auto inserted = co_await insert_identity(tx, user, identity);
  if (!inserted && inserted.error().code == Errc::already_exists) co_return fail(taken());
  CO_TRY_VOID(std::move(inserted));
  CO_TRY_VOID(co_await set_verified(tx, user, identity.email));
  auto connected = event(audit::What::user_provider_link, std::move(actor), user);
  connected.metadata = {{"provider", identity.provider}};
  co_return co_await audit::record(tx, std::move(connected));
}

}  // namespace sandbar::control::users
