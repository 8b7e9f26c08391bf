// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/api.h"

#include <fmt/format.h>

#include "sandbar/base/strings.h"
#include "sandbar/cli/views.h"
#include "sandbar/json/encode.h"

namespace sandbar::cli {
namespace {

namespace bj = boost::json;

constexpr std::size_t kMaxAnswerBytes = 64 << 20;
constexpr std::size_t kMaxErrorBytes = 64 << 10;
// The server's cookie, which goes where a browser would send it (docs/adr/0012-user-sessions.md).
constexpr std::string_view kCookie = "sandbar_refresh=";
constexpr std::string_view kCookiePath = "/v1/auth/";

struct ErrorBody {
  std::string code;
  std::string message;
};
BOOST_DESCRIBE_STRUCT(ErrorBody, (), (code, message))

struct ErrorAnswer {
  ErrorBody error;
};
BOOST_DESCRIBE_STRUCT(ErrorAnswer, (), (error))

http::ClientLimits limits() {
  http::ClientLimits limits;
  limits.head = std::chrono::minutes(15);  // exec answers when the command has ended
  return limits;
}

std::string with_cursor(const std::string& path, const std::string& cursor) {
  if (cursor.empty()) return path;
  return fmt::format("{}{}cursor={}", path, path.find('?') == std::string::npos ? '?' : '&',
                     percent_encode(cursor));
}

// Of "sandbar_refresh=…; Max-Age=…"; nothing if the answer sets no such cookie, empty if it takes it away.
std::optional<std::string> cookie_set_by(const http::Response& response) {
  std::string_view set = response.headers.get("Set-Cookie");
  if (!set.starts_with(kCookie)) return std::nullopt;
  return std::string(set.substr(kCookie.size(), set.find(';') - kCookie.size()));
}

Result<bj::value> body_of(const http::Response& response) {
  if (response.status >= 400) return fail(error_of_answer(response.status, response.body));
  if (trim(response.body).empty()) return bj::value();
  auto value = json::parse(response.body);
  if (!value) return fail(Error{Errc::unknown, "the server's answer is not JSON; is this a Sandbar server?"});
  return value;
}

}  // namespace

Error error_of_answer(int status, std::string_view body) {
  auto answer = json::decode_text<ErrorAnswer>(body);
  if (!answer) return {errc_of_http(status), fmt::format("the server answered {}", status)};
  auto code = errc_of_name(answer->error.code);
  return {code == Errc::unknown ? errc_of_http(status) : code, answer->error.message};
}

Task<Result<http::ClientResponsePtr>> checked(http::ClientResponsePtr response) {
  auto status = response->head().status;
  if (status < 400) co_return response;
  auto body = co_await response->read_all(kMaxErrorBytes);
  co_return fail(error_of_answer(status, body ? *body : ""));
}

Api::Api(Executor executor, http::Endpoint endpoint, Credentials credentials, Renewed renewed)
    : credentials_(std::move(credentials)),
      endpoint_(endpoint),
      client_(http::make_client(executor, std::move(endpoint), limits())),
      renewed_(std::move(renewed)) {}

Result<std::unique_ptr<Api>> Api::create(Executor executor, Credentials credentials, Renewed renewed) {
  http::TlsContextPtr tls;
  if (credentials.url.starts_with("https:")) {
    TRY(tls, http::make_client_tls(""));
  }
  auto endpoint = http::endpoint_of_url(credentials.url, tls);
  if (!endpoint)
    return fail(invalid_request(
        fmt::format("'{}' is not a server's address; it looks like http://127.0.0.1:8080", credentials.url)));
  return std::unique_ptr<Api>(
      new Api(executor, *std::move(endpoint), std::move(credentials), std::move(renewed)));
}

Result<http::RequestHead> Api::head(std::string method, std::string path, Auth auth) const {
  http::RequestHead head{std::move(method), std::move(path), {}};
  const auto& [url, key, session, renewal] = credentials_;
  head.headers.set("User-Agent", "sandbar-cli");
  if (!renewal.empty() && head.target.starts_with(kCookiePath))
    head.headers.set("Cookie", std::string(kCookie) + renewal.reveal());
  if (auth == Auth::none) return head;
  if (auth == Auth::key && !key.empty()) {
    head.headers.set("X-API-Key", key.reveal());
  } else if (goes_with_session(auth)) {
    head.headers.set("Authorization", "Bearer " + session.reveal());
  } else if (auth == Auth::session && !key.empty()) {
    return fail(
        Error{Errc::unauthorized, "an API key is not enough for this: it needs a person who is logged in"});
  } else {
    return fail(Error{Errc::unauthorized, "not logged in to " + url});
  }
  return head;
}

Error Api::unreachable(Error error) const {
  if (error.code != Errc::unavailable && error.code != Errc::deadline_exceeded) return error;
  return {Errc::unavailable, fmt::format("no answer from {}", credentials_.url), std::move(error.detail)};
}

bool Api::goes_with_session(Auth auth) const {
  if (credentials_.session.empty()) return false;
  return auth == Auth::session || (auth == Auth::key && credentials_.api_key.empty());
}

Task<Result<http::Response>> Api::send(std::string method, std::string path, bj::value body, Auth auth) {
  CO_TRY(auto head, this->head(std::move(method), std::move(path), auth));
  std::string text;
  if (!body.is_null()) {
    text = bj::serialize(body);
    head.headers.set("Content-Type", "application/json");
  }
  auto response = co_await client_->fetch(std::move(head), std::move(text), kMaxAnswerBytes);
  if (!response) co_return fail(unreachable(std::move(response).error()));
  if (auto cookie = cookie_set_by(*response)) credentials_.renewal = Secret(*std::move(cookie));
  co_return response;
}

Task<Result<void>> Api::renew() {
  CO_TRY(auto response, co_await send("POST", std::string(kCookiePath) + "refresh", nullptr, Auth::none));
  CO_TRY(auto answer, body_of(response));
  CO_TRY(auto login, view_of<LoginAnswer>(answer));
  credentials_.session = Secret(std::move(login.token));
  if (renewed_) renewed_(credentials_);
  co_return Result<void>{};
}

Task<Result<bj::value>> Api::call(std::string method, std::string path, bj::value body, Auth auth) {
  CO_TRY(auto response, co_await send(method, path, body, auth));
  bool has_run_out = response.status == 401 && goes_with_session(auth) && !credentials_.renewal.empty();
  if (has_run_out && co_await renew()) {
    CO_TRY(response, co_await send(std::move(method), std::move(path), std::move(body), auth));
  }
  co_return body_of(response);
}

Task<Result<bj::value>> Api::get(std::string path, Auth auth) {
  return call("GET", std::move(path), nullptr, auth);
}

Task<Result<bj::value>> Api::post(std::string path, bj::value body, Auth auth) {
  return call("POST", std::move(path), std::move(body), auth);
}

Task<Result<bj::value>> Api::put(std::string path, bj::value body, Auth auth) {
  return call("PUT", std::move(path), std::move(body), auth);
}

Task<Result<bj::value>> Api::patch(std::string path, bj::value body, Auth auth) {
  return call("PATCH", std::move(path), std::move(body), auth);
}

Task<Result<bj::value>> Api::remove(std::string path, Auth auth) {
  return call("DELETE", std::move(path), nullptr, auth);
}

Task<Result<bj::array>> Api::list(std::string path, Auth auth, std::size_t limit) {
  bj::array items;
  std::string cursor;
  do {
    CO_TRY(auto page, co_await get(with_cursor(path, cursor), auth));
    auto* object = page.if_object();
    auto* rows = object ? object->if_contains("items") : nullptr;
    if (!rows || !rows->is_array()) co_return fail(Error{Errc::unknown, "the server's list has no items"});
    for (auto& row : rows->get_array()) items.push_back(std::move(row));
    auto* next = object->if_contains("next_cursor");
    cursor = next && next->is_string() ? std::string(std::string_view(next->get_string())) : "";
  } while (!cursor.empty() && items.size() < limit);
  if (items.size() > limit) items.resize(limit);
  co_return items;
}

Task<Result<http::ClientResponsePtr>> Api::open(http::RequestHead head) {
  auto response = co_await client_->send(std::move(head));
  if (!response) co_return fail(unreachable(std::move(response).error()));
  co_return co_await checked(*std::move(response));
}

Task<Result<http::ClientRequestPtr>> Api::start(http::RequestHead head) {
  auto request = co_await client_->start(std::move(head));
  if (!request) co_return fail(unreachable(std::move(request).error()));
  co_return request;
}

}  // namespace sandbar::cli
