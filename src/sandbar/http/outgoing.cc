// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/outgoing.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>

#include "sandbar/base/try.h"
#include "sandbar/http/openssl.h"

namespace sandbar::http {

namespace asio = boost::asio;

Task<Result<std::vector<std::string>>> resolve_addresses(std::string host) {
  boost::system::error_code not_literal;
  auto literal = asio::ip::make_address(host, not_literal);
  if (!not_literal) co_return std::vector{literal.to_string()};
  asio::ip::tcp::resolver resolver(co_await asio::this_coro::executor);
  auto [ec, found] = co_await resolver.async_resolve(host, "", asio::as_tuple(asio::deferred));
  if (ec)
    co_return fail(Error{Errc::unavailable, "the name cannot be resolved",
                         fmt::format("resolve {}: {}", host, ec.message())});
  std::vector<std::string> addresses;
  for (const auto& entry : found) addresses.push_back(entry.endpoint().address().to_string());
  co_return addresses;
}

Result<TlsContextPtr> make_outgoing_tls(std::string ca_pem) {
  TRY(auto context, make_client_tls(std::move(ca_pem)));
  auto* ssl = static_cast<OpensslContext&>(*context).get();
  if (SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) != 1) return fail(openssl_error("allow TLS 1.2"));
  return context;
}

}  // namespace sandbar::http
