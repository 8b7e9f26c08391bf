// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/route.h"

namespace sandbar::http {
namespace {

// "{id}" number `index` of the path, without braces.
std::string_view hole_name(std::string_view path, std::size_t index) {
  std::size_t open = path.find('{');
  for (; index > 0; --index) open = path.find('{', open + 1);
  return path.substr(open + 1, path.find('}', open) - open - 1);
}

}  // namespace

void finish_headers(Headers& headers, const std::string& request_id) {
  headers.set("X-Request-Id", request_id);
  if (!headers.has("Cache-Control")) headers.set("Cache-Control", "no-store");
}

Task<Result<void>> Call::start(ResponseHead head) {
  for (const auto& [name, value] : answer_headers.entries()) head.headers.set(name, value);
  finish_headers(head.headers, request_id());
  return exchange().start(std::move(head));
}

Task<Result<WebSocket*>> Call::open_socket() {
  if (!socket_) {
    CO_TRY(socket_, co_await exchange().accept_websocket({{"X-Request-Id", request_id()}}));
  }
  co_return socket_.get();
}

namespace detail {

Error bad_hole(const Call& call, std::size_t index, std::string why) {
  std::string name(hole_name(call.route().path, index));
  return invalid_request(name + ": " + why, {{name, why}});
}

Result<std::string> decode_hole(const Call& call, std::size_t index) {
  auto text = percent_decode(call.hole(index));
  if (!text || !is_utf8(*text)) return fail(bad_hole(call, index, "is wrongly escaped"));
  return *std::move(text);
}

Result<std::int64_t> decode_number(const Call& call, std::size_t index, std::int64_t min, std::int64_t max) {
  auto number = parse_int(call.hole(index));
  if (!number || *number < min || *number > max) return fail(bad_hole(call, index, "is not such a number"));
  return *number;
}

std::string handler_name(std::string_view pretty_function) {
  constexpr std::string_view kBefore = "[H = &";
  auto start = pretty_function.rfind(kBefore) + kBefore.size();
  std::string name(pretty_function.substr(start, pretty_function.size() - 1 - start));
  constexpr std::string_view kHidden = "(anonymous namespace)::";
  if (auto at = name.find(kHidden); at != name.npos) name.erase(at, kHidden.size());
  for (std::string_view prefix : {"sandbar::", "control::"})
    if (name.starts_with(prefix)) name.erase(0, prefix.size());
  return name;
}

}  // namespace detail
}  // namespace sandbar::http
