// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/mail/sender.h"

#include <algorithm>

#include "sandbar/async/timer.h"
#include "sandbar/base/strings.h"
#include "sandbar/control/mail/letters.h"
#include "sandbar/control/mail/smtp.h"
#include "sandbar/control/mail/store.h"
#include "sandbar/log/log.h"

namespace sandbar::control::mail {
namespace {

constexpr std::size_t kMaxErrorText = 500;
constexpr std::chrono::hours kLongestPause{1};

}  // namespace

Task<void> Sender::run() {
  for (;;) {
    auto sent = co_await send_next();
    if (!sent) log::warn("sending mail failed", {{"error", sent.error()}});
    if (!sent || !*sent) co_await sleep_for(options_.period);
  }
}

Task<Result<bool>> Sender::send_next() {
  CO_TRY(auto mail, co_await claim_mail(database_, 2 * options_.timeout));
  if (!mail) co_return false;
  auto token = mail->token_id ? access::mail_token(keys_, *mail->token_id) : Secret();
  auto text = letter(*mail, token, options_, clock_.now());
  auto work = [options = options_, to = mail->recipient, text = std::move(text)] {
    return send_letter(options, to, text);
  };
  auto sent = co_await pool_.run(std::move(work));
  if (sent) {
    CO_TRY_VOID(co_await set_sent(database_, mail->id));
    log::info("mail sent",
              {{"kind", enum_name(mail->kind)}, {"mail", mail->id.str()}, {"attempts", mail->attempts}});
    co_return true;
  }
  log::warn("mail not taken",
            {{"kind", enum_name(mail->kind)}, {"mail", mail->id.str()}, {"error", sent.error()}});
  auto why = to_valid_utf8(sent.error().detail).substr(0, kMaxErrorText);
  CO_TRY_VOID(co_await set_failed(database_, mail->id, to_valid_utf8(why), pause_after(mail->attempts)));
  co_return true;
}

std::chrono::milliseconds Sender::pause_after(int attempts) const {
  auto doublings = std::clamp(attempts - 1, 0, 12);
  return std::min<std::chrono::milliseconds>(options_.retry * (1 << doublings), kLongestPause);
}

}  // namespace sandbar::control::mail
