// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/api_keys/routes.h"

#include "sandbar/control/access/call.h"
#include "sandbar/control/api_keys/api.h"

namespace sandbar::control::api_keys {
namespace {

using access::Call;
using enum http::Access;

ApiKeyView view_of(const ApiKey& key) {
  return {key.id,         key.team_id,
          key.name,       key.key_prefix,
          key.created_by, key.creator_email,
          key.created_at, key.expires_at,
          key.last_used,  {}};
}

Task<Result<http::Page<ApiKeyView>>> list(ApiKeysService& service, Call& call) {
  CO_TRY(auto keys, co_await service.list(call.team()));
  http::Page<ApiKeyView> page;
  for (const auto& key : keys) page.items.push_back(view_of(key));
  co_return page;
}

Task<Result<http::Created<ApiKeyView>>> create(ApiKeysService& service, Call& call,
                                               CreateApiKeyRequest request) {
  CO_TRY(auto created, co_await service.create(call.actor(), request.name.value_or(""), request.expires_at));
  auto view = view_of(created.row);
  view.key = created.key.reveal();
  view.creator_email = call.actor().email;
  co_return http::Created<ApiKeyView>{std::move(view)};
}

Task<Result<http::NoContent>> revoke(ApiKeysService& service, Call& call, ApiKeyId id) {
  CO_TRY_VOID(co_await service.revoke(call.actor(), id));
  co_return http::NoContent{};
}

constexpr http::ServiceRoute<ApiKeysService> kRoutes[] = {
    http::route<&list>("GET", "/v1/api-keys", user, "List the team's API keys"),
    http::route<&create>("POST", "/v1/api-keys", user, "Create an API key; the key itself is shown only now"),
    http::route<&revoke>("DELETE", "/v1/api-keys/{id}", user, "Revoke an API key"),
};

}  // namespace

http::Routes<ApiKeysService> routes() { return kRoutes; }

}  // namespace sandbar::control::api_keys
