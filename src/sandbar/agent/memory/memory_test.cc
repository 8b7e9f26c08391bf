// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/memory/pages.h"

using namespace sandbar;
using namespace sandbar::agent;

namespace {

constexpr std::size_t kPages = 1024, kSize = kPages * kPage;

proc::Fd file_with(std::string_view bytes) {
  char name[] = "/tmp/sandbar-memory-XXXXXX";
  proc::Fd fd(::mkstemp(name));
  ::unlink(name);
  REQUIRE(write_fully(fd.get(), bytes));
  return fd;
}

// Page n is filled with a byte that depends on n; every eighth page is zero.
std::string image_bytes() {
  std::string bytes(kSize, '\0');
  for (std::size_t n = 0; n < kPages; ++n)
    if (n % 8) std::memset(bytes.data() + n * kPage, static_cast<int>(1 + n % 200), kPage);
  return bytes;
}

// A private mapping of an image in this process stands for a QEMU.
struct Guest {
  proc::Fd image = file_with(image_bytes());
  char* ram = static_cast<char*>(::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE, image.get(), 0));
  ~Guest() { ::munmap(ram, kSize); }
  GuestMemory memory() const { return *GuestMemory::find(::getpid(), image.get()); }
  char* page(std::size_t n) { return ram + n * kPage; }
};

void dirty(Guest& guest) {
  std::memset(guest.page(3), 'x', 2 * kPage);
  std::memset(guest.page(9), 0, kPage);                 // became zero
  guest.page(16)[0] = 'z';                              // was zero
  guest.page(20)[0] = static_cast<char>(1 + 20 % 200);  // written, but with what was there
  std::memset(guest.page(300), 'y', 600 * kPage);       // longer than one batch
}

}  // namespace

TEST_CASE("only pages that differ are stored, and bring the memory back elsewhere") {
  Guest guest;
  dirty(guest);
  auto pages = file_with("");
  auto saved = save_pages(guest.memory(), guest.image.get(), pages.get());
  REQUIRE(saved);
  CHECK(saved->written == 605);
  CHECK(saved->kept == 603);
  CHECK(saved->zeroed == 1);

  Guest other;
  REQUIRE(inject_pages(other.memory(), pages.get()));
  CHECK(std::memcmp(guest.ram, other.ram, kSize) == 0);
}

TEST_CASE("a second pause after a resume holds the pages of the first as well") {
  Guest first;
  dirty(first);
  auto pages = file_with("");
  REQUIRE(save_pages(first.memory(), first.image.get(), pages.get()));
  Guest second;
  REQUIRE(inject_pages(second.memory(), pages.get()));
  second.page(1000)[7] = 'q';
  auto again = file_with("");
  auto saved = save_pages(second.memory(), second.image.get(), again.get());
  CHECK(saved->kept == 604);
}

TEST_CASE("applied to a copy of the image, the pages give the whole memory") {
  Guest guest;
  dirty(guest);
  auto pages = file_with("");
  REQUIRE(save_pages(guest.memory(), guest.image.get(), pages.get()));
  auto copy = file_with(image_bytes());
  REQUIRE(apply_pages(pages.get(), copy.get()));
  std::string bytes(kSize, '\0');
  REQUIRE(::pread(copy.get(), bytes.data(), kSize, 0) == static_cast<ssize_t>(kSize));
  CHECK(std::memcmp(guest.ram, bytes.data(), kSize) == 0);
}

TEST_CASE("a damaged page file is refused before a single page is written") {
  Guest guest;
  dirty(guest);
  auto pages = file_with("");
  REQUIRE(save_pages(guest.memory(), guest.image.get(), pages.get()));
  auto size = ::lseek(pages.get(), 0, SEEK_END);
  Guest other;
  SUBCASE("cut off") { REQUIRE(::ftruncate(pages.get(), size - 1) == 0); }
  SUBCASE("empty") { REQUIRE(::ftruncate(pages.get(), 0) == 0); }
  SUBCASE("runs beyond the image") {
    REQUIRE(::pwrite(pages.get(), "\xff\xff\xff\x7f", 4, size - 32 - 8) == 4);
  }
  auto injected = inject_pages(other.memory(), pages.get());
  REQUIRE_FALSE(injected);
  CHECK(injected.error().code == Errc::data_loss);
  CHECK(std::memcmp(other.ram, image_bytes().data(), kSize) == 0);
}

TEST_CASE("a full disk is told as such") {
  Guest guest;
  dirty(guest);
  proc::Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  CHECK(save_pages(guest.memory(), guest.image.get(), full.get()).error().code == Errc::no_space);
}
