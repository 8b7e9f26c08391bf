// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/users/validate.h"

#include <algorithm>

#include "sandbar/base/strings.h"
#include "sandbar/control/access/text.h"

namespace sandbar::control::users {
namespace {

constexpr std::size_t kMinPassword = 8, kMaxPassword = 1024, kMaxName = 100, kMaxEmail = 320;
constexpr auto kNameRule = "must have 1 to 100 printable characters";
constexpr auto kPasswordRule = "must have 8 to 1024 characters";

bool is_name(std::string_view name) { return access::is_plain_text(name, kMaxName); }

bool is_password(const std::string& password) {
  if (password.size() > 4 * kMaxPassword || !is_utf8(password)) return false;
  auto length = count_code_points(password);
  return length >= kMinPassword && length <= kMaxPassword;
}

Error bad_field(std::string field, std::string rule) {
  return invalid_request(field + " " + rule, {{field, rule}});
}

}  // namespace

std::string normal_email(std::string_view email) { return to_lower(access::normal_text(email)); }

bool is_email(std::string_view email) {
  auto at = email.find('@');
  if (at == email.npos || at == 0 || at + 1 == email.size() || email.find('@', at + 1) != email.npos)
    return false;
  auto fits = [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != '\x7f' && c != '<' && c != '>' && c != ',' && c != '"';
  };
  return std::ranges::all_of(email, fits) && access::is_plain_text(email, kMaxEmail);
}

Result<std::string> checked_name(std::string name) {
  name = access::normal_text(name);
  if (!is_name(name)) return fail(bad_field("name", kNameRule));
  return name;
}

Result<void> check_password(const Secret& password) {
  if (!is_password(password.reveal())) return fail(bad_field("password", kPasswordRule));
  return {};
}

Result<NewUser> checked(NewUser user) {
  user.email = normal_email(user.email);
  user.name = access::normal_text(user.name);
  std::vector<Problem> problems;
  if (!is_email(user.email)) problems.push_back({"email", "must be an e-mail address"});
  if (!is_name(user.name)) problems.push_back({"name", kNameRule});
  if (!is_password(user.password.reveal())) problems.push_back({"password", kPasswordRule});
  if (problems.empty()) return user;
  auto message = problems.front().field + " " + problems.front().what;
  return fail(invalid_request(std::move(message), std::move(problems)));
}

std::string usable_name(std::string_view name, std::string_view email) {
  auto normal = access::normal_text(access::shortened(to_valid_utf8(access::normal_text(name)), kMaxName));
  if (is_name(normal)) return normal;
  auto local = access::shortened(email.substr(0, email.find('@')), kMaxName);
  return is_name(local) ? local : "User";
}

}  // namespace sandbar::control::users
