// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/authority/service.h"

#include "sandbar/base/try.h"
#include "sandbar/control/access/sealing.h"
#include "sandbar/control/authority/store.h"
#include "sandbar/http/signature.h"

namespace sandbar::control::authority {
namespace {

constexpr std::chrono::hours kClientLifetime{365 * 24};

Task<Result<void>> create(pg::Database& database, Secret key) {
  CO_TRY(auto fresh, http::make_authority("Sandbar hosts"));
  co_return co_await insert_authority(database,
                                      {fresh.certificate_pem, access::seal(fresh.private_key_pem, key)});
}

}  // namespace

Task<Result<AuthorityPtr>> Authority::open(pg::Database& database, Secret key) {
  CO_TRY(auto row, co_await find_authority(database));
  if (!row) {
    CO_TRY_VOID(co_await create(database, key));
    CO_TRY(row, co_await find_authority(database));
  }
  if (!row) co_return fail(internal_error("the authority was not stored"));
  auto private_key = access::unseal(row->encrypted_key, key);
  if (!private_key)
    co_return fail(invalid_request("the secret is not the one that this database was set up with"));
  co_return AuthorityPtr(new Authority({row->certificate_pem, *std::move(private_key)}));
}

Result<AgentCertificate> Authority::sign_agent(HostId host, const std::string& request_pem,
                                               std::chrono::milliseconds lifetime) const {
  http::CertificateProfile profile{.common_name = host.str(),
                                   .lifetime = std::chrono::ceil<std::chrono::seconds>(lifetime),
                                   .server = true,
                                   .client = true};
  TRY(auto pem, http::sign_request(own_, request_pem, profile));
  TRY(auto fingerprint, http::certificate_fingerprint(pem));
  TRY(auto expires_at, http::certificate_expiry(pem));
  return AgentCertificate{std::move(pem), std::move(fingerprint),
                          std::chrono::time_point_cast<Time::duration>(expires_at)};
}

Result<http::TlsContextPtr> Authority::make_agent_tls() const {
  TRY(auto key, http::make_private_key());
  TRY(auto request, http::make_signing_request(key, "control"));
  http::CertificateProfile profile{
      .common_name = "control", .lifetime = kClientLifetime, .server = false, .client = true};
  TRY(auto pem, http::sign_request(own_, request, profile));
  http::CertifiedKey client{std::move(pem), std::move(key)};
  return http::make_client_tls(own_.certificate_pem, &client);
}

Result<std::string> Authority::sign(std::string_view text) const {
  return http::sign_text(own_.private_key_pem, text);
}

}  // namespace sandbar::control::authority
