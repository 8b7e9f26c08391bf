// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/login.h"

#include <fmt/format.h>
#include <unistd.h>

#include "sandbar/cli/views.h"

namespace sandbar::cli {

std::string own_key_name() {
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  return fmt::format("sandbar CLI on {}", host).substr(0, 100);
}

Task<Result<void>> enter_team(Executor executor, Profile& profile, std::string session, std::string team) {
  auto kept = profile.team_keys.find(team);
  if (kept == profile.team_keys.end()) {
    CO_TRY(auto signed_in, Api::create(executor, {profile.url, {}, Secret(session)}));
    boost::json::object new_key{{"name", own_key_name()}};
    CO_TRY(auto made, co_await signed_in->post("/v1/api-keys", std::move(new_key), Auth::session));
    CO_TRY(auto key, view_of<ApiKeyView>(made));
    kept = profile.team_keys.emplace(team, key.key.value_or("")).first;
  }
  profile.api_key = kept->second;
  profile.session = std::move(session);
  profile.team = std::move(team);
  co_return Result<void>{};
}

Task<Result<Profile>> sign_in(Executor executor, std::string url, std::string email, Secret password) {
  CO_TRY(auto anonymous, Api::create(executor, {url, {}, {}}));
  boost::json::object credentials{{"email", email}, {"password", password.reveal()}};
  CO_TRY(auto answer, co_await anonymous->post("/v1/auth/login", std::move(credentials), Auth::none));
  CO_TRY(auto login, view_of<LoginAnswer>(answer));
  Profile profile{.url = url,
                  .email = login.email.value_or(email),
                  .session = login.token,
                  .renewal = anonymous->credentials().renewal.reveal()};
  if (login.team_id) CO_TRY_VOID(co_await enter_team(executor, profile, login.token, *login.team_id));
  co_return profile;
}

Task<Result<Profile>> profile_with_key(Executor executor, std::string url, Secret api_key) {
  CO_TRY(auto api, Api::create(executor, {url, api_key, {}}));
  CO_TRY_VOID(co_await api->get("/v1/sandboxes?limit=1"));
  co_return Profile{.url = url, .api_key = api_key.reveal()};
}

}  // namespace sandbar::cli
