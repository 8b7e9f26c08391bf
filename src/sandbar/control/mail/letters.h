// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/mail/types.h"

// What mails say, and how: RFC 5322 text whose header cannot be broken out of by any name or address.

namespace sandbar::control::mail {

// `token` is of the mail's link. It stands behind the '#', which no server and no log gets to see.
std::string letter(const Mail& mail, const Secret& token, const MailOptions& options, Time now);

// "Sandbar <a@b.c>" or "a@b.c" to "a@b.c".
std::string_view address_in(std::string_view mailbox);

}  // namespace sandbar::control::mail
