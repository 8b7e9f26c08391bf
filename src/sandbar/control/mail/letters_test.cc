// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/mail/letters.h"

#include <doctest/doctest.h>

#include "sandbar/base/strings.h"

using namespace sandbar;
using namespace sandbar::control::mail;

namespace {

const MailOptions kOptions{.from = "Sandbar <no-reply@example.org>",
                           .dashboard_url = "https://box.example.org"};

std::string body_of(const std::string& letter) {
  std::string base64;
  for (char c : letter.substr(letter.find("\r\n\r\n")))
    if (c != '\r' && c != '\n') base64 += c;
  return from_base64(base64).value_or("");
}

std::string written(Mail mail) { return letter(mail, Secret("0123abcd"), kOptions, Time()); }

}  // namespace

TEST_CASE("a link's token stands where no server sees it") {
  auto body = body_of(written({.kind = MailKind::password_reset, .recipient = "a@b.c", .name = "Zoë"}));
  CHECK(body.contains("Hello Zoë,"));
  CHECK(body.contains("https://box.example.org/reset-password#token=0123abcd\n"));
}

TEST_CASE("MB-1: the mail of an invitation names the team and carries what accepting it takes") {
  auto id = Uuid::random();
  auto body =
      body_of(written({.kind = MailKind::invitation, .recipient = "a@b.c", .name = "Crew", .token_id = id}));
  CHECK(body.contains("the team Crew."));
  CHECK(body.contains("https://box.example.org/invitations/inv-" + id.str() + "#token=0123abcd\n"));
}

TEST_CASE("neither name nor address can add a header") {
  auto text = written({.recipient = "a@b.c>\r\nBcc: eve@example.org", .name = "A\r\nBcc: eve@example.org"});
  CHECK_FALSE(text.contains("\nBcc"));
  CHECK(text.starts_with("Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"));
  CHECK(text.contains("From: Sandbar <no-reply@example.org>\r\n"));
}

TEST_CASE("the address in a mailbox is found with and without a name") {
  CHECK(address_in("Sandbar <a@b.c>") == "a@b.c");
  CHECK(address_in(" a@b.c ") == "a@b.c");
}
