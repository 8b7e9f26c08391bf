// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/base/result.h"
#include "sandbar/control/mail/types.h"

namespace sandbar::control::mail {

// Hands one letter to the server, or says why not (unavailable). Blocks for at most the options' timeout.
Result<void> send_letter(const MailOptions& options, const std::string& recipient, const std::string& letter);

}  // namespace sandbar::control::mail
