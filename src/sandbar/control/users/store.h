// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/users/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::users {

enum class MailPurpose { activation, password_reset };
BOOST_DESCRIBE_ENUM(MailPurpose, activation, password_reset)

struct LoginRow {
  UserId id;
  std::string email, name;
  access::UserStatus status = access::UserStatus::disabled;
  std::optional<std::string> password_hash;
};
BOOST_DESCRIBE_STRUCT(LoginRow, (), (id, email, name, status, password_hash))

struct EmailRow {
  UserId id;
  std::string email, name;
  access::UserStatus status = access::UserStatus::disabled;
  bool is_recent = false;
};
BOOST_DESCRIBE_STRUCT(EmailRow, (), (id, email, name, status, is_recent))

struct UserRow {
  UserId id;
  std::string email, name;
  bool is_admin = false;
  access::UserStatus status = access::UserStatus::active;
  std::optional<std::string> password_hash;
  bool is_verified = false;  // the address, when the row is inserted
};
BOOST_DESCRIBE_STRUCT(UserRow, (), (id, email, name, is_admin, status, password_hash))

struct IdentityRow {
  UserId id;
  access::UserStatus status = access::UserStatus::disabled;
};
BOOST_DESCRIBE_STRUCT(IdentityRow, (), (id, status))

struct TeamRoleRow {
  TeamId team_id;
  std::optional<access::TeamRole> role;
};
BOOST_DESCRIBE_STRUCT(TeamRoleRow, (), (team_id, role))

struct NewMailToken {
  Uuid id;
  UserId user;
  MailPurpose purpose = MailPurpose::activation;
  std::string token_hash;
  std::chrono::milliseconds lifetime{};
};

// email_taken if it is.
Task<Result<void>> insert_user(pg::Session& session, UserRow user);
Task<Result<std::optional<LoginRow>>> find_login(pg::Session& session, std::string email);
// unauthorized if there is no such user any more.
Task<Result<Landing>> lock_landing(pg::Session& session, UserId user, std::optional<TeamId> wanted);
Task<Result<std::optional<EmailRow>>> lock_by_email(pg::Transaction& tx, std::string email,
                                                    std::chrono::milliseconds pause);
Task<Result<UserRow>> lock_user(pg::Transaction& tx, UserId user);
Task<Result<void>> replace_inactive(pg::Transaction& tx, UserRow user);
Task<Result<void>> delete_inactive(pg::Transaction& tx, std::string email);
// not_found unless the team is live.
Task<Result<TeamRoleRow>> get_team_and_role(pg::Session& session, UserId user, TeamId team);

// Counts a try, and says how long no other one is allowed.
Task<Result<std::optional<std::chrono::seconds>>> count_login_try(pg::Session& session, std::string key,
                                                                  const UserOptions& options);
Task<Result<void>> forget_login_tries(pg::Session& session, std::string key);

Task<Result<void>> insert_mail_token(pg::Transaction& tx, NewMailToken token);
Task<Result<bool>> has_recent_mail_token(pg::Transaction& tx, UserId user, MailPurpose purpose,
                                         std::chrono::milliseconds pause);
Task<Result<void>> supersede_mail_tokens(pg::Transaction& tx, UserId user, MailPurpose purpose);
Task<Result<std::optional<UserId>>> use_mail_token(pg::Transaction& tx, std::string token_hash,
                                                   MailPurpose purpose);
Task<Result<std::optional<access::UserStatus>>> find_owner_of_mail_token(pg::Transaction& tx,
                                                                         std::string token_hash,
                                                                         MailPurpose purpose);
Task<Result<std::optional<UserRow>>> activate(pg::Transaction& tx, UserId user);

Task<Result<void>> set_password(pg::Transaction& tx, UserId user, std::string password_hash);
// If the user has that address.
Task<Result<void>> set_verified(pg::Transaction& tx, UserId user, std::string email);
Task<Result<void>> set_name(pg::Session& session, UserId user, std::string name);
Task<Result<Profile>> get_profile(pg::Session& session, UserId user);
// Held until the end of the transaction.
Task<Result<void>> lock_identity(pg::Transaction& tx, Identity identity);
Task<Result<std::optional<IdentityRow>>> find_identity(pg::Transaction& tx, Identity identity);
// already_exists if it, or another one of that provider, is there.
Task<Result<void>> insert_identity(pg::Transaction& tx, UserId user, Identity identity);
// Whether there was one.
Task<Result<bool>> delete_identity(pg::Transaction& tx, UserId user, std::string provider);
Task<Result<void>> anonymise(pg::Transaction& tx, UserId user);

// Held until the end of the transaction: makes and unmakes admins one after the other.
Task<Result<void>> lock_admins(pg::Transaction& tx);
Task<Result<bool>> has_admin(pg::Transaction& tx);
Task<Result<int>> count_admins(pg::Transaction& tx);
// Whether anything changed.
Task<Result<bool>> set_admin(pg::Transaction& tx, UserId user, bool is_admin);
Task<Result<bool>> set_status(pg::Transaction& tx, UserId user, access::UserStatus from,
                              access::UserStatus to);
Task<Result<std::vector<ListedUser>>> list_users(pg::Session& session, ListUsers list);

}  // namespace sandbar::control::users
