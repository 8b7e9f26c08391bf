// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/memory/pages.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <span>
#include <string_view>

#include "sandbar/agent/disk/files.h"
#include "sandbar/base/try.h"

namespace sandbar::agent {
namespace {

constexpr std::uint64_t kBatch = 256;  // pages
constexpr std::uint64_t kMagic = 0x3130534547415053;
constexpr char kZeroPage[kPage] = {};

struct StoredRun {
  std::uint32_t first = 0, count : 31 = 0, zero : 1 = 0;
};

struct Footer {
  std::uint64_t magic = kMagic, image_pages = 0, stored_pages = 0, runs = 0;
};

class MappedImage {
 public:
  MappedImage(int fd, std::uint64_t size)
      : size_(size), at_(::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0)), error_(errno) {}
  MappedImage(const MappedImage&) = delete;
  ~MappedImage() {
    if (*this) ::munmap(at_, size_);
  }
  explicit operator bool() const { return at_ != MAP_FAILED; }
  int error() const { return error_; }
  const char* page(std::uint64_t number) const { return static_cast<const char*>(at_) + number * kPage; }

 private:
  std::uint64_t size_;
  void* at_;
  int error_;
};

class Writer {
 public:
  Writer(int out, const MappedImage& image) : out_(out), image_(image) {}

  // Keeps of `bytes` what differs from the image; overwrites `bytes`.
  Result<void> add(PageRun run, char* bytes) {
    std::size_t kept = 0;
    for (std::uint64_t i = 0; i < run.count; ++i) {
      const char* page = bytes + i * kPage;
      ++counts_.written;
      if (std::memcmp(page, image_.page(run.first + i), kPage) == 0) continue;
      bool zero = std::memcmp(page, kZeroPage, kPage) == 0;
      note(run.first + i, zero);
      if (!zero) std::memmove(bytes + kPage * kept++, page, kPage);
    }
    return write_fully(out_, {bytes, kept * kPage});
  }

  Result<PageCounts> finish(std::uint64_t image_pages) {
    Footer footer{.image_pages = image_pages, .stored_pages = counts_.kept, .runs = runs_.size()};
    TRY_VOID(
        write_fully(out_, {reinterpret_cast<const char*>(runs_.data()), runs_.size() * sizeof(StoredRun)}));
    TRY_VOID(write_fully(out_, {reinterpret_cast<const char*>(&footer), sizeof footer}));
    return counts_;
  }

 private:
  void note(std::uint64_t page, bool zero) {
    ++(zero ? counts_.zeroed : counts_.kept);
    if (!runs_.empty()) {
      auto& last = runs_.back();
      if (last.zero == zero && last.first + last.count == page) {
        last.count = last.count + 1;
        return;
      }
    }
    runs_.push_back({static_cast<std::uint32_t>(page), 1, zero});
  }

  int out_;
  const MappedImage& image_;
  PageCounts counts_;
  std::vector<StoredRun> runs_;
};

Result<void> read_at(int fd, void* into, std::size_t size, std::uint64_t offset) {
  auto count = ::pread(fd, into, size, static_cast<off_t>(offset));
  if (count == static_cast<ssize_t>(size)) return {};
  if (count < 0) return fail(errno_error("read a page file", errno));
  return fail(Error{Errc::data_loss, "the stored memory is damaged", "a page file is too short"});
}

std::unexpected<Error> damaged(std::string_view how) {
  return fail(Error{Errc::data_loss, "the stored memory is damaged", std::string(how)});
}

Result<void> check_runs(const Footer& footer, std::span<const StoredRun> runs) {
  std::uint64_t next = 0, stored = 0;
  for (const auto& run : runs) {
    if (run.first < next || run.count == 0) return damaged("runs out of order");
    next = std::uint64_t{run.first} + run.count;
    if (!run.zero) stored += run.count;
  }
  if (next > footer.image_pages || stored != footer.stored_pages) return damaged("runs beyond the image");
  return {};
}

Result<std::vector<StoredRun>> read_runs(int file, std::uint64_t image_pages) {
  struct stat info{};
  if (::fstat(file, &info) != 0) return fail(errno_error("stat a page file", errno));
  auto size = static_cast<std::uint64_t>(info.st_size);
  Footer footer;
  if (size < sizeof footer) return damaged("no footer");
  TRY_VOID(read_at(file, &footer, sizeof footer, size - sizeof footer));
  if (footer.magic != kMagic || footer.image_pages != image_pages) return damaged("of another image");
  if (footer.runs > image_pages || footer.stored_pages > image_pages) return damaged("impossible counts");
  if (size != footer.stored_pages * kPage + footer.runs * sizeof(StoredRun) + sizeof footer)
    return damaged("size");
  std::vector<StoredRun> runs(footer.runs);
  TRY_VOID(read_at(file, runs.data(), footer.runs * sizeof(StoredRun), footer.stored_pages * kPage));
  TRY_VOID(check_runs(footer, runs));
  return runs;
}

using Put = std::function<Result<void>(PageRun, const char*)>;

Result<PageCounts> replay(int file, std::uint64_t image_pages, const Put& put) {
  TRY(auto runs, read_runs(file, image_pages));
  std::vector<char> batch(kBatch * kPage);
  PageCounts counts;
  for (const auto& run : runs) {
    for (std::uint64_t done = 0; done < run.count;) {
      PageRun piece{run.first + done, std::min<std::uint64_t>(kBatch, run.count - done)};
      if (run.zero) {
        std::fill(batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(piece.count * kPage), 0);
        counts.zeroed += piece.count;
      } else {
        TRY_VOID(read_at(file, batch.data(), piece.count * kPage, counts.kept * kPage));
        counts.kept += piece.count;
      }
      TRY_VOID(put(piece, batch.data()));
      done += piece.count;
    }
  }
  counts.written = counts.kept + counts.zeroed;
  return counts;
}

Result<void> put_into_file(int image, PageRun run, const char* bytes) {
  auto size = run.count * kPage;
  for (std::uint64_t done = 0; done < size;) {
    auto count = ::pwrite(image, bytes + done, size - done, static_cast<off_t>(run.first * kPage + done));
    if (count < 0) return fail(errno_error("write a memory image", errno));
    done += static_cast<std::uint64_t>(count);
  }
  return {};
}

}  // namespace

Result<PageCounts> save_pages(const GuestMemory& memory, int image, int out) {
  MappedImage mapped(image, memory.pages() * kPage);
  if (!mapped) return fail(errno_error("map the memory image", mapped.error()));
  TRY(auto runs, memory.written());
  Writer writer(out, mapped);
  std::vector<char> batch(kBatch * kPage);
  for (const auto& run : runs) {
    for (std::uint64_t done = 0; done < run.count;) {
      PageRun piece{run.first + done, std::min(kBatch, run.count - done)};
      TRY_VOID(memory.read(piece, batch.data()));
      TRY_VOID(writer.add(piece, batch.data()));
      done += piece.count;
    }
  }
  return writer.finish(memory.pages());
}

Result<PageCounts> inject_pages(const GuestMemory& memory, int file) {
  return replay(file, memory.pages(),
                [&](PageRun run, const char* bytes) { return memory.write(run, bytes); });
}

Result<PageCounts> apply_pages(int file, int image) {
  struct stat info{};
  if (::fstat(image, &info) != 0) return fail(errno_error("stat a memory image", errno));
  auto pages = static_cast<std::uint64_t>(info.st_size) / kPage;
  return replay(file, pages,
                [&](PageRun run, const char* bytes) { return put_into_file(image, run, bytes); });
}

}  // namespace sandbar::agent
