// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/web/service.h"

#include "sandbar/base/try.h"

namespace sandbar::control::web {
namespace {

constexpr std::string_view kIndex = "/index.html", kHome = "/dashboard";
constexpr std::string_view kApp = "/_app/", kImmutable = "/_app/immutable/";

// The build writes the hashes of its inline scripts into a policy of the page itself. A second policy must
// allow them too: browsers obey both.
std::string script_hashes(std::string_view page) {
  std::string out;
  for (auto begin = page.find("'sha256-"); begin != page.npos; begin = page.find("'sha256-", begin + 1)) {
    auto end = page.find('\'', begin + 1);
    if (end == page.npos) break;
    auto hash = page.substr(begin, end + 1 - begin);
    if (hash.find_first_of(" ;,<>\r\n") == hash.npos) out += fmt::format(" {}", hash);
  }
  return out;
}

// Terminals and editors set styles of their own; scripts and everything else come from here only.
std::string policy_for(std::string_view page) {
  return fmt::format(
      "default-src 'self'; script-src 'self'{}; style-src 'self' 'unsafe-inline'; img-src 'self' data: "
      "blob:; "
      "font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
      "frame-ancestors 'none'",
      script_hashes(page));
}

http::Response go_home() {
  http::Response out{.status = 302, .headers = {}, .body = {}};
  out.headers.set("Location", kHome);
  return out;
}

// A browser that goes to a page. A page's path may end like a file's: names have dots.
bool is_navigation(const http::RequestHead& request, std::string_view path) {
  bool is_api = path == "/v1" || path.starts_with("/v1/");
  return !is_api && http::accepts(request.headers.get("Accept"), "text/html");
}

}  // namespace

Result<PagesPtr> Pages::read(const std::string& folder) {
  TRY(auto files, http::StaticFiles::read(folder, {}));
  if (!files.has(kIndex)) return fail(invalid_request(folder + " holds no built dashboard: no index.html"));
  return std::make_shared<const Pages>(std::move(files));
}

Pages::Pages(http::StaticFiles files) : files_(std::move(files)), policy_(policy_for(files_.text(kIndex))) {}

std::optional<http::Response> Pages::find(const http::RequestHead& request) const {
  auto path = http::file_path(request);
  if (!path) return std::nullopt;
  if (*path == "/") return go_home();
  if (auto file = files_.answer(request, *path)) {
    bool is_immutable = path->starts_with(kImmutable);
    file->headers.set("Cache-Control", is_immutable ? "public, max-age=31536000, immutable" : "no-cache");
    return file;
  }
  if (path->starts_with(kApp) || !is_navigation(request, *path)) return std::nullopt;
  auto page = files_.answer(request, kIndex);
  if (page) page->headers.set("Cache-Control", "no-cache");
  return page;
}

std::optional<http::Response> Pages::answer(const http::RequestHead& request) const {
  auto out = find(request);
  if (!out) return std::nullopt;
  out->headers.set("Content-Security-Policy", policy_);
  out->headers.set("X-Content-Type-Options", "nosniff");
  out->headers.set("Referrer-Policy", "same-origin");
  return out;
}

std::optional<http::Response> WebService::answer(const http::RequestHead& request) const {
  if (!pages_ || (request.method != "GET" && request.method != "HEAD")) return std::nullopt;
  if (router_.find("GET", request.path()).path_known) return std::nullopt;
  return pages_->answer(request);
}

}  // namespace sandbar::control::web
