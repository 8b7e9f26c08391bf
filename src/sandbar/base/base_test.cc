// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cerrno>
#include <set>

#include "sandbar/base/clock.h"
#include "sandbar/base/id.h"
#include "sandbar/base/scope_exit.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/base/units.h"

using namespace sandbar;

TEST_CASE("every error row has a plausible HTTP status and a Connect code that maps back") {
  for (int i = 0; i <= static_cast<int>(Errc::no_space); ++i) {
    const auto& row = info_of(static_cast<Errc>(i));
    CHECK(row.code == static_cast<Errc>(i));
    CHECK(row.http_status >= 400);
    CHECK(row.http_status < 600);
    CHECK(info_of(errc_of_connect(row.connect)).connect == row.connect);
    CHECK(errc_of_name(row.name) == row.code);
  }
}

TEST_CASE("an id is accepted in its canonical form only") {
  auto id = SandboxId::random();
  CHECK(SandboxId::parse(id.str()) == id);
  CHECK(id.str().starts_with("sb-"));
  for (auto text : {std::string("usr-") + id.uuid().str(), id.uuid().str(), std::string("sb-"), std::string(),
                    "sb-{" + id.uuid().str() + "}", "sb-" + id.uuid().hex(), id.str() + "0",
                    std::string("sb-0B6FA3A0-0000-4000-8000-000000000000")})
    CHECK_MESSAGE(!SandboxId::parse(text), text);
}

TEST_CASE("a thousand ids are a thousand different version 4 UUIDs") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    auto text = Uuid::random().str();
    CHECK(text[14] == '4');
    CHECK(std::string_view("89ab").find(text[19]) != std::string_view::npos);
    seen.insert(text);
  }
  CHECK(seen.size() == 1000);
}

TEST_CASE("times survive a round trip and foreign offsets are understood") {
  auto time = parse_rfc3339("2026-03-01T12:00:00.123456789+02:00");
  REQUIRE(time);
  CHECK(to_rfc3339(*time) == "2026-03-01T10:00:00.123456Z");
  CHECK(parse_rfc3339(to_rfc3339(*time)) == *time);
  for (auto text : {"", "2026-03-01", "2026-02-30T00:00:00Z", "2026-03-01T24:00:00Z", "2026-03-01T00:00:00",
                    "2026-03-01T00:00:00.Z", "2026-03-01T00:00:00Zx", "-026-03-01T00:00:00Z"})
    CHECK_MESSAGE(!parse_rfc3339(text), text);
}

TEST_CASE("base64, hex and percent codes round trip and refuse garbage") {
  for (std::string bytes : {std::string(""), std::string("a"), std::string("ab"), std::string("abc"),
                            std::string("\0\xff\x80z", 4)}) {
    CHECK(from_base64(to_base64(bytes)) == bytes);
    CHECK(from_base64url(to_base64url(bytes)) == bytes);
    CHECK(from_hex(to_hex(bytes)) == bytes);
    CHECK(percent_decode(percent_encode(bytes)) == bytes);
  }
  CHECK(to_base64("hi\n") == "aGkK");
  CHECK(!from_base64("a"));
  CHECK(!from_base64("a*=="));
  CHECK(!from_hex("abc"));
  CHECK(!percent_decode("%4"));
  CHECK(!percent_decode("%zz"));
}

TEST_CASE("UTF-8 is checked as the standard says") {
  CHECK(is_utf8("Zoë 🙂"));
  for (std::string_view bad : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"})
    CHECK(!is_utf8(bad));
  CHECK(to_valid_utf8("a\xff"
                      "b") ==
        "a\xEF\xBF\xBD"
        "b");
  CHECK(count_code_points("Zoë 🙂") == 5);
}

TEST_CASE("durations and sizes carry their units") {
  CHECK(parse_duration("30s")->count() == 30'000);
  CHECK(parse_duration("7d")->count() == 7 * 86'400'000);
  CHECK(parse_size("512MiB") == 512 * kMib);
  for (auto text : {"", "s", "30", "-1s", "1.5s", "99999999999999999999s", "9223372036854775807d"})
    CHECK_MESSAGE(!parse_duration(text), text);
  for (auto text : {"MiB", "5MB", "-1"}) CHECK_MESSAGE(!parse_size(text), text);
}

TEST_CASE("errors keep the client's message and gather context for the log") {
  auto error = errno_error("open x", ENOSPC).with_context("starting");
  CHECK(error.code == Errc::no_space);
  CHECK(error.message == "no space left on the device");
  CHECK(error.detail.starts_with("starting: open x: "));
}

namespace {
Result<int> half(int v) {
  if (v % 2) return fail(invalid_request("odd"));
  return v / 2;
}
Result<int> quarter(int v) {
  TRY(auto h, half(v));
  TRY(auto q, half(h));
  return q;
}
}  // namespace

TEST_CASE("TRY passes values on and leaves with the first error") {
  CHECK(quarter(8) == 2);
  CHECK(quarter(6).error().message == "odd");
}
