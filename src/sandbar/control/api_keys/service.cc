// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/api_keys/service.h"

#include "sandbar/base/random.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/control/access/secrets.h"
#include "sandbar/control/api_keys/store.h"
#include "sandbar/control/audit/service.h"

namespace sandbar::control::api_keys {
namespace {

constexpr int kMaxKeys = 200;
constexpr std::size_t kMaxName = 100, kShownCharacters = 10;

Result<std::string> checked_name(std::string_view name) {
  auto trimmed = std::string(trim(name));
  if (trimmed.empty()) return "Unnamed API Key";
  if (is_utf8(trimmed) && count_code_points(trimmed) <= kMaxName) return trimmed;
  return fail(invalid_request("name must have at most 100 characters",
                              {{"name", "must have at most 100 characters"}}));
}

audit::Event event(const access::Actor& actor, ApiKeyId key, std::string action, audit::Status status) {
  return {.team = actor.team->id,
          .actor = actor,
          .resource_type = "api_key",
          .action = std::move(action),
          .resource_id = key.str(),
          .status = status};
}

}  // namespace

Task<Result<NewApiKey>> ApiKeysService::create(access::Actor actor, std::string name,
                                               std::optional<Time> expires_at) {
  CO_TRY(name, checked_name(name));
  if (expires_at && *expires_at <= clock_.now())
    co_return fail(
        invalid_request("expires_at must be in the future", {{"expires_at", "must be in the future"}}));
  co_return co_await database_.transaction<NewApiKey>(
      std::bind_front(&ApiKeysService::create_in, this, std::move(actor), std::move(name), expires_at));
}

Task<Result<NewApiKey>> ApiKeysService::create_in(access::Actor actor, std::string name,
                                                  std::optional<Time> expires_at, pg::Transaction& tx) {
  auto digits = random_hex(20);
  auto key = "sbk_" + digits;
  KeyRow row{
      ApiKeyId::random(), actor.team->id, name, access::stored_form(digits), key.substr(0, kShownCharacters),
      actor.user,         expires_at};
  CO_TRY(auto created, co_await insert_key(tx, std::move(row), kMaxKeys));
  auto entry = event(actor, created.id, "create", audit::Status::success);
  entry.metadata = {{"name", name}};
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
  CO_TRY_VOID(co_await audit::record(tx, event(actor, id, "revoke", audit::Status::warning)));
  co_return true;
}

}  // namespace sandbar::control::api_keys
