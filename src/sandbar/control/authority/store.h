// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/pg/database.h"

namespace sandbar::control::authority {

struct AuthorityRow {
  std::string certificate_pem, encrypted_key;
};
BOOST_DESCRIBE_STRUCT(AuthorityRow, (), (certificate_pem, encrypted_key))

// Keeps the row that is there, if one is.
Task<Result<void>> insert_authority(pg::Session& session, AuthorityRow row);
Task<Result<std::optional<AuthorityRow>>> find_authority(pg::Session& session);

}  // namespace sandbar::control::authority
