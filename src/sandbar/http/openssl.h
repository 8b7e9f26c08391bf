// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "sandbar/http/stream_parts.h"
#include "sandbar/http/tls.h"

// OpenSSL's objects with owners, and its error queue as an Error.

namespace sandbar::http {

template <auto Free>
struct OpensslFree {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
template <class T, auto Free>
using OpensslPtr = std::unique_ptr<T, OpensslFree<Free>>;

using BioPtr = OpensslPtr<BIO, BIO_free_all>;
using KeyPtr = OpensslPtr<EVP_PKEY, EVP_PKEY_free>;
using X509Ptr = OpensslPtr<X509, X509_free>;
using X509ReqPtr = OpensslPtr<X509_REQ, X509_REQ_free>;
using SslPtr = OpensslPtr<SSL, SSL_free>;
using SslCtxPtr = OpensslPtr<SSL_CTX, SSL_CTX_free>;

// Empties the error queue into the detail.
Error openssl_error(std::string_view doing);

Result<X509Ptr> read_certificate(std::string_view pem);
Result<KeyPtr> read_private_key(const Secret& pem);
std::string fingerprint_of(const X509& certificate);
std::string common_name_of(const X509& certificate);  // of the subject; empty unless there is exactly one

class OpensslContext final : public TlsContext {
 public:
  explicit OpensslContext(SslCtxPtr ssl) : ssl_(std::move(ssl)) {}
  SSL_CTX* get() const { return ssl_.get(); }
  std::unique_ptr<TlsStream> serve(ByteStreamPtr stream, TlsContextPtr self) override;

 private:
  SslCtxPtr ssl_;
};

}  // namespace sandbar::http
