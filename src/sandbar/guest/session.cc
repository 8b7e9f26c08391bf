// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/session.h"

#include <sodium/utils.h>
#include <unistd.h>

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/guest/paths.h"

namespace sandbar::guest {
namespace {

constexpr std::string_view kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::optional<std::string> basic_user(std::string_view header) {
  constexpr std::string_view kScheme = "basic ";
  if (header.size() < kScheme.size() || !equals_ignore_case(header.substr(0, kScheme.size()), kScheme))
    return std::nullopt;
  auto credentials = from_base64(trim(header.substr(kScheme.size())));
  if (!credentials) return std::nullopt;
  return credentials->substr(0, credentials->find(':'));
}

}  // namespace

Result<User> Session::user(std::string_view name) {
  if (name.empty()) name = default_user;
  if (name.empty()) {
    auto self = accounts.of_uid(getuid());
    if (!home.empty()) self.home = home;
    return self;
  }
  TRY(auto found, accounts.find(name));
  if (!home.empty()) found.home = home;
  return found;
}

Result<User> Session::user_of(const http::RequestHead& request) {
  return user(basic_user(request.headers.get("authorization")).value_or(""));
}

Result<std::string> Session::path(std::string_view path, const User& user) const {
  return resolve_path(path, user.home, default_workdir);
}

std::vector<std::string> Session::environment(const User& user,
                                              const std::map<std::string, std::string>& extra) const {
  std::map<std::string_view, std::string_view> merged{
      {"PATH", kPath}, {"HOME", user.home}, {"USER", user.name}, {"LOGNAME", user.name}};
  for (const auto& [name, value] : env) merged[name] = value;
  for (const auto& [name, value] : extra) merged[name] = value;
  std::vector<std::string> out;
  out.reserve(merged.size());
  for (const auto& [name, value] : merged) out.push_back(fmt::format("{}={}", name, value));
  return out;
}

bool token_matches(const Secret& token, std::string_view given) {
  const auto& own = token.reveal();
  return own.size() == given.size() && sodium_memcmp(own.data(), given.data(), own.size()) == 0;
}

}  // namespace sandbar::guest
