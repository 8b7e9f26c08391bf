// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe/class.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "sandbar/base/clock.h"
#include "sandbar/base/enum_name.h"
#include "sandbar/base/id.h"
#include "sandbar/base/secret.h"

namespace sandbar::control::mail {

enum class MailKind { activation, password_reset, password_changed, invitation };
BOOST_DESCRIBE_ENUM(MailKind, activation, password_reset, password_changed, invitation)

// none: plain text; starttls: plain text until the server is asked for TLS, and no mail without it; tls: from
// the first byte.
enum class SmtpTls { none, starttls, tls };
BOOST_DESCRIBE_ENUM(SmtpTls, none, starttls, tls)

struct MailOptions {
  std::string smtp_server;  // "mail.example.org:587"; empty: no mail is sent at all
  SmtpTls tls = SmtpTls::starttls;
  std::string ca_file;  // empty: the system's authorities
  std::string user;
  Secret password;
  std::string from;  // "Sandbar <sandbar@example.org>"
  std::string dashboard_url;
  std::chrono::milliseconds timeout{20'000};  // of one attempt, the connection included
  std::chrono::milliseconds period{1'000};    // how often the table is looked at
  std::chrono::milliseconds retry{30'000};    // after the first failure; doubles up to an hour

  bool is_on() const { return !smtp_server.empty(); }
};

// A mail that is wanted.
struct NewMail {
  MailKind kind = MailKind::activation;
  std::string recipient, name;
  std::optional<Uuid> token_id;  // what its link's token is of: a row of user_mail_tokens, or an invitation
  std::chrono::milliseconds lifetime{std::chrono::hours(24)};  // pointless afterwards
};

// One that is due.
struct Mail {
  Uuid id;
  MailKind kind = MailKind::activation;
  std::string recipient, name;
  std::optional<Uuid> token_id;
  int attempts = 0;
};
BOOST_DESCRIBE_STRUCT(Mail, (), (id, kind, recipient, name, token_id, attempts))

}  // namespace sandbar::control::mail
