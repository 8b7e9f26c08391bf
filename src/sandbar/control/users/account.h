// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/users/service.h"

// What people do with their own account.

namespace sandbar::control::users {

struct PasswordChange {
  std::optional<Secret> current;  // needed if there is one
  Secret wanted;
};

class AccountService {
 public:
  explicit AccountService(UsersService& users) : users_(users), parts_(users.parts()) {}

  // A token with the new name, for the same session and team.
  Task<Result<SignIn>> rename(access::Actor actor, std::string name);
  // wrong_password; rate_limited after too many of them (`wait`). Ends every other session.
  Task<Result<void>> change_password(access::Actor actor, PasswordChange change,
                                     std::optional<std::chrono::seconds>& wait);
  // last_login_method if nothing else would sign the user in, provider_not_found.
  Task<Result<void>> disconnect_provider(access::Actor actor, std::string provider);
  // owns_team_with_members; `confirmation` is the account's address. Teams that nobody else is in go as well.
  Task<Result<void>> remove(access::Actor actor, std::string confirmation);

 private:
  Task<Result<bool>> set_password_in(access::Actor actor, std::optional<std::string> old_hash,
                                     std::string new_hash, pg::Transaction& tx);
  Task<Result<bool>> disconnect_in(access::Actor actor, std::string provider, pg::Transaction& tx);
  Task<Result<bool>> rename_in(access::Actor actor, std::string name, pg::Transaction& tx);
  Task<Result<bool>> remove_in(access::Actor actor, pg::Transaction& tx);

  UsersService& users_;
  const UsersService::Parts& parts_;
};

// In the transaction that has changed a password: other sessions end, and the owner of the account is told.
Task<Result<void>> after_password_change(pg::Transaction& tx, const UserOptions& options, UserRow user,
                                         std::optional<SessionId> kept);

}  // namespace sandbar::control::users
