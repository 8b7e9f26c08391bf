// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/gateway/refusal.h"

#include <doctest/doctest.h>

using namespace sandbar;
using namespace sandbar::control::gateway;

namespace {

http::RequestHead request(http::Headers headers) { return {"GET", "/", std::move(headers)}; }

constexpr auto kBrowser = "Mozilla/5.0 (X11; Linux) Gecko/20100101 Firefox/140.0";

}  // namespace

TEST_CASE("SB-9: pages are for people, JSON is for programs") {
  CHECK(wants_page(request({{"User-Agent", kBrowser}, {"Accept", "text/html,*/*"}})));
  CHECK(wants_page(request({{"User-Agent", kBrowser}})));
  CHECK(wants_page(request({{"Sec-Fetch-Mode", "navigate"}})));
  CHECK(wants_page(request({{"Sec-Fetch-Mode", "navigate"}, {"Accept", "application/json"}})));
  CHECK(!wants_page(request({{"User-Agent", "curl/8"}})));
  CHECK(!wants_page(request({{"User-Agent", kBrowser}, {"Accept", "application/json"}})));
  CHECK(!wants_page(request({{"User-Agent", kBrowser}, {"Sec-Fetch-Mode", "cors"}})));
  CHECK(!wants_page(request({{"User-Agent", kBrowser}, {"Sec-Fetch-Mode", "websocket"}})));
  CHECK(!wants_page(request({{"User-Agent", kBrowser}, {"X-Requested-With", "XMLHttpRequest"}})));
  CHECK(!wants_page(request({})));
}

TEST_CASE("SB-9: refusals are spelled as E2B's proxy spells them") {
  Refusal closed{.message = "The sandbox is running but port is not open", .sandbox = "ab12", .port = 8000};
  auto json = response_of(closed, request({}));
  CHECK(json.status == 502);
  CHECK(json.headers.get("Content-Type") == "application/json; charset=utf-8");
  CHECK(
      json.body ==
      R"({"sandboxId":"ab12","message":"The sandbox is running but port is not open","port":8000,"code":502})");
  auto page = response_of(closed, request({{"User-Agent", kBrowser}}));
  CHECK(page.status == 502);
  CHECK(page.headers.get("Content-Type") == "text/html; charset=utf-8");
  CHECK(page.body.starts_with("<html"));
  for (auto part : {"no service running on port", "8000", "ab12"}) CHECK(page.body.contains(part));
  Refusal reserved{.status = 404, .message = "reserved", .path = "/init"};
  CHECK(response_of(reserved, request({})).body == R"({"message":"reserved","path":"/init","code":404})");
  Refusal many{.status = 429, .message = "many", .sandbox = "a", .connection_limit = 5};
  auto refused = response_of(many, request({}));
  CHECK(refused.body == R"({"sandboxId":"a","message":"many","connectionLimit":5,"code":429})");
  CHECK(refused.headers.get("Retry-After") == "1");
  auto plain = response_of({.status = 400, .message = "Invalid host", .is_plain = true}, request({}));
  CHECK(plain.headers.get("Content-Type") == "text/plain; charset=utf-8");
  CHECK(plain.body == "Invalid host\n");
}

TEST_CASE("SB-9: nothing that a client says becomes markup") {
  auto page = response_of({.message = "x", .sandbox = "<script>\"&"}, request({{"User-Agent", kBrowser}}));
  CHECK(!page.body.contains("<script>"));
  CHECK(page.body.contains("&lt;script&gt;&quot;&amp;"));
}
