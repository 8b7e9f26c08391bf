// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/api_keys/routes.h"

#include "sandbar/control/access/call.h"
#include "sandbar/control/api_keys/api.h"

namespace sandbar::control::api_keys {
namespace {

using access::Call;
using enum http::Access;

ApiKeyView view_of(const ApiKey& key) {
  ApiKeyView view{.id = key.id, .team_id = key.team_id, .name = key.name, .key_prefix = key.key_prefix};
  for (const auto& name : key.scopes)
    if (auto scope = enum_from_name<KeyScope>(name)) view.scopes.push_back(*scope);
  view.created_by = key.created_by;
  view.creator_email = key.creator_email;
  view.created_at = key.created_at;
  view.expires_at = key.expires_at;
  view.last_used = key.last_used;
  return view;
}

// An empty list is a mistake, not everything.
Result<NewKey> wanted_of(CreateApiKeyRequest request) {
  if (request.scopes && request.scopes->empty())
    return fail(invalid_request("scopes must name at least one", {{"scopes", "must name at least one"}}));
  return NewKey{request.name.value_or(""), request.expires_at,
                request.scopes.value_or(std::vector<KeyScope>{})};
}

Task<Result<http::Page<ApiKeyView>>> list(ApiKeysService& service, Call& call) {
  CO_TRY(auto keys, co_await service.list(call.team()));
  http::Page<ApiKeyView> page;
  for (const auto& key : keys) page.items.push_back(view_of(key));
  co_return page;
}

Task<Result<http::Created<ApiKeyView>>> create(ApiKeysService& service, Call& call,
                                               CreateApiKeyRequest request) {
  CO_TRY(auto wanted, wanted_of(std::move(request)));
  CO_TRY(auto created, co_await service.create(call.actor(), std::move(wanted)));
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
