// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>

#include <algorithm>

#include "sandbar/async/event.h"
#include "sandbar/base/scope_exit.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/http/openssl.h"
#include "sandbar/http/stream_parts.h"

namespace sandbar::http {
namespace {

constexpr std::size_t kPiece = 16 << 10;  // one TLS record

bool is_ip_address(const std::string& name) {
  unsigned char bytes[16];
  return ::inet_pton(AF_INET, name.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, name.c_str(), bytes) == 1;
}

Result<void> expect_name(SSL* ssl, const std::string& name) {
  if (name.empty()) return {};
  bool set = is_ip_address(name)
                 ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1
                 : SSL_set1_host(ssl, name.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
  if (!set) return fail(openssl_error("expect the name " + name));
  return {};
}

bool is_pinned(std::string_view fingerprint, std::string_view pinned) {
  auto good = split(pinned, ',');
  return std::ranges::find(good, fingerprint) != good.end();
}

// The engine works on two memory buffers; this class carries bytes between them and the stream below. One
// reader and one writer may work at a time; whoever has bytes to send sends all that there are.
class TlsOverStream final : public TlsStream {
 public:
  TlsOverStream(ByteStreamPtr next, TlsContextPtr tls)
      : next_(std::move(next)),
        tls_(std::move(tls)),
        ssl_(SSL_new(static_cast<OpensslContext&>(*tls_).get())),
        in_(BIO_new(BIO_s_mem())),
        out_(BIO_new(BIO_s_mem())),
        flushed_(next_->executor()) {
    BIO_set_mem_eof_return(in_, -1);
    SSL_set_bio(ssl_.get(), in_, out_);
  }

  SSL* engine() { return ssl_.get(); }

  Task<Result<void>> handshake() override {
    for (;;) {
      ERR_clear_error();
      int result = SSL_do_handshake(ssl_.get());
      int why = SSL_get_error(ssl_.get(), result);
      auto failure = result == 1 || why == SSL_ERROR_WANT_READ ? Error{} : refused("handshake");
      auto sent = co_await flush();  // an alert too
      if (result == 1) co_return sent;
      if (why != SSL_ERROR_WANT_READ) co_return fail(std::move(failure));
      CO_TRY_VOID(std::move(sent));
      CO_TRY(auto n, co_await fill());
      if (n == 0)
        co_return fail(
            Error{Errc::unavailable, "connection failed", "handshake: the peer closed the connection"});
    }
  }

  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    for (;;) {
      ERR_clear_error();
      std::size_t n = 0;
      int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &n);
      if (result == 1) co_return n;
      int why = SSL_get_error(ssl_.get(), result);
      if (why == SSL_ERROR_ZERO_RETURN) co_return 0u;
      if (why != SSL_ERROR_WANT_READ) co_return fail(refused("read"));
      if (!sending_) CO_TRY_VOID(co_await flush());
      CO_TRY(auto got, co_await fill());
      if (got == 0)
        co_return fail(Error{Errc::unavailable, "connection failed", "read: the peer ended without notice"});
    }
  }

  Task<Result<std::size_t>> write_some(std::string_view bytes) override {
    while (sending_) co_await flushed_.wait();
    if (broken_) co_return fail(Error{Errc::unavailable, "connection failed", "write: a record was cut"});
    ERR_clear_error();
    std::size_t n = 0;
    if (SSL_write_ex(ssl_.get(), bytes.data(), std::min(bytes.size(), 4 * kPiece), &n) != 1)
      co_return fail(refused("write"));
    CO_TRY_VOID(co_await flush());
    co_return n;
  }

  Task<void> shut_down() override {
    while (sending_) co_await flushed_.wait();
    ERR_clear_error();
    if (SSL_is_init_finished(ssl_.get())) {
      SSL_shutdown(ssl_.get());
      (void)co_await flush();
    }
    co_await next_->shut_down();
  }

  void close() override { next_->close(); }
  void cancel() override { next_->cancel(); }
  bool is_stale() override { return next_->is_stale() || SSL_has_pending(ssl_.get()); }
  std::string peer_address() const override { return next_->peer_address(); }
  Executor executor() override { return next_->executor(); }
  std::string peer_certificate() const override {
    const X509* certificate = SSL_get0_peer_certificate(ssl_.get());
    return certificate ? fingerprint_of(*certificate) : std::string();
  }
  std::string peer_name() const override {
    const X509* certificate = SSL_get0_peer_certificate(ssl_.get());
    return certificate ? common_name_of(*certificate) : std::string();
  }

 private:
  Error refused(std::string_view doing) {
    auto error = openssl_error(doing);
    long verdict = SSL_get_verify_result(ssl_.get());
    if (verdict != X509_V_OK) error.detail += fmt::format(" ({})", X509_verify_cert_error_string(verdict));
    return {Errc::unavailable, "connection failed", std::move(error.detail)};
  }

  Task<Result<std::size_t>> fill() {
    auto n = co_await next_->read_some(received_);
    if (n && *n > 0) BIO_write(in_, received_, static_cast<int>(*n));
    co_return n;
  }

  Task<Result<void>> flush() {
    if (BIO_ctrl_pending(out_) == 0) co_return Result<void>{};
    sending_ = true;
    broken_ = true;  // unless everything goes out
    ScopeExit done([this] {
      sending_ = false;
      flushed_.notify_all();
    });
    while (auto pending = BIO_ctrl_pending(out_)) {
      record_.resize(pending);
      BIO_read(out_, record_.data(), static_cast<int>(pending));
      CO_TRY_VOID(co_await write_all(*next_, record_));
    }
    broken_ = false;
    co_return Result<void>{};
  }

  ByteStreamPtr next_;
  TlsContextPtr tls_;
  SslPtr ssl_;
  BIO *in_, *out_;  // owned by ssl_
  Event flushed_;
  std::string record_;
  bool sending_ = false;
  bool broken_ = false;
  char received_[kPiece];
};

}  // namespace

std::unique_ptr<TlsStream> OpensslContext::serve(ByteStreamPtr stream, TlsContextPtr self) {
  auto secure = std::make_unique<TlsOverStream>(std::move(stream), std::move(self));
  SSL_set_accept_state(secure->engine());
  return secure;
}

Task<Result<ByteStreamPtr>> start_tls_client(ByteStreamPtr stream, TlsContextPtr tls, std::string server_name,
                                             std::string pinned_fingerprint) {
  auto secure = std::make_unique<TlsOverStream>(std::move(stream), std::move(tls));
  SSL_set_connect_state(secure->engine());
  CO_TRY_VOID(expect_name(secure->engine(), server_name));
  CO_TRY_VOID(co_await secure->handshake());
  if (!pinned_fingerprint.empty() && !is_pinned(secure->peer_certificate(), pinned_fingerprint)) {
    secure->close();
    co_return fail(
        Error{Errc::unavailable, "connection failed", "the peer's certificate is not the pinned one"});
  }
  co_return secure;
}

}  // namespace sandbar::http
