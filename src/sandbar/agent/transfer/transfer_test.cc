// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/transfer/chunk.h"
#include "sandbar/agent/transfer/index.h"
#include "sandbar/agent/transfer/partial.h"
#include "sandbar/json/encode.h"
#include "sandbar/model/transfer_grant.h"

using namespace sandbar;
using namespace sandbar::agent;

namespace {

struct Folder {
  Folder() {
    char name[] = "/tmp/transfer-test-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  fs::path path;
};

void write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

// A manifest, a folder with a link, and a file of 9 MiB with a little at its begin and in its middle.
void make_template(const fs::path& folder) {
  write(folder / "manifest.json", "{}");
  write(folder / "home/bin/run", "#!/bin/sh\n");
  ::chmod((folder / "home/bin/run").c_str(), 0755);
  fs::create_symlink("bin/run", folder / "home/link");
  auto memory = open_file(folder / "memory", O_RDWR | O_CREAT);
  REQUIRE(memory);
  REQUIRE(::ftruncate(memory->get(), 9 << 20) == 0);
  REQUIRE(write_at(memory->get(), 0, "begin"));
  REQUIRE(write_at(memory->get(), (5 << 20) + 7, "middle"));
  write(folder / "variants/2x512/manifest.json", "{}");
}

TransferIndex index_of(const fs::path& folder) {
  auto text = index_text(folder);
  REQUIRE(text);
  auto index = parse_index(*text);
  REQUIRE(index);
  return *index;
}

std::string bytes_of(const fs::path& folder, const IndexEntry& entry, const IndexChunk& chunk) {
  auto file = open_file(folder / entry.path, O_RDONLY);
  REQUIRE(file);
  auto bytes = read_at(file->get(), chunk.offset, static_cast<std::size_t>(chunk.size));
  REQUIRE(bytes);
  return *bytes;
}

Result<TransferIndex> parsed(TransferIndex index) { return parse_index(json::encode(index)); }

TransferIndex with_path(std::string path) {
  TransferIndex index{1, {}};
  index.entries.push_back({.path = "manifest.json", .target = {}, .chunks = {}});
  index.entries.push_back({.path = std::move(path), .target = {}, .chunks = {}});
  return index;
}

}  // namespace

TEST_CASE("C11: an index lists data and no holes, the manifest first, and nothing of this host only") {
  Folder state;
  make_template(state.path);
  auto index = index_of(state.path);
  CHECK(index.entries.front().path == "manifest.json");
  std::map<std::string, IndexEntry> by_path;
  for (const auto& entry : index.entries) by_path[entry.path] = entry;
  CHECK(by_path.size() == 6);
  CHECK(by_path["memory"].size == 9 << 20);
  REQUIRE(by_path["memory"].chunks.size() == 2);
  CHECK(by_path["memory"].chunks[1].offset == 5 << 20);
  CHECK(by_path["home/bin/run"].mode == 0755);
  CHECK(by_path["home/link"].target == "bin/run");
  CHECK(*index_text(state.path) == *index_text(state.path));
}

TEST_CASE("C11: what a fetch has put together is the template, and is fetched on where it was") {
  Folder source, state;
  make_template(source.path);
  auto text = *index_text(source.path);
  auto index = index_of(source.path);
  auto id = TemplateId::random();
  PartialTemplate partial(state.path, id);
  REQUIRE(partial.prepare(text, index));
  const auto& entry = index.entries.back();
  REQUIRE(entry.path == "memory");
  REQUIRE(partial.put(entry, entry.chunks[0], bytes_of(source.path, entry, entry.chunks[0])));
  REQUIRE(partial.prepare(text, index));
  CHECK(partial.has(entry, entry.chunks[0]));
  CHECK(!partial.has(entry, entry.chunks[1]));
  for (const auto& each : index.entries)
    for (const auto& chunk : each.chunks)
      REQUIRE(partial.put(each, chunk, bytes_of(source.path, each, chunk)));
  auto into = state.path / "templates" / id.str();
  CHECK(!fs::exists(into));
  REQUIRE(partial.publish(text, index, into));
  CHECK(*index_text(into) == text);
  auto again = make_index(into);
  REQUIRE(again);
  CHECK(json::encode(*again) == text);
  CHECK(!fs::exists(state.path / "fetch" / id.str()));
  CHECK(allocated_bytes(into / "memory") < 4 << 20);
}

TEST_CASE("what was fetched for another index is thrown away") {
  Folder source, state;
  make_template(source.path);
  auto index = index_of(source.path);
  PartialTemplate partial(state.path, TemplateId::random());
  REQUIRE(partial.prepare(*index_text(source.path), index));
  const auto& entry = index.entries.back();
  REQUIRE(partial.put(entry, entry.chunks[0], bytes_of(source.path, entry, entry.chunks[0])));
  auto other = index;
  other.entries.pop_back();
  REQUIRE(partial.prepare(json::encode(other), other));
  CHECK(!fs::exists(partial.files() / "memory"));
}

TEST_CASE("an index that leads elsewhere is refused") {
  CHECK(parsed(with_path("a")).has_value());
  for (const char* path :
       {"../a", "/etc/passwd", "a/../b", "", "a//b", "not/listed", "manifest.json", "transfer.json"})
    CHECK(parsed(with_path(path)).error().code == Errc::data_loss);
  auto through_link = with_path("link");
  through_link.entries.back().kind = EntryKind::link;
  through_link.entries.push_back({.path = "link/file", .target = {}, .chunks = {}});
  CHECK(!parsed(through_link));
  auto beyond = with_path("a");
  beyond.entries.back().size = 10;
  beyond.entries.back().chunks = {{0, 11, std::string(64, 'a')}};
  CHECK(!parsed(beyond));
  CHECK(!parse_index("{}"));
  CHECK(!parse_index("no json"));
}

TEST_CASE("a packed chunk becomes exactly as many bytes as it should") {
  std::string bytes(100'000, 'x');
  auto packed = pack(bytes);
  CHECK(packed.size() < 1000);
  CHECK(unpack(packed, bytes.size()) == bytes);
  CHECK(unpack(packed, bytes.size() - 1).error().code == Errc::data_loss);
  CHECK(unpack(packed, bytes.size() + 1).error().code == Errc::data_loss);
  CHECK(unpack("garbage", 7).error().code == Errc::data_loss);
  CHECK(unpack_within(packed, 10).error().code == Errc::data_loss);
}

TEST_CASE("a grant is read as it was written, and nothing else is one") {
  TransferGrant grant{TemplateId::random(), HostId::random(), HostId::random(), "ab",
                      Time(std::chrono::seconds(99))};
  auto read = decode_grant(TransferGrant::encode(grant.text(), "signature"));
  REQUIRE(read);
  CHECK(read->text == grant.text());
  CHECK(read->signature == "signature");
  CHECK(read->grant.source == grant.source);
  CHECK(read->grant.expires_at == grant.expires_at);
  for (std::string_view text : {"", "a.b", "....", "c2FuZGJhcg.c2ln"}) CHECK(!decode_grant(text));
}
