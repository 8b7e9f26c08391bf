// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/router.h"

#include <doctest/doctest.h>

#include "sandbar/http/openapi.h"
#include "sandbar/http/test_routes.h"

using namespace sandbar;
using namespace sandbar::http;

namespace {

struct Fixture {
  test::Shelf shelf;
  Router router;
  Fixture() { router.add(Routes<test::Shelf>(test::kRoutes), &shelf); }
};

std::string pattern(const Router::Match& match) {
  return match.bound ? std::string(match.bound->route->path) : "none";
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a path is found by its segments, literals before holes") {
  CHECK(pattern(router.find("GET", "/v1/books")) == "/v1/books");
  CHECK(pattern(router.find("GET", "/v1/books/x")) == "/v1/books/{id}");
  CHECK(pattern(router.find("POST", "/v1/books/burn")) == "/v1/books/burn");
  auto match = router.find("DELETE", "/v1/books/a/chapters/b%20c");
  CHECK(pattern(match) == "/v1/books/{id}/chapters/{chapter}");
  CHECK(match.holes[0] == "a");
  CHECK(match.holes[1] == "b%20c");
}

TEST_CASE_FIXTURE(Fixture, "a hole takes an empty segment, so that a missing id is a malformed id") {
  CHECK(pattern(router.find("GET", "/v1/books/")) == "/v1/books/{id}");
}

TEST_CASE_FIXTURE(Fixture, "other paths and methods are told apart") {
  for (auto path : {"", "/", "/v1", "/v1/book", "/v1/books/a/b", "/v1/books/a/chapters/b/c", "v1/books"}) {
    auto match = router.find("GET", path);
    CHECK_MESSAGE(!match.path_known, path);
  }
  auto match = router.find("PATCH", "/v1/books");
  CHECK(match.path_known);
  CHECK(!match.bound);
  CHECK(router.allowed("/v1/books") == "GET, POST");
  CHECK(router.allowed("/v2") == "");
}

TEST_CASE_FIXTURE(Fixture, "the same row twice is a bug") {
  CHECK_THROWS(router.add(Routes<test::Shelf>(test::kRoutes), &shelf));
}

TEST_CASE_FIXTURE(Fixture, "routes print with access and handler, sorted by path") {
  auto text = routes_text(router.routes());
  CHECK(text.starts_with("GET    /v1/books "));
  CHECK_MESSAGE(text.contains(" team_admin     -              http::test::remove "), text);
  CHECK_MESSAGE(text.contains(" team_member    sandboxes|read http::test::list "), text);
  CHECK_MESSAGE(text.contains(" team_member    sandboxes      http::test::talk "), text);
}

TEST_CASE_FIXTURE(Fixture, "the document describes what the handlers' types say") {
  auto document = openapi({"Books", "1"}, router.routes());
  auto& paths = document["paths"].as_object();
  auto& create = paths["/v1/books"].as_object()["post"].as_object();
  CHECK(create["responses"].as_object().contains("201"));
  CHECK(boost::json::serialize(create["requestBody"]).contains("#/components/schemas/NewBook"));
  CHECK(create["x-access"] == "team_member");
  auto& list = paths["/v1/books"].as_object()["get"].as_object();
  CHECK(list["parameters"].as_array().size() == 4);
  CHECK(boost::json::serialize(list["responses"]).contains("#/components/schemas/BookViewPage"));
  auto& remove = paths["/v1/books/{id}/chapters/{chapter}"].as_object()["delete"].as_object();
  CHECK(remove["parameters"].as_array()[1].as_object()["name"] == "chapter");
  CHECK(remove["responses"].as_object().contains("204"));
  CHECK(boost::json::serialize(remove["responses"]).contains("#/components/schemas/LentBook"));
  for (auto status : {"400", "401", "403", "404", "429"})
    CHECK_MESSAGE(remove["responses"].as_object().contains(status), status);
  auto& burn = paths["/v1/books/burn"].as_object()["post"].as_object();
  CHECK(!burn["responses"].as_object().contains("401"));
  auto notes = boost::json::serialize(document["components"].as_object()["schemas"].as_object()["NewBook"]);
  CHECK_MESSAGE(notes.contains(R"("title":{"type":"string","maxLength":100,"example":"Emma"})"), notes);
  auto& view = document["components"].as_object()["schemas"].as_object()["BookView"].as_object();
  CHECK(boost::json::serialize(view["required"]) == R"(["id","title","pages"])");
}

TEST_CASE("JSON is written as YAML that means the same") {
  auto value = boost::json::parse(R"({"a":{"b":[1,{"c":"x: y"}],"d":[],"$e":null},"201":true})");
  CHECK(to_yaml(value) ==
        "a:\n  b:\n    - 1\n    -\n      c: \"x: y\"\n  d: []\n  \"$e\": null\n\"201\": true\n");
}
