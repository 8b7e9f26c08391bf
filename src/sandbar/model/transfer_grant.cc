// SPDX-License-Identifier: Apache-2.0
#include "sandbar/model/transfer_grant.h"

#include <fmt/format.h>

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"

namespace sandbar {
namespace {

constexpr std::string_view kKind = "sandbar-transfer-1";
constexpr std::size_t kLongest = 2048;

Error malformed() { return {Errc::unauthorized, "this is not a grant"}; }

Result<TransferGrant> parse(std::string_view text) {
  auto words = split(text, ' ');
  if (words.size() != 6 || words[0] != kKind) return fail(malformed());
  auto seconds = parse_int(words[5]);
  if (!seconds) return fail(malformed());
  TransferGrant grant;
  TRY(grant.template_id, TemplateId::parse(words[1]));
  TRY(grant.source, HostId::parse(words[2]));
  TRY(grant.target, HostId::parse(words[3]));
  grant.target_fingerprint = words[4];
  grant.expires_at = Time(std::chrono::seconds(*seconds));
  return grant;
}

}  // namespace

std::string TransferGrant::text() const {
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(expires_at.time_since_epoch()).count();
  return fmt::format("{} {} {} {} {} {}", kKind, template_id, source, target, target_fingerprint, seconds);
}

std::string TransferGrant::encode(std::string_view text, std::string_view signature) {
  return to_base64url(text) + "." + to_base64url(signature);
}

Result<SignedGrant> decode_grant(std::string_view encoded) {
  auto parts = split(encoded.substr(0, kLongest), '.');
  auto text = parts.size() == 2 ? from_base64url(parts[0]) : std::nullopt;
  auto signature = parts.size() == 2 ? from_base64url(parts[1]) : std::nullopt;
  if (!text || !signature) return fail(malformed());
  auto grant = parse(*text);
  if (!grant) return fail(malformed());
  return SignedGrant{*std::move(grant), *std::move(text), *std::move(signature)};
}

}  // namespace sandbar
