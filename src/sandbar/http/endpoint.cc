// SPDX-License-Identifier: Apache-2.0
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/http/client.h"

namespace sandbar::http {
namespace {

struct Authority {
  std::string host;  // without brackets
  std::uint16_t port = 0;
};

Task<Result<ByteStreamPtr>> dial_tls(std::string host, std::uint16_t port, TlsContextPtr tls,
                                     std::string fingerprint) {
  CO_TRY(auto stream, co_await connect_tcp(host, port));
  co_return co_await start_tls_client(std::move(stream), std::move(tls), std::move(host),
                                      std::move(fingerprint));
}

Result<Authority> parse_authority(std::string_view text, std::uint16_t default_port) {
  if (text.empty() || text.find_first_of("/?#@ ") != text.npos)
    return fail(invalid_request("not a host and port"));
  auto colon = text.ends_with(']') ? text.npos : text.rfind(':');
  auto port = colon == text.npos ? default_port : parse_int(text.substr(colon + 1)).value_or(0);
  if (port < 1 || port > 65535) return fail(invalid_request("not a port"));
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return fail(invalid_request("no host"));
  return Authority{std::string(host), static_cast<std::uint16_t>(port)};
}

}  // namespace

Result<Endpoint> endpoint_of_url(const std::string& url, TlsContextPtr tls, std::string pinned_fingerprint) {
  if (url.starts_with("unix:"))
    return Endpoint{[path = url.substr(5)] { return connect_unix(path); }, "localhost"};
  bool secure = url.starts_with("https://");
  if (!secure && !url.starts_with("http://"))
    return fail(invalid_request("not an http, https or unix URL: " + url));
  auto text = url.substr(secure ? 8 : 7);
  if (text.ends_with('/')) text.pop_back();
  auto parsed = parse_authority(text, secure ? 443 : 80);
  if (!parsed) return fail(std::move(parsed).error().with_context(url));
  auto [host, port] = *parsed;
  if (!secure) return Endpoint{[host, port] { return connect_tcp(host, port); }, text};
  if (!tls) {
    TRY(tls, make_client_tls({}));
  }
  return Endpoint{
      [host, port, tls, pinned_fingerprint] { return dial_tls(host, port, tls, pinned_fingerprint); }, text};
}

}  // namespace sandbar::http
