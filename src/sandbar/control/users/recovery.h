// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/users/service.h"

// What links in mails do. Their tokens work once, for a short time; only hashes of them are stored.

namespace sandbar::control::users {

class RecoveryService {
 public:
  explicit RecoveryService(UsersService& users) : users_(users), parts_(users.parts()) {}

  // invalid_token, already_activated.
  Task<Result<SignIn>> activate(std::string token, access::Client client);
  // Says nothing about whether there is such an account.
  Task<Result<void>> request_reset(std::string email);
  // invalid_token. Ends all sessions.
  Task<Result<void>> reset_password(std::string token, Secret password, access::Client client);

  UsersService& users() { return users_; }

 private:
  Task<Result<SignIn>> activate_in(std::string token, access::Client client, pg::Transaction& tx);
  Task<Result<bool>> request_reset_in(std::string email, pg::Transaction& tx);
  Task<Result<bool>> reset_in(std::string token, std::string password_hash, access::Client client,
                              pg::Transaction& tx);

  UsersService& users_;
  const UsersService::Parts& parts_;
};

}  // namespace sandbar::control::users
