// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/gateway/refusal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/describe/class.hpp>

#include "sandbar/base/strings.h"
#include "sandbar/json/encode.h"

namespace sandbar::control::gateway {

// Names and order as E2B's proxy has them.
struct RefusalBody {
  std::optional<std::string> sandboxId;
  std::string message;
  std::optional<int> port, connectionLimit;
  std::optional<std::string> path;
  int code = 0;
};
BOOST_DESCRIBE_STRUCT(RefusalBody, (), (sandboxId, message, port, connectionLimit, path, code))

namespace {

constexpr auto kBrowsers =
    std::to_array<std::string_view>({"mozilla", "chrome", "safari", "firefox", "edge", "opera", "msie"});
constexpr auto kScriptModes =
    std::to_array<std::string_view>({"cors", "no-cors", "same-origin", "websocket"});

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : to_valid_utf8(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string page_of(const Refusal& refusal) {
  auto title = escaped(refusal.message);
  auto text = refusal.port ? fmt::format("There is no service running on port {}.", *refusal.port) : title;
  if (refusal.port) title = "Closed port";
  auto sandbox = refusal.sandbox ? fmt::format("<p>Sandbox <code>{}</code></p>", escaped(*refusal.sandbox))
                                 : std::string();
  return fmt::format(
      "<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>{0}</title><style>body{{font:16px/1.5 "
      "system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 "
      "1rem;color:#222;background:#fff}}code{{background:#eee;padding:.1em "
      ".3em}}@media(prefers-color-scheme:dark){{body{{color:#ddd;background:#161616}}code{{background:#333}}}"
      "}"
      "</style></head><body><h1>{1}</h1><p>{2}</p>{3}</body></html>\n",
      title, refusal.status, text, sandbox);
}

std::string json_of(const Refusal& refusal) {
  return json::encode(RefusalBody{refusal.sandbox, refusal.message, refusal.port, refusal.connection_limit,
                                  refusal.path, refusal.status});
}

}  // namespace

bool wants_page(const http::RequestHead& request) {
  const auto& headers = request.headers;
  auto mode = to_lower(headers.get("Sec-Fetch-Mode"));
  if (mode == "navigate") return true;
  if (std::ranges::find(kScriptModes, mode) != kScriptModes.end() || headers.has("X-Requested-With"))
    return false;
  auto accept = to_lower(headers.get("Accept"));
  if (accept.contains("json") && !accept.contains("text/html")) return false;
  auto agent = to_lower(headers.get("User-Agent"));
  return std::ranges::any_of(kBrowsers, [&](auto browser) { return agent.contains(browser); });
}

http::Response response_of(const Refusal& refusal, const http::RequestHead& request) {
  http::Response out{refusal.status, {{"Cache-Control", "no-store"}}, {}};
  if (refusal.status == 429 || refusal.status == 503) out.headers.set("Retry-After", "1");
  if (refusal.is_plain) {
    out.headers.set("Content-Type", "text/plain; charset=utf-8");
    out.body = refusal.message + "\n";
  } else if (wants_page(request)) {
    out.headers.set("Content-Type", "text/html; charset=utf-8");
    out.headers.set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
    out.body = page_of(refusal);
  } else {
    out.headers.set("Content-Type", "application/json; charset=utf-8");
    out.body = json_of(refusal);
  }
  return out;
}

}  // namespace sandbar::control::gateway
