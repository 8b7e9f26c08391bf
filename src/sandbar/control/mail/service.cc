// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/mail/service.h"

#include "sandbar/control/mail/store.h"

namespace sandbar::control::mail {

Task<Result<void>> enqueue(pg::Session& session, NewMail mail) {
  return insert_mail(session, std::move(mail));
}

}  // namespace sandbar::control::mail
