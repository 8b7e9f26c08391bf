// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <unistd.h>

#include "sandbar/base/try.h"
#include "sandbar/guest/file_writer.h"
#include "sandbar/guest/gzip.h"
#include "sandbar/guest/multipart.h"
#include "sandbar/guest/test_folder.h"

using namespace sandbar;
using namespace sandbar::guest;
using namespace std::string_literals;

namespace {

struct Recorder final : MultipartSink {
  std::vector<std::string> parts;  // "name|filename|content"
  Result<void> begin_part(const Part& part) override {
    return parts.push_back(part.name + "|" + part.filename + "|"), Result<void>{};
  }
  Result<void> part_data(std::string_view bytes) override {
    return parts.back().append(bytes), Result<void>{};
  }
  Result<void> end_part() override { return parts.back() += "$", Result<void>{}; }
};

struct Parsed {
  std::vector<std::string> parts;
  bool ok = false;
  bool operator==(const Parsed&) const = default;
};

Parsed parse(std::string_view body, std::string_view boundary, std::size_t piece) {
  Recorder recorder;
  MultipartParser parser(boundary, recorder);
  bool ok = true;
  for (std::size_t at = 0; ok && at < body.size(); at += piece)
    ok = parser.feed(body.substr(at, piece)).has_value();
  return {recorder.parts, ok && parser.finish()};
}

// The same answer however the body is cut.
Parsed parse_all_ways(std::string_view body, std::string_view boundary) {
  auto whole = parse(body, boundary, body.size() + 1);
  for (std::size_t piece : {1u, 2u, 3u, 7u, 16u}) CHECK(parse(body, boundary, piece).ok == whole.ok);
  if (whole.ok)
    for (std::size_t piece : {1u, 2u, 3u, 7u, 16u}) CHECK(parse(body, boundary, piece) == whole);
  return whole;
}

User me() { return {.name = "me", .uid = getuid(), .gid = getgid(), .home = "/nowhere"}; }

std::string read(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("parts are found wherever the body is cut") {
  auto body =
      "ignored preamble\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; "
      "filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\none\r\n"
      "--B  \r\ncontent-disposition:form-data;name=other\r\n\r\n\r\n--B--\r\nepilogue --B";
  CHECK(parse_all_ways(body, "B") == Parsed{{"file|a.txt|one$", "other||$"}, true});
  CHECK(parse_all_ways("--B\r\n\r\nx\r\n--B--", "B") == Parsed{{"||x$"}, true});
}

TEST_CASE("content that looks almost like a boundary is content") {
  auto content = "\r\n--\r\n--Bound\r\n-\r\n--Boundar\r\n\r\n--boundary\r\r\n\0--Boundary"s;
  auto body = "--Boundary\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n" + content +
              "\r\n--Boundary--\r\n";
  CHECK(parse_all_ways(body, "Boundary") == Parsed{{"file||" + content + "$"}, true});
}

TEST_CASE("malformed bodies are refused, not guessed at") {
  for (std::string body :
       {"", "--B", "--B\r\n", "--B\r\nX: y\r\n\r\ncut", "--B\r\n\r\nx\r\n--B",
        "--B\r\n\r\nx\r\n--Bogus\r\n\r\n\r\n--B--", "no boundary at all", "--Bx\r\n\r\n--B--"})
    CHECK_MESSAGE(!parse_all_ways(body, "B").ok, body);
  CHECK(!parse("--B\r\nX: " + std::string(20'000, 'y'), "B", 100).ok);
  CHECK(!parse(std::string(20'000, 'x'), "B", 100).ok);
  CHECK(!parse("--B" + std::string(20'000, ' '), "B", 100).ok);
  std::string many;
  for (int i = 0; i < 1001; ++i) many += "--B\r\n\r\n\r\n";
  CHECK(!parse(many + "--B--", "B", 100).ok);
}

TEST_CASE("header parameters may be quoted, escaped, extended or absent") {
  auto name = [](std::string_view header) { return header_parameter(header, "filename"); };
  CHECK(name("form-data; name=\"x\"; filename=\"a;b \\\"c\\\".txt\"") == "a;b \"c\".txt");
  CHECK(name("form-data; filename=plain.txt; name=x") == "plain.txt");
  CHECK(name("form-data; FILENAME = dir/a") == "dir/a");
  CHECK(name("form-data; filename=\"x\"; filename*=utf-8''%c3%a5.txt") == "\xC3\xA5.txt");
  CHECK(name("form-data; flag; filename=\"unterminated") == "unterminated");
  CHECK(!name("form-data; name=\"filename=x\""));
  CHECK(!name(""));
  CHECK(multipart_boundary("multipart/form-data; boundary=\"a b\"") == "a b");
  CHECK(multipart_boundary("Multipart/Form-Data;boundary=x; charset=utf-8") == "x");
  CHECK(!multipart_boundary("multipart/form-data"));
  CHECK(!multipart_boundary("multipart/form-data; boundary=" + std::string(300, 'b')));
  CHECK(!multipart_boundary("application/octet-stream; boundary=x"));
}

TEST_CASE("gzip survives being cut anywhere, and says when it is broken") {
  std::string plain, packed, unpacked;
  for (int i = 0; i < 20'000; ++i) plain += fmt::to_string(i * 2654435761u);
  auto into = [](std::string& out) {
    return [&out](std::string_view bytes) { return out.append(bytes), Result<void>{}; };
  };
  Gzip gzip;
  CHECK(gzip.feed(plain, into(packed)));
  CHECK(gzip.finish(into(packed)));
  Gunzip gunzip;
  for (std::size_t at = 0; at < packed.size(); at += 1000)
    CHECK(gunzip.feed(std::string_view(packed).substr(at, 1000), into(unpacked)));
  CHECK(gunzip.finish());
  CHECK(unpacked == plain);

  Gunzip cut;
  CHECK(cut.feed(std::string_view(packed).substr(0, packed.size() - 1), into(unpacked)));
  CHECK(!cut.finish());
  Gunzip broken;
  CHECK(!broken.feed("this is not gzip", into(unpacked)));
}

TEST_CASE("a file appears only when its first bytes are there, and not at all if they never come") {
  TestFolder folder;
  {
    FileWriter writer(me(), "", folder / "new/file", {});
    CHECK(writer.begin_part({"file", ""}));
    CHECK(writer.part_data("half of a small fi"));
  }
  CHECK(!std::filesystem::exists(folder / "new"));
  {
    FileWriter writer(me(), "", folder / "large", {});
    CHECK(writer.begin_part({"file", ""}));
    CHECK(writer.part_data(std::string(100'000, 'x')));
    CHECK(std::filesystem::exists(folder / "large"));
  }
  CHECK(!std::filesystem::exists(folder / "large"));
}

TEST_CASE("writing replaces the content in place") {
  TestFolder folder;
  folder.write("file", "long old content");
  std::filesystem::create_hard_link(folder / "file", folder / "twin");
  FileWriter writer(me(), "", {}, {});
  CHECK(writer.begin_part({"file", folder / "file"}));
  CHECK(writer.part_data("new"));
  CHECK(writer.end_part());
  CHECK(read(folder / "twin") == "new");
  CHECK(writer.uploaded().at(0).path == folder / "file");
}

TEST_CASE("uploads to impossible places say why") {
  TestFolder folder;
  folder.write("dir/file", "");
  auto upload = [](const std::string& path) -> Result<void> {
    FileWriter writer(me(), "", path, {});
    TRY_VOID(writer.begin_part({"file", ""}));
    TRY_VOID(writer.part_data("x"));
    return writer.end_part();
  };
  CHECK(upload(folder / "dir").error().code == Errc::invalid_request);
  CHECK(upload(folder / "dir/file/below").error().code == Errc::invalid_request);
  CHECK(upload("/dev/full").error().code == Errc::invalid_request);
  FileWriter twice(me(), "", {}, {});
  CHECK(twice.begin_part({"file", folder / "a"}));
  CHECK(twice.end_part());
  CHECK(twice.begin_part({"file", folder / "./a"}).error().code == Errc::invalid_request);
  CHECK(twice.begin_part({"file", ""}).error().code == Errc::invalid_request);
  CHECK(twice.begin_part({"comment", ""}));
}
