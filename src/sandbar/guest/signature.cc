// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/signature.h"

#include <sodium/crypto_hash_sha256.h>

#include "sandbar/base/strings.h"

namespace sandbar::guest {
namespace {

std::unexpected<Error> refuse(std::string why) { return fail(Error{Errc::unauthorized, std::move(why)}); }

}  // namespace

std::string sign(const SignedAccess& access, const Secret& token) {
  auto text = fmt::format("{}:{}:{}:{}", access.path, access.operation, access.user, token.reveal());
  if (access.expires) text += fmt::format(":{}", *access.expires);
  char hash[crypto_hash_sha256_BYTES];
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(hash),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size());
  auto base64 = to_base64({hash, sizeof hash});
  return "v1_" + base64.substr(0, base64.find('='));
}

Result<void> check_file_access(const Session& session, const http::RequestHead& request,
                               std::string_view operation, std::chrono::system_clock::time_point now) {
  if (session.access_token.empty()) return {};
  if (request.headers.has("x-access-token")) {
    if (token_matches(session.access_token, request.headers.get("x-access-token"))) return {};
    return refuse("access token present in header but does not match");
  }
  auto given = request.query("signature");
  if (!given) return refuse("missing signature query parameter");
  auto path = request.query("path").value_or(""), user = request.query("username").value_or("");
  SignedAccess access{path, operation, user, {}};
  if (auto text = request.query("signature_expiration"); text && !text->empty()) {
    access.expires = parse_int(*text);
    if (!access.expires) return refuse("invalid signature");
  }
  if (!token_matches(Secret(sign(access, session.access_token)), *given)) return refuse("invalid signature");
  if (access.expires && *access.expires < std::chrono::system_clock::to_time_t(now))
    return refuse("signature is already expired");
  return {};
}

}  // namespace sandbar::guest
