// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/transfer/index.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/transfer/chunk.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/base/units.h"
#include "sandbar/json/encode.h"
#include "sandbar/model/limits.h"

namespace sandbar::agent {
namespace {

constexpr int kVersion = 1;
constexpr std::size_t kMostEntries = 200'000, kLongestPath = 1024, kDeepest = 64;
constexpr std::int64_t kLargestFile = std::int64_t{2} * limits::kMaxDiskMib * static_cast<std::int64_t>(kMib);
constexpr std::string_view kKept = "transfer.json", kManifest = "manifest.json";
// Belong to this host, not to the template.
constexpr std::string_view kLeftOut[] = {kKept, "transfer.json.new", "variants"};

Error malformed(std::string why) {
  return {Errc::data_loss, "the template's index is not one", std::move(why)};
}

bool is_zero(std::string_view bytes) {
  return std::ranges::all_of(bytes, [](char c) { return c == '\0'; });
}

Result<void> add_chunk(int fd, std::int64_t offset, std::int64_t size, IndexEntry& entry) {
  TRY(auto bytes, read_at(fd, offset, static_cast<std::size_t>(size)));
  if (!is_zero(bytes)) entry.chunks.push_back({offset, static_cast<int>(size), digest_of(bytes)});
  return {};
}

// Holes are stepped over without being read.
Result<void> add_chunks(const fs::path& path, IndexEntry& entry) {
  constexpr auto kChunk = static_cast<std::int64_t>(kChunkBytes);
  TRY(auto file, open_file(path, O_RDONLY | O_NOFOLLOW));
  for (std::int64_t offset = 0; offset < entry.size;) {
    auto data = ::lseek(file.get(), offset, SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;
    if (data < 0) return fail(errno_error("seek in " + path.string(), errno));
    offset = data / kChunk * kChunk;
    TRY_VOID(add_chunk(file.get(), offset, std::min(kChunk, entry.size - offset), entry));
    offset += kChunk;
  }
  return {};
}

Result<IndexEntry> entry_of(const fs::path& folder, const fs::directory_entry& found) {
  struct stat info{};
  if (::lstat(found.path().c_str(), &info) != 0)
    return fail(errno_error("stat " + found.path().string(), errno));
  IndexEntry entry{.path = found.path().lexically_relative(folder).string(),
                   .mode = static_cast<int>(info.st_mode & 0777),
                   .target = {},
                   .chunks = {}};
  if (S_ISDIR(info.st_mode)) {
    entry.kind = EntryKind::folder;
  } else if (S_ISLNK(info.st_mode)) {
    entry.kind = EntryKind::link;
    entry.target = fs::read_symlink(found.path()).string();
  } else if (S_ISREG(info.st_mode)) {
    entry.size = info.st_size;
    TRY_VOID(add_chunks(found.path(), entry));
  } else {
    return fail(Error{Errc::invalid_state, "the template holds something that is no file", entry.path});
  }
  return entry;
}

bool is_left_out(const fs::path& folder, const fs::path& path) {
  auto relative = path.lexically_relative(folder).string();
  return std::ranges::find(kLeftOut, relative) != std::end(kLeftOut);
}

bool is_plain(std::string_view path) {
  auto parts = split(path, '/');
  return !path.empty() && path.size() <= kLongestPath && parts.size() <= kDeepest && !path.contains('\0') &&
         std::ranges::none_of(parts, [](auto part) { return part.empty() || part == "." || part == ".."; });
}

Result<void> check_chunks(const IndexEntry& entry) {
  std::int64_t end = 0;
  for (const auto& chunk : entry.chunks) {
    bool fits = chunk.offset >= end && chunk.offset % static_cast<std::int64_t>(kChunkBytes) == 0 &&
                chunk.size > 0 && chunk.size <= static_cast<int>(kChunkBytes) &&
                chunk.offset + chunk.size <= entry.size && is_digest(chunk.digest);
    if (!fits) return fail(malformed("chunks of " + entry.path));
    end = chunk.offset + chunk.size;
  }
  return {};
}

Result<void> check_entries(const TransferIndex& index) {
  if (index.entries.size() > kMostEntries) return fail(malformed("too many files"));
  std::set<std::string_view> seen, folders;
  for (const auto& entry : index.entries) {
    std::string_view path = entry.path;
    auto slash = path.rfind('/');
    bool placed = slash == path.npos || folders.contains(path.substr(0, slash));
    bool sound = is_plain(path) && seen.insert(path).second && placed && entry.mode >= 0 &&
                 entry.mode <= 0777 && entry.size >= 0 && entry.size <= kLargestFile &&
                 (entry.kind == EntryKind::file || entry.chunks.empty()) && entry.target.size() <= 4096 &&
                 std::ranges::find(kLeftOut, path) == std::end(kLeftOut);
    if (!sound) return fail(malformed(entry.path));
    if (entry.kind == EntryKind::folder) folders.insert(path);
    TRY_VOID(check_chunks(entry));
  }
  if (!seen.contains(kManifest)) return fail(malformed("no manifest"));
  return {};
}

}  // namespace

std::int64_t TransferIndex::bytes() const {
  std::int64_t sum = 0;
  for (const auto& entry : entries)
    for (const auto& chunk : entry.chunks) sum += chunk.size;
  return sum;
}

Result<TransferIndex> make_index(const fs::path& folder) {
  TransferIndex index{kVersion, {}};
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (is_left_out(folder, it->path())) {
      it.disable_recursion_pending();
      continue;
    }
    if (index.entries.size() == kMostEntries)
      return fail(Error{Errc::too_large, "the template has too many files", folder.string()});
    TRY(auto entry, entry_of(folder, *it));
    index.entries.push_back(std::move(entry));
  }
  if (error) return fail(errno_error("list " + folder.string(), error.value()));
  auto rank = [](const IndexEntry& entry) { return std::pair(entry.path != kManifest, entry.path); };
  std::ranges::sort(index.entries, {}, rank);
  return index;
}

Result<std::string> index_text(const fs::path& folder) {
  auto kept = read_file(folder / kKept, kLargestIndex);
  if (kept || kept.error().code != Errc::not_found) return kept;
  TRY(auto index, make_index(folder));
  auto text = json::encode(index);
  TRY_VOID(keep_index(folder, text));
  return text;
}

Result<void> keep_index(const fs::path& folder, std::string_view text) {
  return replace_file(folder / kKept, text, 0444);
}

Result<TransferIndex> parse_index(std::string_view text) {
  auto index = json::decode_text<TransferIndex>(text);
  if (!index) return fail(malformed(index.error().message));
  if (index->version != kVersion) return fail(malformed(fmt::format("version {}", index->version)));
  TRY_VOID(check_entries(*index));
  return index;
}

}  // namespace sandbar::agent
