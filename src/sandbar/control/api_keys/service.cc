// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/api_keys/service.h"

#include <algorithm>

#include "sandbar/base/random.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/control/access/secrets.h"
#include "sandbar/control/api_keys/store.h"
#include "sandbar/control/audit/service.h"

namespace sandbar::control::api_keys {
namespace {

using audit::What;

constexpr std::size_t kMaxName = 100, kShownCharacters = 10;

Result<std::string> checked_name(std::string_view name) {
  auto trimmed = std::string(trim(name));
  if (trimmed.empty()) return "Unnamed API Key";
  if (is_utf8(trimmed) && count_code_points(trimmed) <= kMaxName) return trimmed;
  return fail(invalid_request("name must have at most 100 characters",
                              {{"name", "must have at most 100 characters"}}));
}

// Each once, in the order of the enum.
std::vector<KeyScope> normal_scopes(const std::vector<KeyScope>& wanted) {
  using enum KeyScope;
  if (wanted.empty()) return {read, sandboxes, templates};
  std::vector<KeyScope> scopes;
  for (auto scope : {read, sandboxes, templates, hosts})
    if (std::ranges::find(wanted, scope) != wanted.end()) scopes.push_back(scope);
  return scopes;
}

Task<Result<void>> record_all(pg::Transaction& tx, access::Actor actor, TeamId team,
                              std::vector<ApiKeyId> keys, std::string cause) {
  for (auto key : keys) {
    auto entry = audit::happened(What::api_key_auto_revoke, team, actor, key.str(), {{"cause", cause}});
    CO_TRY_VOID(co_await audit::record(tx, std::move(entry)));
  }
  co_return Result<void>{};
}

}  // namespace

Task<Result<void>> revoke_keys_of_member(pg::Transaction& tx, access::Actor actor, TeamId team,
                                         UserId member) {
  CO_TRY(auto keys, co_await delete_keys_of_member(tx, team, member));
  co_return co_await record_all(tx, std::move(actor), team, std::move(keys), "its maker left the team");
}

Task<Result<void>> revoke_keys_of_team(pg::Transaction& tx, access::Actor actor, TeamId team) {
  CO_TRY(auto keys, co_await delete_keys_of_team(tx, team));
  co_return co_await record_all(tx, std::move(actor), team, std::move(keys), "the team was deleted");
}

Task<Result<NewApiKey>> ApiKeysService::create(access::Actor actor, NewKey wanted) {
  CO_TRY(wanted.name, checked_name(wanted.name));
  wanted.scopes = normal_scopes(wanted.scopes);
  if (wanted.expires_at && *wanted.expires_at <= clock_.now())
    co_return fail(
        invalid_request("expires_at must be in the future", {{"expires_at", "must be in the future"}}));
  co_return co_await database_.transaction<NewApiKey>(
      std::bind_front(&ApiKeysService::create_in, this, std::move(actor), std::move(wanted)));
}

Task<Result<NewApiKey>> ApiKeysService::create_in(access::Actor actor, NewKey wanted, pg::Transaction& tx) {
  auto team = actor.team->id;
  CO_TRY(auto role, co_await lock_team_and_find_role(tx, team, *actor.user));
  if (!role) co_return fail(Error{Errc::forbidden, "you are not a member of this team"});
  if (wanted.scopes.back() == KeyScope::hosts && *role == access::TeamRole::member)
    co_return fail(Error{Errc::forbidden, "only owners and admins of the team may make keys for hosts"});
  auto digits = random_hex(20);
  auto key = "sbk_" + digits;
  KeyRow row{ApiKeyId::random(),
             team,
             wanted.name,
             access::stored_form(digits),
             key.substr(0, kShownCharacters),
             wanted.scopes,
             actor.user,
             wanted.expires_at};
  CO_TRY(auto created, co_await insert_key(tx, std::move(row), max_keys_));
  auto entry = audit::happened(What::api_key_create, team, actor, created.id.str(), {{"name", wanted.name}});
  CO_TRY_VOID(co_await audit::record(tx, std::move(entry)));
  co_return NewApiKey{std::move(created), Secret(std::move(key))};
}

Task<Result<std::vector<ApiKey>>> ApiKeysService::list(TeamId team) { return list_keys(database_, team); }

Task<Result<void>> ApiKeysService::revoke(access::Actor actor, ApiKeyId id) {
  auto revoke = std::bind_front(&ApiKeysService::revoke_in, this, std::move(actor), id);
  CO_TRY_VOID(co_await database_.transaction<bool>(std::move(revoke)));
  co_return Result<void>{};
}

Task<Result<bool>> ApiKeysService::revoke_in(access::Actor actor, ApiKeyId id, pg::Transaction& tx) {
  CO_TRY(auto creator, co_await get_key_creator(tx, actor.team->id, id));
  if (creator != actor.user && !actor.manages_team())
    co_return fail(Error{Errc::forbidden, "members may revoke only the keys that they made"});
  CO_TRY_VOID(co_await delete_key(tx, actor.team->id, id));
  CO_TRY_VOID(
      co_await audit::record(tx, audit::happened(What::api_key_revoke, actor.team->id, actor, id.str())));
  co_return true;
}

}  // namespace sandbar::control::api_keys
