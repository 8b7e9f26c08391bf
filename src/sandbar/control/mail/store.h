// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/mail/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::mail {

Task<Result<void>> insert_mail(pg::Session& session, NewMail mail);
// One that is due, taken by this caller for the time of the lease.
Task<Result<std::optional<Mail>>> claim_mail(pg::Session& session, std::chrono::milliseconds lease);
Task<Result<void>> set_sent(pg::Session& session, Uuid id);
Task<Result<void>> set_failed(pg::Session& session, Uuid id, std::string error,
                              std::chrono::milliseconds retry);

}  // namespace sandbar::control::mail
