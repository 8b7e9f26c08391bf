// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/up/certificate.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "sandbar/base/try.h"
#include "sandbar/cli/files.h"
#include "sandbar/http/tls.h"

namespace sandbar::cli {
namespace {

constexpr std::chrono::hours kLifetime{397 * 24}, kRenewBefore{30 * 24};

Result<http::CertifiedKey> ensure_authority(const Layout& layout) {
  auto certificate = read_file(layout.tls_authority());
  auto key = read_file(layout.tls_authority_key());
  if (certificate && key) return http::CertifiedKey{*certificate, Secret(*key)};
  TRY(auto made, http::make_authority("Sandbar on " + layout.root));
  TRY_VOID(write_file(layout.tls_authority_key(), made.private_key_pem.reveal(), 0400));
  TRY_VOID(write_file(layout.tls_authority(), made.certificate_pem, 0644));
  return made;
}

bool is_good(const Layout& layout, const std::string& domain) {
  auto certificate = read_file(layout.tls_certificate());
  auto known = read_file(layout.tls_domain());
  if (!certificate || !known || *known != domain || !std::filesystem::exists(layout.tls_key())) return false;
  auto end = http::certificate_expiry(*certificate);
  return end && *end > std::chrono::system_clock::now() + kRenewBefore;
}

}  // namespace

Result<void> ensure_certificate(const Layout& layout, const std::string& domain,
                                const proc::Identity& owner) {
  TRY_VOID(make_folder(layout.tls(), 0755));
  TRY(auto authority, ensure_authority(layout));
  if (is_good(layout, domain)) return {};
  TRY(auto key, http::make_private_key());
  TRY(auto request, http::make_signing_request(key, domain));
  http::CertificateProfile profile{.common_name = domain,
                                   .dns_names = {domain, "*." + domain, "localhost", "127.0.0.1"},
                                   .lifetime = kLifetime,
                                   .server = true,
                                   .client = false};
  TRY(auto certificate, http::sign_request(authority, request, profile));
  TRY_VOID(write_file(layout.tls_key(), key.reveal(), 0400));
  if (::chown(layout.tls_key().c_str(), owner.uid, owner.gid) != 0)
    return fail(errno_error("chown " + layout.tls_key(), errno));
  TRY_VOID(write_file(layout.tls_certificate(), certificate, 0644));
  return write_file(layout.tls_domain(), domain, 0644);
}

}  // namespace sandbar::cli
