// SPDX-License-Identifier: Apache-2.0
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/control/oauth/fetch.h"
#include "sandbar/control/oauth/providers.h"

namespace sandbar::control::oauth {
namespace {

namespace bj = boost::json;

// S256 of RFC 7636.
std::string challenge_of(const std::string& verifier) {
  return to_base64url(from_hex(access::stored_form(verifier)).value_or(""));
}

bool is_true(const bj::value& object, std::string_view name) {
  const auto* members = object.if_object();
  const auto* value = members ? members->if_contains(name) : nullptr;
  return value && value->is_bool() && value->get_bool();
}

// The primary one if GitHub has verified it, else any that it has. What a profile shows proves nothing.
std::string verified_email(const bj::value& emails) {
  std::string found;
  if (!emails.is_array()) return found;
  for (const auto& email : emails.get_array()) {
    if (!is_true(email, "verified")) continue;
    if (is_true(email, "primary")) return text_in(email, "email");
    if (found.empty()) found = text_in(email, "email");
  }
  return found;
}

std::string number_in(const bj::value& object, std::string_view name) {
  const auto* members = object.if_object();
  const auto* value = members ? members->if_contains(name) : nullptr;
  return value && (value->is_int64() || value->is_uint64()) ? bj::serialize(*value) : std::string();
}

}  // namespace

std::string Providers::github_url(const Visit& visit) const {
  return options_.github_url + "/login/oauth/authorize?" +
         form({{"client_id", options_.github_client_id},
               {"redirect_uri", visit.redirect_uri},
               {"scope", "read:user user:email"},
               {"state", visit.state},
               {"code_challenge", challenge_of(visit.verifier)},
               {"code_challenge_method", "S256"}});
}

Task<Result<users::Identity>> Providers::identify_at_github(Visit visit, std::string code) {
  Ask ask{"POST", options_.github_url + "/login/oauth/access_token"};
  ask.headers.set("Content-Type", "application/x-www-form-urlencoded");
  ask.body = form({{"client_id", options_.github_client_id},
                   {"client_secret", options_.github_client_secret.reveal()},
                   {"code", code},
                   {"redirect_uri", visit.redirect_uri},
                   {"code_verifier", visit.verifier}});
  CO_TRY(auto answer, co_await fetch_json(std::move(ask)));
  auto token = text_in(answer, "access_token");
  if (token.empty())
    co_return fail(Error{Errc::unauthorized, "GitHub refused the code", text_in(answer, "error")});
  http::Headers bearer{{"Authorization", "Bearer " + token}};
  CO_TRY(auto user, co_await fetch_json({"GET", options_.github_api_url + "/user", bearer}));
  CO_TRY(auto emails, co_await fetch_json({"GET", options_.github_api_url + "/user/emails", bearer}));
  users::Identity identity{"github", number_in(user, "id"), verified_email(emails), text_in(user, "name")};
  if (identity.name.empty()) identity.name = text_in(user, "login");
  if (identity.provider_id.empty()) co_return fail(Error{Errc::agent_error, "GitHub told no id"});
  if (identity.email.empty())
    co_return fail(Error{Errc::forbidden, "GitHub has verified no address of yours"});
  co_return identity;
}

}  // namespace sandbar::control::oauth
