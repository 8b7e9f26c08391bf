// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/oauth/fetch.h"

#include <boost/asio/this_coro.hpp>

#include "sandbar/async/timer.h"
#include "sandbar/base/strings.h"
#include "sandbar/http/client.h"
#include "sandbar/json/decode.h"

namespace sandbar::control::oauth {
namespace {

constexpr std::size_t kMaxAnswer = 1 << 20;
constexpr std::chrono::milliseconds kTimeout{10'000};

Error no_answer(const std::string& url, std::string why) {
  return {Errc::agent_error, "the provider did not answer as expected", url + ": " + why};
}

struct Url {
  std::string origin, target;
};

Result<Url> split_url(const std::string& url) {
  auto host = url.find("://");
  if (host == url.npos) return fail(no_answer(url, "not an address"));
  auto path = url.find('/', host + 3);
  if (path == url.npos) return Url{url, "/"};
  return Url{url.substr(0, path), url.substr(path)};
}

Task<Result<http::Response>> send(Ask ask, Url url) {
  CO_TRY(auto endpoint, http::endpoint_of_url(url.origin));
  auto client = http::make_client(co_await boost::asio::this_coro::executor, std::move(endpoint));
  ask.headers.set("Accept", "application/json");
  ask.headers.set("User-Agent", "sandbar");
  http::RequestHead head{std::move(ask.method), std::move(url.target), std::move(ask.headers)};
  co_return co_await client->fetch(std::move(head), std::move(ask.body), kMaxAnswer);
}

}  // namespace

Task<Result<boost::json::value>> fetch_json(Ask ask) {
  auto address = ask.url;
  CO_TRY(auto url, split_url(ask.url));
  auto response =
      co_await with_timeout(kTimeout, "a provider's answer", send(std::move(ask), std::move(url)));
  if (!response) co_return fail(no_answer(address, response.error().message + " " + response.error().detail));
  if (response->status != 200) co_return fail(no_answer(address, fmt::format("status {}", response->status)));
  auto value = json::parse(response->body);
  if (!value) co_return fail(no_answer(address, "no JSON"));
  co_return *std::move(value);
}

std::string form(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    if (!out.empty()) out += '&';
    out += fmt::format("{}={}", name, percent_encode(value));
  }
  return out;
}

std::string text_in(const boost::json::value& object, std::string_view name) {
  const auto* members = object.if_object();
  const auto* value = members ? members->if_contains(name) : nullptr;
  return value && value->is_string() ? std::string(std::string_view(value->get_string())) : std::string();
}

}  // namespace sandbar::control::oauth
