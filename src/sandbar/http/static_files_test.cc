// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/static_files.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace sandbar;
using namespace sandbar::http;

namespace {

namespace fs = std::filesystem;

// A folder that goes with the test.
struct Folder {
  Folder() {
    char name[] = "/tmp/static_files_XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(path + "/" + name).parent_path());
    std::ofstream(path + "/" + name) << text;
  }
  StaticFiles read(StaticFiles::Limits limits = {}) const {
    auto files = StaticFiles::read(path, limits);
    REQUIRE(files);
    return *std::move(files);
  }
  std::string path;
};

RequestHead get(std::string target, Headers headers = {}) { return {"GET", std::move(target), headers}; }

}  // namespace

TEST_CASE("a file is served with its type, and as not modified to those who have it") {
  Folder folder;
  folder.write("_app/a.js", "let a");
  auto files = folder.read();
  auto first = files.answer(get("/_app/a.js"), "/_app/a.js");
  REQUIRE(first);
  CHECK(first->status == 200);
  CHECK(first->body == "let a");
  CHECK(first->headers.get("Content-Type") == "text/javascript; charset=utf-8");
  CHECK(!first->headers.has("Content-Encoding"));
  std::string etag(first->headers.get("ETag"));
  for (const auto& known : {etag, "W/" + etag, "\"x\", " + etag, std::string("*")}) {
    auto again = files.answer(get("/_app/a.js", {{"If-None-Match", known}}), "/_app/a.js");
    CHECK(again->status == 304);
    CHECK(again->body.empty());
  }
  CHECK(files.answer(get("/_app/a.js", {{"If-None-Match", "\"x\""}}), "/_app/a.js")->status == 200);
  CHECK(!files.answer(get("/b.js"), "/b.js"));
}

TEST_CASE("compressed forms are for those who take them") {
  Folder folder;
  folder.write("a.css", "plain");
  folder.write("a.css.gz", "gzip");
  folder.write("a.css.br", "brotli");
  folder.write("alone.css.br", "brotli");
  auto files = folder.read();
  auto body = [&](std::string accepted) {
    auto answer = files.answer(get("/a.css", {{"Accept-Encoding", accepted}}), "/a.css");
    CHECK(answer->headers.get("Vary") == "Accept-Encoding");
    CHECK(answer->headers.get("Content-Type") == "text/css; charset=utf-8");
    return answer->body;
  };
  CHECK(body("") == "plain");
  CHECK(body("gzip, deflate, br") == "brotli");
  CHECK(body("gzip") == "gzip");
  CHECK(body("gzip;q=1.0, br;q=0") == "gzip");
  CHECK(body("br;q=0.0, gzip;q=0") == "plain");
  CHECK(body("brotli") == "plain");
  CHECK(!files.has("/a.css.br"));
  CHECK(!files.has("/alone.css"));
}

TEST_CASE("hidden files and links are not served") {
  Folder folder;
  folder.write("index.html", "page");
  folder.write(".env", "secret");
  folder.write(".git/config", "secret");
  fs::create_symlink("/etc/hostname", folder.path + "/link");
  fs::create_directory_symlink("/etc", folder.path + "/etc");
  auto files = folder.read();
  CHECK(files.size() == 1);
  CHECK(files.has("/index.html"));
}

TEST_CASE("too much, and what is not there, is an error") {
  Folder folder;
  folder.write("a.txt", "12345");
  CHECK(StaticFiles::read(folder.path, {.bytes = 4}).error().code == Errc::too_large);
  CHECK(StaticFiles::read(folder.path, {.files = 0}).error().code == Errc::too_large);
  CHECK(!StaticFiles::read(folder.path + "/none", {}));
}

TEST_CASE("a path is decoded, and one that leads elsewhere is none") {
  CHECK(file_path(get("/a%20b?x=1")) == "/a b");
  for (auto bad : {"/../etc/passwd", "/%2e%2e/etc/passwd", "/a/..%2f..%2fetc", "/.env", "/a/.git/config",
                   "/a%5c..%5cb", "/a%00", "/%zz", "/a%0d%0ab", "/%ff"})
    CHECK_MESSAGE(!file_path(get(bad)), bad);
}

TEST_CASE("accepted means named, and not with a quality of zero") {
  CHECK(accepts("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"));
  CHECK(accepts("TEXT/HTML;q=0.1", "text/html"));
  CHECK(!accepts("*/*", "text/html"));
  CHECK(!accepts("text/html;q=0", "text/html"));
  CHECK(!accepts("text/html; q=0.000", "text/html"));
}
