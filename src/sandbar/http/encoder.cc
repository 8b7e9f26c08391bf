// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/encoder.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <iterator>

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"

namespace sandbar::http {
namespace {

using namespace std::string_view_literals;

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           "!#$%&'*+-.^_`|~"sv.contains(c);
  });
}

bool is_safe_value(std::string_view text) { return text.find_first_of("\r\n\0"sv) == text.npos; }

bool is_framing_field(std::string_view name, Framing::After after) {
  if (equals_ignore_case(name, "Connection")) return after != Framing::After::upgrade;
  return equals_ignore_case(name, "Content-Length") || equals_ignore_case(name, "Transfer-Encoding") ||
         equals_ignore_case(name, "Keep-Alive");
}

// RFC 9110, section 6.5.1: nothing that frames, routes, authenticates or changes the meaning of the head.
bool may_trail(std::string_view name) {
  constexpr auto kNever = std::to_array<std::string_view>({"connection",
                                                           "content-length",
                                                           "transfer-encoding",
                                                           "trailer",
                                                           "te",
                                                           "upgrade",
                                                           "keep-alive",
                                                           "host",
                                                           "content-encoding",
                                                           "content-type",
                                                           "content-range",
                                                           "cache-control",
                                                           "expect",
                                                           "max-forwards",
                                                           "range",
                                                           "authorization",
                                                           "proxy-authorization",
                                                           "www-authenticate",
                                                           "proxy-authenticate",
                                                           "cookie",
                                                           "set-cookie"});
  return is_token(name) &&
         std::ranges::none_of(kNever, [&](auto never) { return equals_ignore_case(never, name); });
}

Result<void> append_fields(std::string& out, const Headers& headers, Framing::After after,
                           std::string_view skip) {
  for (const auto& [name, value] : headers.entries()) {
    if (is_framing_field(name, after) || equals_ignore_case(name, skip)) continue;
    if (!is_token(name) || !is_safe_value(value))
      return fail(internal_error("a header field would break the message"));
    out.append(name).append(": ").append(value).append("\r\n");
  }
  return {};
}

void append_framing(std::string& out, const Framing& framing) {
  using enum Framing::Body;
  if (framing.body == length)
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", framing.length);
  if (framing.body == chunked) out += "Transfer-Encoding: chunked\r\n";
  if (framing.after == Framing::After::close) out += "Connection: close\r\n";
  if (framing.after == Framing::After::keep_alive && !framing.http11) out += "Connection: keep-alive\r\n";
  out += "\r\n";
}

// IMF-fixdate, made once a second.
std::string_view date_line() {
  thread_local std::time_t made_at = 0;
  thread_local std::string line;
  auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  if (now != made_at) {
    line = fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} GMT\r\n", fmt::gmtime(now));
    made_at = now;
  }
  return line;
}

// Leaves `out` as it was unless released.
struct Rollback {
  std::string& out;
  std::size_t size = out.size();
  ~Rollback() { out.resize(size); }
  void keep() { size = out.size(); }
};

}  // namespace

Result<void> encode_head(std::string& out, int status, const Headers& headers, const Framing& framing) {
  Rollback rollback{out};
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", status, reason_phrase(status));
  TRY_VOID(append_fields(out, headers, framing.after, {}));
  if (!headers.has("Date")) out += date_line();
  append_framing(out, framing);
  rollback.keep();
  return {};
}

Result<void> encode_head(std::string& out, const RequestHead& head, std::string_view host,
                         const Framing& framing) {
  if (!is_token(head.method) || head.target.empty() || !is_safe_value(head.target) ||
      head.target.contains(' '))
    return fail(internal_error("a request line would break the message"));
  Rollback rollback{out};
  // A Host that the caller gives wins: a proxy passes the one that it was asked with.
  auto named = head.headers.has("Host") ? head.headers.get("Host") : host;
  if (!is_safe_value(named)) return fail(internal_error("a Host field would break the message"));
  fmt::format_to(std::back_inserter(out), "{} {} HTTP/1.1\r\nHost: {}\r\n", head.method, head.target, named);
  TRY_VOID(append_fields(out, head.headers, framing.after, "Host"));
  append_framing(out, framing);
  rollback.keep();
  return {};
}

void encode_chunk(std::string& out, std::string_view bytes) {
  fmt::format_to(std::back_inserter(out), "{:x}\r\n", bytes.size());
  out.append(bytes).append("\r\n");
}

void encode_last_chunk(std::string& out, const Headers& trailers) {
  out += "0\r\n";
  for (const auto& [name, value] : trailers.entries())
    if (may_trail(name) && is_safe_value(value)) out.append(name).append(": ").append(value).append("\r\n");
  out += "\r\n";
}

Result<std::optional<std::uint64_t>> declared_length(const Headers& headers) {
  if (!headers.has("Content-Length")) return std::nullopt;
  auto length = parse_int(headers.get("Content-Length"));
  if (!length || *length < 0) return fail(internal_error("Content-Length is not a number"));
  return static_cast<std::uint64_t>(*length);
}

}  // namespace sandbar::http
