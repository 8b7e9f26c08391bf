// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/tls.h"

#include <fmt/format.h>
#include <openssl/pem.h>

#include "sandbar/base/try.h"
#include "sandbar/http/openssl.h"

namespace sandbar::http {
namespace {

BioPtr memory(std::string_view bytes) {
  return BioPtr(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

Result<SslCtxPtr> new_context(const SSL_METHOD* method) {
  SslCtxPtr context(SSL_CTX_new(method));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1)
    return fail(openssl_error("make a TLS context"));
  // Connections are kept open, so resuming sessions would only add state.
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  return context;
}

Result<void> use_certificate(SSL_CTX* context, const CertifiedKey& own) {
  auto bio = memory(own.certificate_pem);
  X509Ptr leaf(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1)
    return fail(openssl_error("use a certificate"));
  while (X509* link = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    if (SSL_CTX_add0_chain_cert(context, link) == 1) continue;
    X509_free(link);
    return fail(openssl_error("use a certificate chain"));
  }
  ERR_clear_error();  // the end of the PEM text is reported as an error
  TRY(auto key, read_private_key(own.private_key_pem));
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1)
    return fail(openssl_error("use a private key"));
  return {};
}

Result<void> trust_only(SSL_CTX* context, const std::string& ca_pem) {
  auto bio = memory(ca_pem);
  int count = 0;
  while (X509Ptr ca{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.get()) != 1)
      return fail(openssl_error("trust an authority"));
    if (SSL_CTX_add_client_CA(context, ca.get()) != 1) return fail(openssl_error("name an authority"));
    ++count;
  }
  if (count == 0) return fail(openssl_error("read an authority's certificate"));
  ERR_clear_error();
  return {};
}

}  // namespace

Error openssl_error(std::string_view doing) {
  char text[256] = "unknown error";
  if (auto code = ERR_peek_last_error()) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return internal_error(fmt::format("{}: {}", doing, text));
}

Result<X509Ptr> read_certificate(std::string_view pem) {
  X509Ptr certificate(PEM_read_bio_X509(memory(pem).get(), nullptr, nullptr, nullptr));
  if (!certificate) return fail(openssl_error("read a certificate"));
  return certificate;
}

Result<KeyPtr> read_private_key(const Secret& pem) {
  auto refuse_password = [](char*, int, int, void*) { return -1; };
  KeyPtr key(PEM_read_bio_PrivateKey(memory(pem.reveal()).get(), nullptr, refuse_password, nullptr));
  if (!key) return fail(openssl_error("read a private key"));
  return key;
}

Result<TlsContextPtr> make_server_tls(const CertifiedKey& own, std::string client_ca_pem) {
  TRY(auto context, new_context(TLS_server_method()));
  TRY_VOID(use_certificate(context.get(), own));
  if (!client_ca_pem.empty()) {
    TRY_VOID(trust_only(context.get(), client_ca_pem));
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return std::make_shared<OpensslContext>(std::move(context));
}

Result<TlsContextPtr> make_client_tls(std::string ca_pem, const CertifiedKey* own) {
  TRY(auto context, new_context(TLS_client_method()));
  if (own) TRY_VOID(use_certificate(context.get(), *own));
  if (!ca_pem.empty()) {
    TRY_VOID(trust_only(context.get(), ca_pem));
  } else if (SSL_CTX_set_default_verify_paths(context.get()) != 1) {
    return fail(openssl_error("trust the system's authorities"));
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return std::make_shared<OpensslContext>(std::move(context));
}

}  // namespace sandbar::http
