// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/authority/store.h"

#include "sandbar/control/authority/store.sql.h"

namespace sandbar::control::authority {
namespace {

constexpr std::string_view kName = "hosts";

}  // namespace

Task<Result<void>> insert_authority(pg::Session& session, AuthorityRow row) {
  CO_TRY_VOID(co_await session.query(sql::insert_authority, kName, row.certificate_pem, row.encrypted_key));
  co_return Result<void>{};
}

Task<Result<std::optional<AuthorityRow>>> find_authority(pg::Session& session) {
  CO_TRY(auto rows, co_await session.query(sql::find_authority, kName));
  co_return rows.maybe<AuthorityRow>();
}

}  // namespace sandbar::control::authority
