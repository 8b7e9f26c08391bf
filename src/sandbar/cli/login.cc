// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/login.h"

#include "sandbar/cli/views.h"

namespace sandbar::cli {

Task<Result<Profile>> sign_in(Executor executor, std::string url, std::string email, Secret password,
                              std::string key_name) {
  CO_TRY(auto anonymous, Api::create(executor, {url, {}, {}}));
  boost::json::object credentials{{"email", email}, {"password", password.reveal()}};
  CO_TRY(auto answer, co_await anonymous->post("/v1/auth/login", std::move(credentials), Auth::none));
  CO_TRY(auto login, view_of<LoginAnswer>(answer));
  Profile profile{url, std::nullopt, login.email.value_or(email), login.token};
  CO_TRY(auto signed_in, Api::create(executor, {url, {}, Secret(login.token)}));
  boost::json::object new_key{{"name", key_name}};
  CO_TRY(auto made, co_await signed_in->post("/v1/api-keys", std::move(new_key), Auth::session));
  CO_TRY(auto key, view_of<ApiKeyView>(made));
  profile.api_key = key.key;
  co_return profile;
}

Task<Result<Profile>> profile_with_key(Executor executor, std::string url, Secret api_key) {
  CO_TRY(auto api, Api::create(executor, {url, api_key, {}}));
  CO_TRY_VOID(co_await api->get("/v1/sandboxes?limit=1"));
  Profile profile{url, api_key.reveal(), std::nullopt, std::nullopt};
  co_return profile;
}

}  // namespace sandbar::cli
