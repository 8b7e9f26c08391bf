// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/webhooks/courier.h"

#include "sandbar/async/timer.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/control/access/secrets.h"
#include "sandbar/http/client.h"

namespace sandbar::control::webhooks {
namespace {

constexpr std::size_t kMaxExcerpt = 1024;
constexpr std::size_t kMaxHead = 16 * 1024;

Error failed(std::string message, const Error& why) {
  return {Errc::unavailable, std::move(message), why.detail.empty() ? why.message : why.detail};
}

Task<Result<http::ByteStreamPtr>> dial(std::vector<std::string> addresses, Url url, http::TlsContextPtr tls) {
  std::optional<Error> last;
  for (const auto& address : addresses) {
    auto stream = co_await http::connect_tcp(address, url.port);
    if (!stream) {
      last = failed("no connection could be made", stream.error());
      continue;
    }
    if (!url.is_secure) co_return std::move(stream);
    auto secured = co_await http::start_tls_client(*std::move(stream), tls, url.host);
    if (!secured)
      co_return fail(failed("TLS failed: is the certificate valid for this name?", secured.error()));
    co_return std::move(secured);
  }
  co_return fail(last.value_or(Error{Errc::unavailable, "the name has no address"}));
}

http::RequestHead head_of(const Parcel& parcel, const Url& url, Time now) {
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  auto timestamp = std::to_string(seconds);
  return {"POST",
          url.target,
          {{"Content-Type", "application/json"},
           {"User-Agent", "Sandbar-Webhooks/1"},
           {"Sandbar-Delivery", parcel.id.str()},
           {"Sandbar-Event", parcel.event},
           {"Sandbar-Timestamp", timestamp},
           {"Sandbar-Signature", signature_of(parcel.secrets, timestamp, parcel.body)}}};
}

// What has arrived counts, whatever happens to the rest.
Task<std::string> read_excerpt(http::ClientResponse& response) {
  std::string text;
  std::array<char, kMaxExcerpt> piece{};
  while (text.size() < kMaxExcerpt) {
    auto n = co_await response.read_some(std::span(piece.data(), kMaxExcerpt - text.size()));
    if (!n || *n == 0) break;
    text.append(piece.data(), *n);
  }
  std::erase(text, '\0');
  co_return to_valid_utf8(text);
}

std::string judge(int status) {
  if (status >= 200 && status < 300) return {};
  if (status >= 300 && status < 400) return fmt::format("answered {}: redirects are not followed", status);
  return fmt::format("answered {}", status);
}

}  // namespace

std::string signature_of(const std::vector<Secret>& secrets, std::string_view timestamp,
                         std::string_view body) {
  std::string out;
  for (const auto& secret : secrets) {
    if (!out.empty()) out += ",";
    out += "sha256=" + to_hex(access::hmac_sha256(secret.reveal(), fmt::format("{}.{}", timestamp, body)));
  }
  return out;
}

Task<Outcome> Courier::send(Parcel parcel, Time now) const {
  auto start = std::chrono::steady_clock::now();
  Outcome outcome;
  auto done = co_await with_timeout(options_.timeout, "a delivery", attempt(parcel, now, outcome));
  outcome.latency =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  if (outcome.status) {
    outcome.error = judge(*outcome.status);
  } else if (!done) {
    bool is_late = done.error().code == Errc::deadline_exceeded;
    outcome.error =
        is_late ? fmt::format("no answer within {} ms", options_.timeout.count()) : done.error().message;
  }
  co_return outcome;
}

Task<Result<std::vector<std::string>>> Courier::checked_addresses(const Url& url) const {
  auto addresses = co_await options_.resolve(url.host);
  if (!addresses) co_return fail(failed("the name cannot be resolved", addresses.error()));
  for (const auto& address : *addresses)
    if (!options_.policy.permits(address))
      co_return fail(Error{Errc::forbidden, "the name leads into a network that webhooks must not reach"});
  co_return std::move(addresses);
}

Task<Result<void>> Courier::attempt(const Parcel& parcel, Time now, Outcome& outcome) const {
  CO_TRY(auto url, parse_url(parcel.url, options_.allow_http));
  CO_TRY(auto addresses, co_await checked_addresses(url));
  auto executor = co_await boost::asio::this_coro::executor;
  http::Endpoint endpoint{[addresses, url, tls = options_.tls] { return dial(addresses, url, tls); },
                          url.authority};
  auto client = http::make_client(executor, std::move(endpoint),
                                  {.connect = options_.timeout,
                                   .head = options_.timeout,
                                   .idle = options_.timeout,
                                   .max_head_bytes = kMaxHead,
                                   .max_idle_connections = 0});
  CO_TRY(auto response, co_await client->send(head_of(parcel, url, now), parcel.body));
  outcome.status = response->head().status;
  outcome.excerpt = co_await read_excerpt(*response);
  co_return Result<void>{};
}

}  // namespace sandbar::control::webhooks
