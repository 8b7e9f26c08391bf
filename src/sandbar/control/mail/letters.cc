// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/mail/letters.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "sandbar/base/strings.h"

namespace sandbar::control::mail {
namespace {

constexpr std::size_t kBase64Line = 76;

struct Text {
  std::string_view subject, body;  // {0} name, {1} link
};

Text text_of(MailKind kind) {
  switch (kind) {
    case MailKind::activation:
      return {"Activate your Sandbar account",
              "Hello {0},\n\nto activate your account, open this link:\n\n{1}\n\n"
              "It works once, for a short time. If you did not ask for an account, ignore this mail.\n"};
    case MailKind::password_reset:
      return {
          "Reset your Sandbar password",
          "Hello {0},\n\nto choose a new password, open this link:\n\n{1}\n\n"
          "It works once, for a short time. If you did not ask for it, ignore this mail: nothing changes.\n"};
    case MailKind::password_changed:
      return {"Your Sandbar password was changed",
              "Hello {0},\n\nthe password of your account was changed, and every other session was ended.\n"
              "If it was not you, choose a new one at once:\n\n{1}\n"};
    case MailKind::invitation:
      return {
          "You are invited to a team on Sandbar",
          "Hello,\n\nyou are invited to join the team {0}. To answer, open this link, and sign in or sign up "
          "with this address:\n\n{1}\n\nIf you do not know the team, ignore this mail.\n"};
  }
  return {};
}

std::string link_of(const Mail& mail, const Secret& token, const std::string& dashboard) {
  switch (mail.kind) {
    case MailKind::activation:
      return fmt::format("{}/activate#token={}", dashboard, token.reveal());
    case MailKind::password_reset:
      return fmt::format("{}/reset-password#token={}", dashboard, token.reveal());
    case MailKind::password_changed:
      return dashboard + "/forgot-password";
    case MailKind::invitation:
      return fmt::format("{}/invitations/inv-{}#token={}", dashboard, mail.token_id.value_or(Uuid{}).str(),
                         token.reveal());
  }
  return dashboard;
}

std::string without_breaks(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, ' ');
  return out;
}

std::string in_lines(std::string_view base64) {
  std::string out;
  for (std::size_t at = 0; at < base64.size(); at += kBase64Line)
    out.append(base64.substr(at, kBase64Line)).append("\r\n");
  return out;
}

}  // namespace

std::string_view address_in(std::string_view mailbox) {
  auto open = mailbox.rfind('<');
  if (open == mailbox.npos) return trim(mailbox);
  return mailbox.substr(open + 1, mailbox.find('>', open) - open - 1);
}

std::string letter(const Mail& mail, const Secret& token, const MailOptions& options, Time now) {
  auto text = text_of(mail.kind);
  auto body = fmt::format(fmt::runtime(text.body), mail.name, link_of(mail, token, options.dashboard_url));
  auto from = address_in(options.from);
  auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  return fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} +0000\r\n", seconds) +
         fmt::format("From: {}\r\nTo: <{}>\r\nSubject: {}\r\n", without_breaks(options.from),
                     without_breaks(mail.recipient), text.subject) +
         fmt::format("Message-ID: <{}@{}>\r\nAuto-Submitted: auto-generated\r\n", mail.id.str(),
                     from.substr(from.find('@') + 1)) +
         "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
         "Content-Transfer-Encoding: base64\r\n\r\n" +
         in_lines(to_base64(body));
}

}  // namespace sandbar::control::mail
