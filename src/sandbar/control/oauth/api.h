// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/oauth/types.h"

namespace sandbar::control::oauth {

struct ReturnQuery {
  std::optional<std::string> code, state, error;
};
BOOST_DESCRIBE_STRUCT(ReturnQuery, (), (code, state, error))

struct ExchangeRequest {
  std::string code;
};
BOOST_DESCRIBE_STRUCT(ExchangeRequest, (), (code))

struct OAuthView {
  std::string token;
  UserId user_id;
  std::optional<TeamId> team_id;
  std::string email, name;
};
BOOST_DESCRIBE_STRUCT(OAuthView, (), (token, user_id, team_id, email, name))

struct ConnectView {
  std::string auth_url;
};
BOOST_DESCRIBE_STRUCT(ConnectView, (), (auth_url))

struct ProviderView {
  std::string provider, name;
};
BOOST_DESCRIBE_STRUCT(ProviderView, (), (provider, name))

struct MethodsView {
  std::vector<ProviderView> providers;
  bool sends_mail = false;  // accounts are activated, and passwords reset, by mail
};
BOOST_DESCRIBE_STRUCT(MethodsView, (), (providers, sends_mail))

}  // namespace sandbar::control::oauth
