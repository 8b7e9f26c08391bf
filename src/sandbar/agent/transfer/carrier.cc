// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/transfer/carrier.h"

#include "sandbar/async/timer.h"
#include "sandbar/base/strings.h"

namespace sandbar::agent {
namespace {

using namespace std::chrono_literals;

constexpr auto kObjectLimit = 120s;  // a chunk at the slowest rate, and an index that must be made first

Task<Result<http::ByteStreamPtr>> dial(FetchSource source, http::TlsContextPtr tls) {
  auto colon = source.address.rfind(':');
  auto port = colon == source.address.npos ? std::nullopt : parse_int(source.address.substr(colon + 1));
  if (!port || !std::in_range<std::uint16_t>(*port))
    co_return fail(Error{Errc::unavailable, "the source's address is not host:port", source.address});
  auto host = source.address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  CO_TRY(auto stream, co_await http::connect_tcp(std::move(host), static_cast<std::uint16_t>(*port)));
  co_return co_await http::start_tls_client(std::move(stream), std::move(tls), "", source.cert_fingerprint);
}

Error error_of(int status, const std::string& body) {
  auto detail = fmt::format("the source answered {}: {}", status, body.substr(0, 300));
  if (status == 404) return {Errc::not_found, "the source does not have the template", detail};
  if (status == 401 || status == 403) return {Errc::forbidden, "the source refuses", detail};
  bool again = status == 429 || status == 502 || status == 503 || status == 504;
  return {again ? Errc::unavailable : Errc::agent_error, "the source cannot be read", detail};
}

class HttpCarrier final : public Carrier {
 public:
  HttpCarrier(http::ClientPtr own, http::Client& client, std::string prefix, http::Headers headers)
      : own_(std::move(own)), client_(client), prefix_(std::move(prefix)), headers_(std::move(headers)) {}

  Task<Result<std::string>> get(std::string object, std::size_t limit) override {
    http::RequestHead head{"GET", prefix_ + object, headers_};
    auto answer = co_await with_timeout(kObjectLimit, "reading from a source",
                                        client_.fetch(std::move(head), {}, limit));
    if (!answer) {
      auto code = answer.error().code;
      if (code == Errc::deadline_exceeded) answer.error().code = Errc::unavailable;
      if (code == Errc::too_large) answer.error().code = Errc::data_loss;
      co_return fail(std::move(answer).error());
    }
    if (answer->status != 200) co_return fail(error_of(answer->status, answer->body));
    co_return std::move(answer->body);
  }

 private:
  http::ClientPtr own_;
  http::Client& client_;
  std::string prefix_;
  http::Headers headers_;
};

}  // namespace

CarrierPtr direct_carrier(Executor executor, const PeerIdentity& identity, const FetchSource& source,
                          TemplateId id) {
  http::Endpoint endpoint{[source, tls = identity.client_tls] { return dial(source, tls); },
                          source.host.str()};
  auto client = http::make_client(std::move(executor), std::move(endpoint), {.connect = 5s, .idle = 60s});
  auto& reference = *client;
  return std::make_unique<HttpCarrier>(std::move(client), reference, fmt::format("/templates/{}/", id),
                                       http::Headers{{"Sandbar-Grant", source.grant}});
}

CarrierPtr relayed_carrier(http::Client& control, const PeerIdentity& identity, const FetchSource& source,
                           TemplateId id) {
  http::Headers headers{{"Sandbar-Grant", source.grant}, {"X-Host-Token", identity.control_token.reveal()}};
  return std::make_unique<HttpCarrier>(nullptr, control, fmt::format("/v1/transfers/{}/{}/", id, source.host),
                                       std::move(headers));
}

}  // namespace sandbar::agent
