// SPDX-License-Identifier: Apache-2.0
#include "sandbar/rpc/codec.h"

#include <doctest/doctest.h>

#include "filesystem/filesystem.pb.h"
#include "process/process.pb.h"
#include "sandbar/rpc/envelope.h"
#include "sandbar/rpc/gzip.h"
#include "sandbar/rpc/wire_error.h"

using namespace sandbar;
using namespace sandbar::rpc;

namespace {

Errc code_of_json(std::string_view text) {
  auto message = decode<process::StartRequest>(Codec::json, text);
  REQUIRE_FALSE(message.has_value());
  return message.error().code;
}

}  // namespace

TEST_CASE("messages survive both codecs") {
  filesystem::EntryInfo entry;
  entry.set_name("ü.txt");
  entry.set_size(5'000'000'000);
  entry.set_type(filesystem::FILE_TYPE_SYMLINK);
  (*entry.mutable_metadata())["k"] = "v";
  for (auto codec : {Codec::json, Codec::proto}) {
    auto back = decode<filesystem::EntryInfo>(codec, encode(codec, entry));
    REQUIRE(back.has_value());
    CHECK(back->SerializeAsString() == entry.SerializeAsString());
  }
}

TEST_CASE("JSON is printed as proto3 says: camel case, 64-bit numbers as strings, enumerators by name") {
  filesystem::EntryInfo entry;
  entry.set_size(5);
  entry.set_type(filesystem::FILE_TYPE_FILE);
  entry.set_symlink_target("/x");
  CHECK(encode(Codec::json, entry) == R"({"type":"FILE_TYPE_FILE","size":"5","symlinkTarget":"/x"})");
}

TEST_CASE("unknown fields are ignored and both spellings of a name are read") {
  auto watch =
      decode<filesystem::WatchDirRequest>(Codec::json, R"({"path":"/a","include_entry":true,"later":[1]})");
  REQUIRE(watch.has_value());
  CHECK(watch->include_entry());
  CHECK(decode<filesystem::WatchDirRequest>(Codec::json, R"({"includeEntry":true})")->include_entry());
}

TEST_CASE("an empty body is an empty message") {
  CHECK(decode<process::ListRequest>(Codec::json, "").has_value());
  CHECK(decode<process::ListRequest>(Codec::proto, "").has_value());
}

TEST_CASE("JSON that is not strictly JSON, or not of the type, is refused") {
  CHECK(code_of_json("{'tag':1}") == Errc::invalid_request);
  CHECK(code_of_json(R"({"tag":"x",})") == Errc::invalid_request);
  CHECK(code_of_json("{\"tag\":\"\xff\"}") == Errc::invalid_request);
  CHECK(code_of_json(R"({"tag":{}})") == Errc::invalid_request);
  CHECK(code_of_json("null") == Errc::invalid_request);
  CHECK_FALSE(decode<process::StartRequest>(Codec::proto, "\xff\xff\xff").has_value());
}

TEST_CASE("envelopes are cut out of pieces of any size") {
  auto bytes = make_envelope(0, "hello") + make_envelope(kEndFlag, "{}");
  EnvelopeReader reader(100);
  std::vector<Envelope> seen;
  for (char c : bytes) {
    reader.feed({&c, 1});
    auto next = reader.next();
    REQUIRE(next.has_value());
    if (*next) seen.push_back(**next);
  }
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].bytes == "hello");
  CHECK(seen[1].flags == kEndFlag);
  CHECK(reader.empty());
}

TEST_CASE("an envelope larger than allowed is refused before its bytes are there") {
  EnvelopeReader reader(4);
  reader.feed(make_envelope(0, "hello").substr(0, kEnvelopeHead));
  CHECK(reader.next().error().code == Errc::rate_limited);
}

TEST_CASE("gzip is bounded by what comes out of it") {
  std::string zeros(1 << 20, '\0');
  auto small = gzip(zeros);
  CHECK(small.size() < 4096);
  CHECK(*gunzip(small, zeros.size()) == zeros);
  CHECK(gunzip(small, 1000).error().code == Errc::rate_limited);
  CHECK(gunzip(small.substr(0, small.size() / 2), zeros.size()).error().code == Errc::invalid_request);
  CHECK(gunzip("no gzip at all", 100).error().code == Errc::invalid_request);
}

TEST_CASE("every error code comes back as itself between our own programs") {
  for (int i = 0; i <= static_cast<int>(Errc::no_space); ++i) {
    Error error{static_cast<Errc>(i), "why", "secret detail"};
    auto response = error_response(error);
    CHECK(response.body.find("secret") == std::string::npos);
    auto back = error_of_response({response.status, response.headers}, response.body);
    CHECK(back.code == error.code);
    CHECK(back.message == "why");
    CHECK(error_of_end_of_stream(end_of_stream(fail(error)))->code == error.code);
  }
}

TEST_CASE("an answer of somebody who does not speak Connect is understood by its status") {
  CHECK(error_of_response({502, {}}, "<html>").code == Errc::agent_error);
  CHECK(error_of_response({502, {{"Sandbar-Error", "unavailable"}}}, "{}").code == Errc::unavailable);
  CHECK(error_of_response({404, {}}, "").code == Errc::not_found);
  CHECK(error_of_response({503, {}}, "{}").code == Errc::unavailable);
  CHECK(error_of_response({429, {}}, R"({"code":"resource_exhausted","message":"slow down"})").message ==
        "slow down");
  CHECK(error_of_response({500, {{"sandbar-error", "not_found"}}}, R"({"code":"internal"})").code ==
        Errc::internal_error);
}

TEST_CASE("a stream's end is well, an error, or unreadable") {
  CHECK(end_of_stream({}) == "{}");
  CHECK_FALSE(error_of_end_of_stream("{}").has_value());
  CHECK(error_of_end_of_stream("oops")->code == Errc::data_loss);
  CHECK(error_of_end_of_stream(R"({"error":{"code":"not_found"}})")->code == Errc::not_found);
}
