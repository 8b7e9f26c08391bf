// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/web/service.h"

#include <doctest/doctest.h>

using namespace sandbar;
using namespace sandbar::control::web;

namespace {

Pages some_pages() {
  http::StaticFiles files;
  files.add("/index.html",
            "<meta content=\"script-src 'self' 'sha256-abc='\"><script>boot()</script>the dashboard");
  files.add("/theme.js", "theme");
  files.add("/_app/version.json", "{}");
  files.add("/_app/immutable/a.js", "let a");
  return Pages(std::move(files));
}

http::RequestHead browse(std::string target) {
  return {"GET", std::move(target), {{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"}}};
}

http::RequestHead load(std::string target) { return {"GET", std::move(target), {{"Accept", "*/*"}}}; }

}  // namespace

TEST_CASE("a navigation to any page gets the index, which is not kept") {
  auto pages = some_pages();
  for (auto target : {"/dashboard", "/dashboard/sandboxes/sb-1/files?path=/tmp", "/auth/github/callback",
                      "/no/such/page", "/index.html", "/dashboard/templates/python-3.11"}) {
    auto page = pages.answer(browse(target));
    REQUIRE(page);
    CHECK(page->status == 200);
    CHECK(page->body.ends_with("the dashboard"));
    CHECK(page->headers.get("Cache-Control") == "no-cache");
    CHECK(page->headers.get("X-Content-Type-Options") == "nosniff");
  }
}

TEST_CASE("the root leads to the dashboard") {
  auto answer = some_pages().answer(browse("/"));
  REQUIRE(answer);
  CHECK(answer->status == 302);
  CHECK(answer->headers.get("Location") == "/dashboard");
}

TEST_CASE("what a build has named by its content is kept for good, everything else is asked for again") {
  auto pages = some_pages();
  CHECK(pages.answer(load("/_app/immutable/a.js"))->headers.get("Cache-Control") ==
        "public, max-age=31536000, immutable");
  CHECK(pages.answer(load("/_app/version.json"))->headers.get("Cache-Control") == "no-cache");
  CHECK(pages.answer(load("/theme.js"))->headers.get("Cache-Control") == "no-cache");
}

TEST_CASE("what is missing is not answered with a page") {
  auto pages = some_pages();
  for (auto target :
       {"/_app/immutable/old.js", "/_app/none", "/v1/none", "/v1", "/%2e%2e/etc/passwd", "/.env"})
    CHECK_MESSAGE(!pages.answer(browse(target)), target);
  for (auto target : {"/dashboard", "/missing.js", "/favicon.ico"})
    CHECK_MESSAGE(!pages.answer(load(target)), target);
}

TEST_CASE("the policy allows the page's own inline scripts and nothing from elsewhere") {
  auto page = some_pages().answer(browse("/dashboard"));
  auto policy = page->headers.get("Content-Security-Policy");
  CHECK(policy.contains("script-src 'self' 'sha256-abc=';"));
  CHECK(policy.contains("frame-ancestors 'none'"));
  CHECK(policy.contains("connect-src 'self'"));
  CHECK(!policy.contains("http"));
}
