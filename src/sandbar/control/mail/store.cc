// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/mail/store.h"

#include "sandbar/control/mail/store.sql.h"

namespace sandbar::control::mail {

Task<Result<void>> insert_mail(pg::Session& session, NewMail mail) {
  CO_TRY_VOID(co_await session.query(sql::insert_mail, Uuid::random(), mail.kind, mail.recipient, mail.name,
                                     mail.token_id, mail.lifetime.count()));
  co_return Result<void>{};
}

Task<Result<std::optional<Mail>>> claim_mail(pg::Session& session, std::chrono::milliseconds lease) {
  CO_TRY(auto rows, co_await session.query(sql::claim_mail, lease.count()));
  co_return rows.maybe<Mail>();
}

Task<Result<void>> set_sent(pg::Session& session, Uuid id) {
  CO_TRY_VOID(co_await session.query(sql::set_sent, id));
  co_return Result<void>{};
}

Task<Result<void>> set_failed(pg::Session& session, Uuid id, std::string error,
                              std::chrono::milliseconds retry) {
  CO_TRY_VOID(co_await session.query(sql::set_failed, error, retry.count(), id));
  co_return Result<void>{};
}

}  // namespace sandbar::control::mail
