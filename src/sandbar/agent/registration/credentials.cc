// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/registration/credentials.h"

#include "sandbar/agent/disk/files.h"
#include "sandbar/json/encode.h"

namespace sandbar::agent {

// What we read of a host token: when it began and ends. Control alone verifies it.
struct TokenTimes {
  std::int64_t iat = 0, exp = 0;
};
BOOST_DESCRIBE_STRUCT(TokenTimes, (), (iat, exp))

namespace {

constexpr std::size_t kMaxFile = 256 * 1024;

bool mostly_over(Time begin, Time end, Time now) {
  return end > begin && now >= begin + (end - begin) * 2 / 3;
}

Result<TokenTimes> times_of(const std::string& token) {
  auto parts = split(token, '.');
  auto payload = parts.size() == 3 ? from_base64url(parts[1]) : std::nullopt;
  if (!payload) return fail(invalid_request("not a token"));
  return json::decode_text<TokenTimes>(*payload);
}

bool token_wants_renewal(const Credentials& credentials, Time now) {
  auto times = times_of(credentials.token);
  return times &&
         mostly_over(Time(std::chrono::seconds(times->iat)), Time(std::chrono::seconds(times->exp)), now);
}

bool certificate_wants_renewal(const Credentials& credentials, Time now) {
  auto expiry = http::certificate_expiry(credentials.certificate_pem);
  if (!expiry) return false;
  auto end = std::chrono::time_point_cast<Time::duration>(*expiry);
  return mostly_over(Time(std::chrono::milliseconds(credentials.issued_at_ms)), end, now);
}

}  // namespace

Result<Credentials> CredentialsFile::load() const {
  TRY(auto text, read_file(path_, kMaxFile));
  auto credentials = json::decode_text<Credentials>(text);
  if (!credentials) return fail(std::move(credentials).error().with_context("reading " + path_.string()));
  return credentials;
}

Result<void> CredentialsFile::save(const Credentials& credentials) const {
  return replace_file(path_, json::encode(credentials), 0600);
}

Result<void> CredentialsFile::remove() const {
  std::error_code error;
  fs::remove(path_, error);
  if (error) return fail(errno_error("remove " + path_.string(), error.value()));
  return sync_directory(path_.parent_path());
}

Result<http::TlsContextPtr> server_tls(const Credentials& credentials) {
  return http::make_server_tls({credentials.certificate_pem, Secret(credentials.private_key_pem)},
                               credentials.ca_pem);
}

Result<http::TlsContextPtr> client_tls(const Credentials& credentials) {
  http::CertifiedKey own{credentials.certificate_pem, Secret(credentials.private_key_pem)};
  return http::make_client_tls(credentials.ca_pem, &own);
}

bool wants_renewal(const Credentials& credentials, Time now) {
  return token_wants_renewal(credentials, now) || certificate_wants_renewal(credentials, now);
}

}  // namespace sandbar::agent
