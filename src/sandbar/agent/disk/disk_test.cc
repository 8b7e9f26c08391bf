// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/disk/overlay.h"
#include "sandbar/base/units.h"

using namespace sandbar;
using namespace sandbar::agent;

namespace {

struct Scratch {
  fs::path path = [] {
    char name[] = "/tmp/sandbar-disk-XXXXXX";
    return fs::path(::mkdtemp(name));
  }();
  ~Scratch() { fs::remove_all(path); }
};

bool qemu_img_agrees(const fs::path& image) {
  auto command = "qemu-img check -q -f qcow2 " + image.string();
  return std::system(command.c_str()) == 0;
}

}  // namespace

TEST_CASE("an overlay made without a tool is what qemu-img calls a clean image") {
  if (std::system("command -v qemu-img >/dev/null") != 0) return;
  Scratch scratch;
  for (std::uint64_t size : {kMib, kGib, 10 * kGib + 512, 256 * kGib}) {
    auto path = scratch.path / std::to_string(size);
    REQUIRE(create_overlay(path, size));
    CHECK(qemu_img_agrees(path));
    CHECK(allocated_bytes(path) <= 64 * kKib);
  }
}

TEST_CASE("sizes that no disk can have are refused, and an existing overlay is not overwritten") {
  Scratch scratch;
  CHECK(create_overlay(scratch.path / "a", 0).error().code == Errc::invalid_request);
  CHECK(create_overlay(scratch.path / "a", 1000).error().code == Errc::invalid_request);
  REQUIRE(create_overlay(scratch.path / "a", kMib));
  CHECK_FALSE(create_overlay(scratch.path / "a", kMib));
}

TEST_CASE("a chain is spelled out from the top down with the format of every layer") {
  CHECK(image_options({"/image/disk.0.raw", "/own/layer.0"}) ==
        "driver=qcow2,file.driver=file,file.locking=off,file.filename=/own/layer.0,"
        "backing.driver=raw,backing.file.driver=file,backing.file.locking=off,backing.file.filename=/image/"
        "disk.0.raw");
}

TEST_CASE("a sparse copy keeps its bytes and its holes") {
  Scratch scratch;
  auto from = scratch.path / "from", to = scratch.path / "to";
  {
    auto fd = open_file(from, O_WRONLY | O_CREAT);
    REQUIRE(fd);
    REQUIRE(::pwrite(fd->get(), "end", 3, 64 * kMib) == 3);
  }
  REQUIRE(copy_sparse(from, to));
  CHECK(fs::file_size(to) == 64 * kMib + 3);
  CHECK(allocated_bytes(to) < kMib);
  CHECK(read_file(to, 65 * kMib)->ends_with("end"));
  CHECK(read_file(to, kMib).error().code == Errc::too_large);
}

TEST_CASE("a replaced file has the new bytes and leaves nothing beside it") {
  Scratch scratch;
  REQUIRE(replace_file(scratch.path / "f", "one"));
  REQUIRE(replace_file(scratch.path / "f", "two"));
  CHECK(*read_file(scratch.path / "f", 100) == "two");
  CHECK(std::distance(fs::directory_iterator(scratch.path), fs::directory_iterator()) == 1);
}
