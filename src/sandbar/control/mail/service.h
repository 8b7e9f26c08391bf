// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/mail/types.h"
#include "sandbar/pg/database.h"

// Mails are rows: whoever wants one writes it in the transaction of the change that it tells of, so that
// neither exists without the other, and a crash loses none.

namespace sandbar::control::mail {

Task<Result<void>> enqueue(pg::Session& session, NewMail mail);

}  // namespace sandbar::control::mail
