// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/docs/routes.h"

namespace sandbar::control::docs {
namespace {

using http::Call;
using http::Document;
using enum http::Access;

// Only our own files run, and only this server is spoken to.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

Document answer(Call& call, std::string_view type, std::string_view text) {
  call.answer_headers.set("Content-Security-Policy", kPolicy);
  call.answer_headers.set("X-Content-Type-Options", "nosniff");
  call.answer_headers.set("Referrer-Policy", "no-referrer");
  call.answer_headers.set("Cache-Control", "no-cache");
  return {std::string(type), std::string(text)};
}

Task<Result<Document>> page(DocsService& service, Call& call) {
  co_return answer(call, "text/html; charset=utf-8", service.html());
}

Task<Result<Document>> script(DocsService& service, Call& call) {
  co_return answer(call, "text/javascript; charset=utf-8", service.script());
}

Task<Result<Document>> style(DocsService& service, Call& call) {
  co_return answer(call, "text/css; charset=utf-8", service.style());
}

constexpr http::ServiceRoute<DocsService> kRoutes[] = {
    http::route<&page>("GET", "/docs", open, "This API's document, to read and to try"),
    http::route<&script>("GET", "/docs/page.js", open, "Script of that page"),
    http::route<&style>("GET", "/docs/page.css", open, "Style of that page"),
};

}  // namespace

http::Routes<DocsService> routes() { return kRoutes; }

}  // namespace sandbar::control::docs
